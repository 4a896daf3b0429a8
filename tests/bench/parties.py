"""The parties of the measured logins: one school and one service, played by the measuring process."""

import re
import tempfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from lxml import etree

from gateway.cli.init import write_configuration
from gateway.domain.clock import SystemClock
from gateway.saml.addresses import Addresses
from gateway.saml.instants import write_instant
from gateway.saml.redirect import signed_url
from gateway.xml.keys import SigningKey
from gateway.xml.signatures import sign
from tests.bench.answering import answered_within
from tests.bench.worker import HOST, Worker, free_port, served
from tests.support.responses import IDP, Message, assertion_of
from tests.support.signing_keys import signing_key

_FIVE_MINUTES = timedelta(minutes=5)
SERVICE = "https://service.example/sp"
CONSUMER = "https://service.example/acs"
IDP_KEY = signing_key("bench school")
SERVICE_KEY = signing_key("bench service")
_FORM = re.compile(r'name="SAMLResponse" value="([^"]+)"')
ELEVEN = {
    "uid": ("fenna-{number}@regenboog.example",),
    "employeeNumber": ("{number}",),
    "givenName": ("Fenna",),
    "nlEduPersonTussenvoegsels": ("de",),
    "sn": ("Vries",),
    "mail": ("fenna@regenboog.example",),
    "eduPersonAffiliation": ("student",),
    "nlEduPersonHomeOrganizationId": ("99XA",),
    "nlEduPersonHomeOrganization": ("De Regenboog",),
    "nlEduPersonUnit": ("groep 6",),
    "eckId": ("https://ketenid.nl/pilot/{number:0128x}",),
}
"""Of the pupil of this number: each login is another's, as in a school."""


