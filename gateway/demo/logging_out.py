"""Single logout of the demo's parties, by Redirect: what a school and a service do alike."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from flask import request
from lxml import etree

from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.saml.instants import write_instant
from gateway.saml.redirect import Parameter, inflate, read_query, signed_url, verify_query
from gateway.saml.status import SUCCESS
from gateway.xml.keys import SigningKey
from gateway.xml.namespaces import SAML, SAMLP, name
from gateway.xml.parsing import parse


class LoggingOut:
    """One party's messages; `gateway` is where the gateway takes them."""

    def __init__(
        self,
        *,
        entity_id: str,
        key: SigningKey,
        gateway: str,
        certificates: Sequence[x509.Certificate],
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._entity_id = entity_id
        self._key = key
        self._gateway = gateway
        self._certificates = certificates
        self._clock = clock
        self._randomness = randomness

    def received(self) -> tuple[Parameter, etree._Element, str | None]:
        """The message of this request, signed by the gateway, and its RelayState."""
        parameter: Parameter = "SAMLResponse" if "SAMLResponse" in request.args else "SAMLRequest"
        query = read_query(request.query_string, parameter)
        verify_query(query, self._certificates)
        return parameter, parse(inflate(query.message, limit=65536), limit=65536), query.relay_state

    def request_url(self, name_id: str, qualifiers: str, index: str) -> str:
        """The address that asks the gateway to log this person out."""
        message = (
            f"{self._opened('LogoutRequest')}><saml:Issuer>{escape(self._entity_id)}</saml:Issuer>"
            f"<saml:NameID{qualifiers}>{escape(name_id)}</saml:NameID>"
            f"<samlp:SessionIndex>{escape(index)}</samlp:SessionIndex></samlp:LogoutRequest>"
        )
        return signed_url(self._gateway, "SAMLRequest", message.encode(), "out", self._key)

    def response_url(self, answers: str, relay_state: str | None) -> str:
        """The address that tells the gateway that its wish was done."""
        message = (
            f"{self._opened('LogoutResponse')} InResponseTo={quoteattr(answers)}>"
            f"<saml:Issuer>{escape(self._entity_id)}</saml:Issuer><samlp:Status>"
            f'<samlp:StatusCode Value="{SUCCESS.top}"/></samlp:Status></samlp:LogoutResponse>'
        )
        return signed_url(self._gateway, "SAMLResponse", message.encode(), relay_state, self._key)

    def _opened(self, element: str) -> str:
        return (
            f'<samlp:{element} xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_{self._randomness.token()}"'
            f' Version="2.0" IssueInstant="{write_instant(self._clock.now())}" Destination={quoteattr(self._gateway)}'
        )


def indexes(message: etree._Element) -> set[str]:
    """The sessions that a request names."""
    return {one.text or "" for one in message.iterfind(name(SAMLP, "SessionIndex"))}


def said(message: etree._Element) -> str:
    """The status codes of an answer, without their prefix."""
    return ", ".join(code.get("Value", "").rpartition(":")[2] for code in message.iter(name(SAMLP, "StatusCode")))
