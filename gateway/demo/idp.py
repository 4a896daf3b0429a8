"""A school's identity provider: choose who you are, and be that."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from flask import Flask, Response, request
from lxml import etree

from gateway.demo.logging_out import LoggingOut, said
from gateway.demo.pages import page
from gateway.demo.people import DemoSchool, Person
from gateway.demo.results import Results
from gateway.domain.clock import Clock
from gateway.domain.errors import PeerStatus
from gateway.domain.randomness import Randomness
from gateway.saml.addresses import Addresses
from gateway.saml.instants import write_instant
from gateway.saml.redirect import inflate, read_query, verify_query
from gateway.saml.status import STATUSES, SUCCESS, Status
from gateway.xml.keys import SigningKey
from gateway.xml.namespaces import SAML, SAMLP
from gateway.xml.parsing import parse
from gateway.xml.signatures import sign

_COLOUR = "#f2a900"
_COOKIE = "demo-school"
_CHOOSE = """
<p>This is a school of the demo. {% if known %}{{ known.person.given_name }} is logged in in this browser. {% endif %}Who are you?</p>
<form method="post" action="/login"><input type="hidden" name="pending" value="{{ pending }}">
{% for person in people %}<p><button name="account" value="{{ person.account }}">{{ person.given_name }}, {{ person.role }}</button> {{ person.expect }}</p>{% endfor %}
<p><button name="account" value="">Cancel</button></p></form>"""
_SEND = """
<p>Back to the gateway.</p>
<form id="answer" method="post" action="{{ url }}"><input type="hidden" name="SAMLResponse" value="{{ response }}">
<input type="hidden" name="RelayState" value="{{ relay_state }}"><button>Continue</button></form>
<script>document.getElementById("answer").submit()</script>"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits for a person."""

    id: str
    relay_state: str


@dataclass(frozen=True, slots=True)
class Login:
    """Who logged in here, and when; `index` names the session."""

    person: Person
    instant: datetime
    index: str