@dataclass
class Driver:
    """Drives logins over one connection that stays open."""

    host: str
    port: int
    service: str = SERVICE
    service_key: SigningKey = SERVICE_KEY
    idp: str = IDP
    idp_key: SigningKey = IDP_KEY
    brin: str = "99XA"
    only: str = ""
    """The one identity provider that the service lets the person choose; without it there is but one."""
    accept: str = ""
    """What the browser takes, where that matters."""
    language: str = ""
    """What the browser likes its pages in."""
    keeps: bool = True
    """Whether the connection stays open; a worker that goes closes those that it has."""
    pupils: int = 0
    """How many log in by turns, who have all been here after so many logins; 0: each login is another's, her first."""

    def __post_init__(self) -> None:
        self.addresses = Addresses(f"http://{self.host}:{self.port}")
        self._connection = HTTPConnection(self.host, self.port)
        self._clock = SystemClock()
        self._count = 0
        self._cookies: dict[str, str] = {}
        self.last_answer = b""
        self.answered_within = 0.0
        """Seconds that the last answer took, as the kernel saw it; 0 when its connection ended with it."""

    def login(self) -> None:
        """One complete login; raises when the service would not have let the person in."""
        attempt, request = self.begin()
        status, body = self.answer(attempt, etree.tostring(self.response(request)))
        found = _FORM.search(body)
        if status != 200 or found is None:
            raise AssertionError(f"no answer for the service: {status}")
        self.last_answer = b64decode(unescape(found[1]))
        if b"status:Success" not in self.last_answer or b"Fenna" not in self.last_answer:
            raise AssertionError("the service was refused")

    def begin_at(self, count: int) -> None:
        """Number its messages and pupils from here, so that several drivers do not repeat each other's."""
        self._count = count

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def refused_login(self, kind: int) -> None:
        """A login that must be refused; raises when it is not."""
        attempt, request = self.begin()
        response = self.response(request)
        raw = etree.tostring(response)
        bad = (
            raw.replace(b"Fenna", b"Femke"),
            raw.replace(IDP.encode(), b"https://other.example/idp"),
            etree.tostring(self.response("_another")),
            raw[:-40],
        )[kind % 4]
        status, body = self.answer(attempt, bad)
        if status != 403 or "status:Success" in body:
            raise AssertionError(f"a bad login was not refused: {status}")

    def nobodys_login(self) -> None:
        """A login of somebody whose school does not say what they are; raises when the service learns anything."""
        attempt, request = self.begin()
        status, body = self.answer(attempt, etree.tostring(self.response(request, without="eduPersonAffiliation")))
        found = _FORM.search(body)
        told = b64decode(unescape(found[1])) if found else b""
        if status != 403 or b"status:Success" in told or b"Fenna" in told:
            raise AssertionError(f"a login without a role was not refused: {status}")

    def begin(self) -> tuple[str, str]:
        """Until the school's door: RelayState and the id of the gateway's request. Each login has a fresh browser."""
        self.fresh_browser()
        status, location, _ = self.ask()
        return self.at_the_door(status, location)

    @staticmethod
    def at_the_door(status: int, location: str) -> tuple[str, str]:
        """RelayState and the id of the request in the redirect to the school; raises when there is none."""
        query = parse_qs(urlsplit(location).query)
        if status != 303:
            raise AssertionError(f"no redirect to the school: {status}")
        sent = zlib.decompress(b64decode(query["SAMLRequest"][0]), -15)
        return query["RelayState"][0], etree.fromstring(sent).get("ID", "")

    def fresh_browser(self) -> None:
        """Forget every cookie: one browser that logs in hundreds of times would be held for a loop."""
        self._cookies.clear()

    def browser(self) -> dict[str, str]:
        """The cookies of the browser that logged in last, to `use` it again."""
        return dict(self._cookies)

    def use(self, browser: dict[str, str]) -> None:
        """Go on in this browser."""
        self._cookies = dict(browser)

    def ask(self) -> tuple[int, str, str]:
        """The service's request: status, Location and body of the answer."""
        return self._ask("GET", self.request())

    def request(self) -> str:
        """Where the service sends somebody who is to log in; once for each login."""
        self._count += 1
        idp_list = f'<samlp:IDPList><samlp:IDPEntry ProviderID="{self.only}"/></samlp:IDPList>'
        scoping = f"<samlp:Scoping>{idp_list}</samlp:Scoping>" if self.only else ""
        message = (
            '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
            f' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_bench-{self._count}" Version="2.0"'
            f' IssueInstant="{write_instant(self._clock.now())}" Destination="{self.addresses.single_sign_on}">'
            f"<saml:Issuer>{self.service}</saml:Issuer>{scoping}</samlp:AuthnRequest>"
        ).encode()
        url = signed_url(self.addresses.single_sign_on, "SAMLRequest", message, "state", self.service_key)
        parts = urlsplit(url)
        return f"{parts.path}?{parts.query}"

    def login_in_session(self) -> None:
        """One login in the session that a login before began; raises when the school is asked."""
        status, _, body = self.ask()
        found = _FORM.search(body)
        if status != 200 or found is None:
            raise AssertionError(f"no answer from the session: {status}")
        self.last_answer = b64decode(unescape(found[1]))
        if b"status:Success" not in self.last_answer or b"Fenna" not in self.last_answer:
            raise AssertionError("the service was refused")

    def response(self, request: str, *, pupil: int | None = None, without: str = "") -> etree._Element:
        """The school's answer, assertion and Response signed, eleven attributes of the pupil of this number.

        `without` names one that it does not send.
        """
        whose = self._count % self.pupils if self.pupils else self._count
        now, number = self._clock.now(), whose if pupil is None else pupil
        sent = _of_pupil(number) | {"nlEduPersonHomeOrganizationId": (self.brin,)}
        message = Message(
            issuer=self.idp,
            assertion_issuer=self.idp,
            in_response_to=request,
            confirmed_request=request,
            response_id=f"_r{request}",
            assertion_id=f"_a{request}",
            destination=self.addresses.assertion_consumer,
            recipient=self.addresses.assertion_consumer,
            audiences=(self.addresses.sp_entity_id,),
            name_id=f"<saml:NameID>fenna-{number}@regenboog.example</saml:NameID>",
            attributes={name: values for name, values in sent.items() if name != without},
            authenticated=now,
            not_before=now,
            not_on_or_after=now.replace(year=now.year + 1),
            confirmed_until=now.replace(microsecond=0) + _FIVE_MINUTES,
        )
        root = message.response()
        sign(assertion_of(root), self.idp_key)
        sign(root, self.idp_key)
        return root

    def answer(self, attempt: str, response: bytes) -> tuple[int, str]:
        """Post the school's answer to the gateway."""
        form = urlencode({"SAMLResponse": b64encode(response).decode(), "RelayState": attempt})
        status, _, body = self._ask("POST", "/saml/sp/acs", form)
        return status, body

    def open(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Where the browser was sent, or a form of the gateway's own; status, Location and body of the answer."""
        if form is None:
            return self._ask("GET", path)
        return self._ask("POST", path, urlencode(form), {"Sec-Fetch-Site": "same-origin"})

    def _ask(
        self, method: str, path: str, body: str | None = None, more: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {**(more or {}), **({"Cookie": cookies} if cookies else {})}
        if self.accept:
            headers["Accept"] = self.accept
        if self.language:
            headers["Accept-Language"] = self.language
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if not self.keeps:
            self._connection.close()
        self._connection.request(method, path, body, headers)
        connection = self._connection.sock
        answer = self._connection.getresponse()
        text = answer.read().decode()
        self.answered_within = answered_within(connection) if self._connection.sock is connection else 0.0
        for set_cookie in answer.headers.get_all("Set-Cookie", ()):
            name, _, value = set_cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, answer.headers["Location"] or "", text


def _of_pupil(number: int) -> dict[str, tuple[str, ...]]:
    return {name: tuple(value.format(number=number) for value in values) for name, values in ELEVEN.items()}


def write_parties(directory: Path) -> None:
    """Put the school, the service and their agreement into a fresh configuration."""
    entries = {
        "schools/bench.yaml": "- {brin: 99XA, names: {nl: De Regenboog}, sector: po}\n",
        "identity-providers/bench.yaml": (
            "id: school\nnames: {nl: De Regenboog}\nmetadata: bench.xml\ndialect: entree\nschools: [99XA]\n"
        ),
        "services/bench.yaml": (
            "id: service\nnames: {nl: Rekentuin}\nsupplier: {name: Uitgeverij, contact: a@example.org}\n"
            "metadata: bench.xml\nsectors: [po]\nattribute_sets:\n"
            "  1: {eck_id: access, given_name: greeting, surname: class-list, role: access, school: access,"
            " school_name: greeting}\n"
        ),
        "agreements/bench.yaml": (
            "- {service: service, attribute_set: 1, schools: [99XA], from: 2020-01-01, reference: BENCH-1}\n"
        ),
        "identity-providers/bench.xml": _entity(
            IDP,
            '<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            f"{_key(IDP_KEY.certificate_base64)}<md:SingleSignOnService"
            ' Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://po.example/sso"/>'
            "</md:IDPSSODescriptor>",
        ),
        "services/bench.xml": _entity(
            SERVICE,
            '<md:SPSSODescriptor AuthnRequestsSigned="true"'
            ' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
            f'{_key(SERVICE_KEY.certificate_base64)}<md:AssertionConsumerService index="0"'
            f' Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{CONSUMER}"/></md:SPSSODescriptor>',
        ),
    }
    for path, content in entries.items():
        (directory / path).write_text(content, "utf-8")


def _entity(entity_id: str, role: str) -> str:
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}">{role}'
        "</md:EntityDescriptor>"
    )


def _key(certificate: str) -> str:
    return (
        '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        f"<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )


@contextmanager
def one_worker(add: Callable[[Path], None] = lambda _: None) -> Iterator[tuple[int, Worker]]:
    """A gateway with these parties, and what `add` writes beside them, under one worker; its port, and the worker."""
    port = free_port()
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "gateway"
        write_configuration(directory, base_url=f"http://{HOST}:{port}", rsa_bits=2048, environment="test")
        gateway_yaml = directory / "gateway.yaml"
        written = gateway_yaml.read_text("utf-8").replace("workers: 2", "workers: 1")
        gateway_yaml.write_text(written, "utf-8")
        write_parties(directory)
        add(directory)
        with served(directory, port) as worker:
            yield port, worker
