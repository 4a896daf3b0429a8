"""LogoutRequest and LogoutResponse as the gateway writes and sends them (saml-core 3.7), always signed."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from xml.sax.saxutils import escape, quoteattr

from lxml import etree
from saml2.samlp import STATUS_PARTIAL_LOGOUT, STATUS_REQUESTER, STATUS_SUCCESS, STATUS_UNKNOWN_PRINCIPAL

from gateway.federation.metadata.entities import Binding, LogoutEndpoint
from gateway.login.steps import PostForm, Redirect
from gateway.saml.instants import write_instant
from gateway.saml.redirect import Parameter, signed_url
from gateway.saml.status import Status
from gateway.xml.keys import SigningKey
from gateway.xml.namespaces import SAML, SAMLP
from gateway.xml.signatures import sign

LIFETIME = timedelta(minutes=5)
"""NotOnOrAfter of a request, from when it was made: until then its receiver refuses assertions too (3.7.3.2)."""

COMPLETE = Status(STATUS_SUCCESS)
PARTIAL = Status(STATUS_SUCCESS, STATUS_PARTIAL_LOGOUT)
UNKNOWN = Status(STATUS_REQUESTER, STATUS_UNKNOWN_PRINCIPAL)


@dataclass(frozen=True, slots=True)
class Named:
    """A NameID with what stands around it; None for an attribute that is not there."""

    value: str = field(repr=False)
    format: str | None = None
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """One of the gateway's roles: its entity id and its key."""

    entity_id: str
    key: SigningKey

    def request(self, request_id: str, destination: str, named: Named, indexes: Sequence[str], now: datetime) -> bytes:
        """An unsigned LogoutRequest for this person and these sessions."""
        attributes = "".join(
            f" {name}={quoteattr(value)}"
            for name, value in (
                ("Format", named.format),
                ("NameQualifier", named.name_qualifier),
                ("SPNameQualifier", named.sp_name_qualifier),
            )
            if value is not None
        )
        sessions = "".join(f"<samlp:SessionIndex>{escape(index)}</samlp:SessionIndex>" for index in indexes)
        return (
            f"{self._opened('LogoutRequest', request_id, destination, now)}"
            f' NotOnOrAfter="{write_instant(now + LIFETIME)}"><saml:Issuer>{escape(self.entity_id)}</saml:Issuer>'
            f"<saml:NameID{attributes}>{escape(named.value)}</saml:NameID>{sessions}</samlp:LogoutRequest>"
        ).encode()

    def response(self, response_id: str, destination: str, in_response_to: str, status: Status, now: datetime) -> bytes:
        """An unsigned LogoutResponse."""
        second = f'<samlp:StatusCode Value="{status.second}"/>' if status.second is not None else ""
        return (
            f"{self._opened('LogoutResponse', response_id, destination, now)} InResponseTo={quoteattr(in_response_to)}>"
            f"<saml:Issuer>{escape(self.entity_id)}</saml:Issuer><samlp:Status>"
            f'<samlp:StatusCode Value="{status.top}">{second}</samlp:StatusCode></samlp:Status></samlp:LogoutResponse>'
        ).encode()

    def by_browser(
        self, binding: Binding, location: str, parameter: Parameter, message: bytes, relay_state: str | None
    ) -> Redirect | PostForm:
        """The message on its way by Redirect or POST."""
        if binding is Binding.REDIRECT:
            return Redirect(signed_url(location, parameter, message, relay_state, self.key))
        encoded = b64encode(etree.tostring(self.signed(message))).decode()
        state = () if relay_state is None else (("RelayState", relay_state),)
        return PostForm(location, ((parameter, encoded), *state))

    def signed(self, message: bytes) -> etree._Element:
        """The message with a signature in it, for POST and SOAP."""
        root = etree.fromstring(message)
        sign(root, self.key)
        return root

    def _opened(self, element: str, message_id: str, destination: str, now: datetime) -> str:
        return (
            f'<samlp:{element} xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{message_id}" Version="2.0"'
            f' IssueInstant="{write_instant(now)}" Destination={quoteattr(destination)}'
        )


def by_browser(endpoints: Sequence[LogoutEndpoint]) -> LogoutEndpoint | None:
    """The endpoint that a browser is sent to: by Redirect before by POST."""
    fronts = [one for one in endpoints if one.binding is not Binding.SOAP]
    return next((one for one in fronts if one.binding is Binding.REDIRECT), fronts[0] if fronts else None)


def by_soap(endpoints: Sequence[LogoutEndpoint]) -> LogoutEndpoint | None:
    """The endpoint that is asked without the browser."""
    return next((one for one in endpoints if one.binding is Binding.SOAP), None)