class School:
    """One school's identity provider; `gateway` holds the certificates of the gateway that may ask.

    It always asks who somebody is, so that everybody can be tried; what it remembers answers requests that forbid asking.
    """

    def __init__(
        self,
        *,
        school: DemoSchool,
        entity_id: str,
        key: SigningKey,
        addresses: Addresses,
        gateway: Sequence[x509.Certificate],
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._school = school
        self._entity_id = entity_id
        self._key = key
        self._addresses = addresses
        self._gateway = gateway
        self._clock = clock
        self._randomness = randomness
        self._pending: dict[str, Asked] = {}
        self._logins: dict[str, Login] = {}
        self._logging_out = LoggingOut(
            entity_id=entity_id,
            key=key,
            gateway=addresses.sp_logout,
            certificates=gateway,
            clock=clock,
            randomness=randomness,
        )
        self._results = Results(randomness=randomness)

    def app(self) -> Flask:
        """The school as a WSGI application."""
        app = Flask(f"demo_{self._school.id}", static_folder=None)
        self._results.install(app)

        @app.get("/sso")
        def sso() -> Response:
            query = read_query(request.query_string, "SAMLRequest")
            verify_query(query, self._gateway)
            message = parse(inflate(query.message, limit=65536), limit=65536)
            asked = Asked(message.get("ID", ""), query.relay_state or "")
            known = self._logins.get(request.cookies.get(_COOKIE, ""))
            if message.get("IsPassive") == "true":
                silent = known if message.get("ForceAuthn") != "true" else None
                status = SUCCESS if silent else STATUSES[PeerStatus.NO_PASSIVE]
                return self._send(asked, self.response(asked.id, silent, status))
            pending = self._randomness.token()
            self._pending[pending] = asked
            people = self._school.people
            return page(self._school.name, _COLOUR, _CHOOSE, people=people, pending=pending, known=known)

        @app.get("/slo")
        def slo() -> Response:
            parameter, message, relay_state = self._logging_out.received()
            self._logins.pop(request.cookies.get(_COOKIE, ""), None)
            if parameter == "SAMLResponse":
                return page(
                    self._school.name, _COLOUR, "<p>You are logged out here: {{ said }}.</p>", said=said(message)
                )
            return Response(
                status=302, headers={"Location": self._logging_out.response_url(message.get("ID", ""), relay_state)}
            )

        @app.get("/logout")
        def logout() -> Response:
            known = self._logins.get(request.cookies.get(_COOKIE, ""))
            if known is None:
                return page(self._school.name, _COLOUR, "<p>Nobody is logged in here.</p>")
            url = self._logging_out.request_url(self._name_id(known.person), "", known.index)
            return Response(status=302, headers={"Location": url})

        @app.post("/login")
        def login() -> Response:
            asked = self._pending.pop(request.form["pending"], None)
            if asked is None:
                again = page(self._school.name, _COLOUR, "<p>Begin again at the service.</p>", status=400)
                return self._results.led_to(again)
            accounts = {person.account: person for person in self._school.people}
            person = accounts.get(request.form["account"])
            if person is None:
                cancelled = STATUSES[PeerStatus.AUTHENTICATION_FAILED]
                return self._results.led_to(self._send(asked, self.response(asked.id, None, cancelled)))
            login = Login(person, self._clock.now(), f"_{self._randomness.token()}")
            answer = self._results.led_to(self._send(asked, self.response(asked.id, login, SUCCESS)))
            remembered = self._randomness.token()
            self._logins[remembered] = login
            answer.set_cookie(_COOKIE, remembered, httponly=True, samesite="Lax")
            return answer

        return app

    def response(self, in_response_to: str, login: Login | None, status: Status) -> bytes:
        """A signed Response about this login, or one that says no."""
        now = write_instant(self._clock.now())
        consumer = quoteattr(self._addresses.assertion_consumer)
        second = f'<samlp:StatusCode Value="{status.second}"/>' if status.second else ""
        root = etree.fromstring(
            f'<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_{self._randomness.token()}" Version="2.0"'
            f' IssueInstant="{now}" Destination={consumer} InResponseTo={quoteattr(in_response_to)}>'
            f"<saml:Issuer>{escape(self._entity_id)}</saml:Issuer>"
            f'<samlp:Status><samlp:StatusCode Value="{status.top}">{second}</samlp:StatusCode></samlp:Status>'
            f"{self._assertion(in_response_to, login) if login else ''}</samlp:Response>"
        )
        if login:
            sign(root[-1], self._key)
        sign(root, self._key)
        return etree.tostring(root)

    def _assertion(self, in_response_to: str, login: Login) -> str:
        person, now = login.person, self._clock.now()
        until = write_instant(now + timedelta(minutes=5))
        attributes = "".join(
            f'<saml:Attribute Name={quoteattr(name)} NameFormat="{self._school.name_format}">'
            f"<saml:AttributeValue>{escape(value)}</saml:AttributeValue></saml:Attribute>"
            for name, value in self._school.attributes(person)
        )
        return (
            f'<saml:Assertion ID="_{self._randomness.token()}" Version="2.0" IssueInstant="{write_instant(now)}">'
            f"<saml:Issuer>{escape(self._entity_id)}</saml:Issuer><saml:Subject>"
            f"<saml:NameID>{escape(self._name_id(person))}</saml:NameID>"
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
            f'<saml:SubjectConfirmationData NotOnOrAfter="{until}"'
            f" Recipient={quoteattr(self._addresses.assertion_consumer)} InResponseTo={quoteattr(in_response_to)}/>"
            "</saml:SubjectConfirmation></saml:Subject>"
            f'<saml:Conditions NotBefore="{write_instant(now)}" NotOnOrAfter="{until}"><saml:AudienceRestriction>'
            f"<saml:Audience>{escape(self._addresses.sp_entity_id)}</saml:Audience></saml:AudienceRestriction>"
            f'</saml:Conditions><saml:AuthnStatement AuthnInstant="{write_instant(login.instant)}"'
            f' SessionIndex="{login.index}"><saml:AuthnContext>'
            "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
            "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
            f"<saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"
        )

    def _name_id(self, person: Person) -> str:
        return f"{person.account}@{self._school.domain}"

    def _send(self, asked: Asked, response: bytes) -> Response:
        return page(
            self._school.name,
            _COLOUR,
            _SEND,
            url=self._addresses.assertion_consumer,
            response=b64encode(response).decode(),
            relay_state=asked.relay_state,
        )
