"""A learning service: a button to log in, and a page that shows exactly what arrived."""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from flask import Flask, Response, redirect, request
from lxml import etree

from gateway.demo.pages import page
from gateway.demo.people import DemoService
from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.saml.addresses import Addresses
from gateway.saml.instants import write_instant
from gateway.saml.redirect import signed_url
from gateway.saml.status import SUCCESS
from gateway.xml.keys import SigningKey
from gateway.xml.namespaces import SAML, SAMLP, name
from gateway.xml.parsing import parse
from gateway.xml.signatures import verify

_COLOUR = "#2e7d32"
_HOME = """<p>This is a learning service of the demo.</p><p><a class="button" href="/login">Log in</a></p>"""
_IN = """
<p>You are in. This is all that the service received:</p>
<table><tr><th scope="col">what</th><th scope="col">value</th></tr>
<tr><th scope="row">NameID ({{ received.name_id_format }})</th><td>{{ received.name_id }}</td></tr>
{% for name, values in received.attributes %}<tr><th scope="row">{{ name }}</th><td>{{ values | join(", ") }}</td></tr>{% endfor %}
</table><p><a class="button" href="/">Start again</a></p>"""
_OUT = """<p>The login did not happen. The gateway says: {{ said }}.</p><p><a class="button" href="/">Start again</a></p>"""


@dataclass(frozen=True, slots=True)
class Received:
    """What a service got."""

    name_id: str
    name_id_format: str
    attributes: tuple[tuple[str, tuple[str, ...]], ...]


class Service:
    """One learning service; `gateway` holds the certificates of the gateway that it trusts."""

    def __init__(
        self,
        *,
        service: DemoService,
        origin: str,
        key: SigningKey,
        addresses: Addresses,
        gateway: Sequence[x509.Certificate],
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._service = service
        self._origin = origin
        self._key = key
        self._addresses = addresses
        self._gateway = gateway
        self._clock = clock
        self._randomness = randomness
        self._asked: set[str] = set()

    def app(self) -> Flask:
        """The service as a WSGI application."""
        app = Flask(f"demo_{self._service.id}", static_folder=None)

        @app.get("/")
        def home() -> Response:
            return page(self._service.name, _COLOUR, _HOME)

        @app.get("/login")
        def login() -> Response:
            answer = redirect(self.login_url(**request.args))
            return Response(answer.get_data(), status=302, headers={"Location": answer.location})

        @app.post("/acs")
        def acs() -> Response:
            root = parse(b64decode(request.form["SAMLResponse"]), limit=200_000)
            response = verify(root, self._gateway)
            if response.get("InResponseTo") not in self._asked:
                return page(self._service.name, _COLOUR, _OUT, status=400, said="not asked for")
            codes = [code.get("Value", "") for code in response.iter(name(SAMLP, "StatusCode"))]
            if codes[0] != SUCCESS.top:
                said = ", ".join(code.rpartition(":")[2] for code in codes)
                return page(self._service.name, _COLOUR, _OUT, status=403, said=said)
            self._asked.discard(response.get("InResponseTo"))
            return page(self._service.name, _COLOUR, _IN, received=_received(response))

        return app

    def login_url(self, **flags: str) -> str:
        """Where a login begins; `ForceAuthn` and `IsPassive` are passed on when given."""
        request_id = f"_{self._randomness.token()}"
        self._asked.add(request_id)
        location = self._addresses.single_sign_on
        wished = "".join(f' {flag}="true"' for flag in ("ForceAuthn", "IsPassive") if flag in flags)
        message = (
            f'<samlp:AuthnRequest xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{request_id}" Version="2.0"'
            f' IssueInstant="{write_instant(self._clock.now())}" Destination={quoteattr(location)}{wished}>'
            f"<saml:Issuer>{escape(self._origin)}/metadata</saml:Issuer></samlp:AuthnRequest>"
        ).encode()
        if self._service.signs_requests:
            return signed_url(location, "SAMLRequest", message, "home", self._key)
        compressor = zlib.compressobj(wbits=-15)
        deflated = compressor.compress(message) + compressor.flush()
        return f"{location}?{urlencode({'SAMLRequest': b64encode(deflated), 'RelayState': 'home'})}"


def _received(response: etree._Element) -> Received:
    name_id = next(response.iter(name(SAML, "NameID")))
    return Received(
        name_id=name_id.text or "",
        name_id_format=name_id.get("Format", "").rpartition(":")[2],
        attributes=tuple(
            (attribute.get("Name", ""), tuple(value.text or "" for value in attribute))
            for attribute in response.iter(name(SAML, "Attribute"))
        ),
    )
