"""A learning service: a button to log in, and a page that shows exactly what arrived."""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from flask import Flask, Response, redirect, request

from gateway.demo.logging_out import LoggingOut, indexes, said
from gateway.demo.pages import page
from gateway.demo.people import DemoService
from gateway.demo.receiving import NotBelieved, NotLoggedIn, Received, receive
from gateway.demo.results import Results
from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.saml.addresses import Addresses
from gateway.saml.instants import write_instant
from gateway.saml.redirect import signed_url
from gateway.xml.keys import SigningKey
from gateway.xml.namespaces import SAML, SAMLP

_COLOUR = "#2e7d32"
_COOKIE = "demo-service"
_HOME = """<p>This is a learning service of the demo.</p>
{% if known %}<p>You are logged in here. <a class="button" href="/logout">Log out everywhere</a></p>{% endif %}
<p><a class="button" href="/login">Log in</a></p>
<p>Were you logged in at a school a moment ago? Then it can be done without a question:
{% for name, idp in schools %}<a href="/login?IsPassive=true&amp;idp={{ idp | urlencode }}">silently through {{ name }}</a>{{ ", " if not loop.last else "." }}{% endfor %}</p>"""
_IN = """
<p>You are in. This is all that the service received:</p>
<table><tr><th scope="col">what</th><th scope="col">value</th></tr>
<tr><th scope="row">NameID ({{ received.name_id_format }})</th><td>{{ received.name_id }}</td></tr>
{% for name, values in received.attributes %}<tr><th scope="row">{{ name }}</th><td>{{ values | join(", ") }}</td></tr>{% endfor %}
</table><p><a class="button" href="/">Start again</a> <a class="button" href="/logout">Log out everywhere</a></p>"""
_LEFT = """<p>You are logged out here. The gateway says of the rest: {{ said }}.</p><p><a class="button" href="/">Start again</a></p>"""
_OUT = """<p>The login did not happen. {{ meaning }}</p><p>The gateway's status: {{ codes }}.</p><p><a class="button" href="/">Start again</a></p>"""
_WRONG = (
    """<p>The service does not believe the answer: {{ why }}.</p><p><a class="button" href="/">Start again</a></p>"""
)


class Service:
    """One learning service; `gateway` holds the certificates of the gateway that it trusts.

    `schools` are names and entity ids of identity providers that can be asked for by name.
    """

    def __init__(
        self,
        *,
        service: DemoService,
        origin: str,
        key: SigningKey,
        addresses: Addresses,
        gateway: Sequence[x509.Certificate],
        schools: Sequence[tuple[str, str]],
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._service = service
        self._origin = origin
        self._key = key
        self._addresses = addresses
        self._gateway = gateway
        self._schools = schools
        self._clock = clock
        self._randomness = randomness
        self._asked: set[str] = set()
        self._sessions: dict[str, Received] = {}
        self._logging_out = LoggingOut(
            entity_id=f"{origin}/metadata",
            key=key,
            gateway=addresses.idp_logout,
            certificates=gateway,
            clock=clock,
            randomness=randomness,
        )
        self._results = Results(randomness=randomness)

    def app(self) -> Flask:
        """The service as a WSGI application."""
        app = Flask(f"demo_{self._service.id}", static_folder=None)
        self._results.install(app)

        @app.get("/")
        def home() -> Response:
            known = request.cookies.get(_COOKIE, "") in self._sessions
            return page(self._service.name, _COLOUR, _HOME, schools=self._schools, known=known)

        @app.get("/login")
        def login() -> Response:
            answer = redirect(self.login_url(**request.args))
            return Response(answer.get_data(), status=302, headers={"Location": answer.location})

        @app.post("/acs")
        def acs() -> Response:
            return self._results.led_to(self._received(b64decode(request.form["SAMLResponse"])))

        @app.get("/logout")
        def logout() -> Response:
            session = self._sessions.pop(request.cookies.get(_COOKIE, ""), None)
            if session is None:
                return page(self._service.name, _COLOUR, _LEFT, said="you were not logged in")
            return _redirect(self._logging_out.request_url(session.name_id, "", session.session_index))

        @app.get("/slo")
        def slo() -> Response:
            parameter, message, relay_state = self._logging_out.received()
            if parameter == "SAMLResponse":
                return page(self._service.name, _COLOUR, _LEFT, said=said(message))
            ended = indexes(message)
            self._sessions = {one: of for one, of in self._sessions.items() if of.session_index not in ended}
            return _redirect(self._logging_out.response_url(message.get("ID", ""), relay_state))

        return app

    def _let_in(self, received: Received) -> Response:
        session = self._randomness.token()
        self._sessions[session] = received
        response = page(self._service.name, _COLOUR, _IN, received=received)
        response.set_cookie(_COOKIE, session, httponly=True, samesite="Lax")
        return response

    def _received(self, message: bytes) -> Response:
        try:
            received = receive(
                message,
                certificates=self._gateway,
                expected_requests=self._asked,
                expected_audience=f"{self._origin}/metadata",
                expected_recipient=f"{self._origin}/acs",
                now=self._clock.now(),
            )
        except NotLoggedIn as no:
            return page(self._service.name, _COLOUR, _OUT, status=403, meaning=no.meaning, codes=no.codes)
        except NotBelieved as why:
            return page(self._service.name, _COLOUR, _WRONG, status=400, why=why)
        return self._let_in(received)

    def login_url(self, **wishes: str) -> str:
        """Where a login begins; `ForceAuthn` and `IsPassive` are passed on when given, `idp` names who may answer."""
        request_id = f"_{self._randomness.token()}"
        self._asked.add(request_id)
        location = self._addresses.single_sign_on
        wished = "".join(f' {flag}="true"' for flag in ("ForceAuthn", "IsPassive") if flag in wishes)
        message = (
            f'<samlp:AuthnRequest xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{request_id}" Version="2.0"'
            f' IssueInstant="{write_instant(self._clock.now())}" Destination={quoteattr(location)}{wished}>'
            f"<saml:Issuer>{escape(self._origin)}/metadata</saml:Issuer>{_scoping(wishes.get('idp'))}"
            "</samlp:AuthnRequest>"
        ).encode()
        if self._service.signs_requests:
            return signed_url(location, "SAMLRequest", message, "home", self._key)
        compressor = zlib.compressobj(wbits=-15)
        deflated = compressor.compress(message) + compressor.flush()
        return f"{location}?{urlencode({'SAMLRequest': b64encode(deflated), 'RelayState': 'home'})}"


def _redirect(url: str) -> Response:
    return Response(status=302, headers={"Location": url})


def _scoping(idp: str | None) -> str:
    if idp is None:
        return ""
    entry = f"<samlp:IDPEntry ProviderID={quoteattr(idp)}/>"
    return f"<samlp:Scoping><samlp:IDPList>{entry}</samlp:IDPList></samlp:Scoping>"
