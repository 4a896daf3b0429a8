"""The signed AuthnRequest that takes a browser to an identity provider (saml-core 3.4.1)."""

from base64 import b64encode
from xml.sax.saxutils import escape, quoteattr

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from lxml import etree

from gateway.domain.clock import Clock
from gateway.federation.metadata.entities import Binding, Endpoint
from gateway.federation.models import IdentityProvider
from gateway.login.messages import AuthenticationRequest
from gateway.login.steps import PostForm, Redirect
from gateway.saml.addresses import Addresses
from gateway.saml.instants import write_instant
from gateway.saml.redirect import signed_url
from gateway.xml.keys import SigningKey
from gateway.xml.namespaces import SAML, SAMLP
from gateway.xml.signatures import sign


def request_id(attempt: str) -> str:
    """The ID of the AuthnRequest of an attempt: an XML ID may not begin with a digit."""
    return f"_{attempt}"


class ServiceProvider:
    """Fulfils TowardsIdentityProviders. Keeps nothing of a login."""

    def __init__(self, *, addresses: Addresses, key: SigningKey, clock: Clock) -> None:
        self._addresses = addresses
        self._key = key
        self._clock = clock

    def authenticate(self, idp: IdentityProvider, request: AuthenticationRequest) -> Redirect | PostForm:
        """By Redirect where the identity provider has it, else by POST; signed either way.

        With an EC key the other way round: implementations differ in how they write ECDSA in a query string, and
        nobody does in XML.
        """
        prefers = Binding.POST if isinstance(self._key.private_key, EllipticCurvePrivateKey) else Binding.REDIRECT
        endpoint = _endpoint(idp, prefers)
        message = self._message(endpoint.location, request)
        if endpoint.binding is Binding.REDIRECT:
            return Redirect(signed_url(endpoint.location, "SAMLRequest", message, request.attempt, self._key))
        root = etree.fromstring(message)
        sign(root, self._key)
        encoded = b64encode(etree.tostring(root)).decode()
        return PostForm(endpoint.location, (("SAMLRequest", encoded), ("RelayState", request.attempt)))

    def _message(self, destination: str, request: AuthenticationRequest) -> bytes:
        flags = ' ForceAuthn="true"' * request.force + ' IsPassive="true"' * request.passive
        return (
            f'<samlp:AuthnRequest xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{request_id(request.attempt)}"'
            f' Version="2.0" IssueInstant="{write_instant(self._clock.now())}" Destination={quoteattr(destination)}'
            f"{flags} AssertionConsumerServiceURL={quoteattr(self._addresses.assertion_consumer)}"
            f' ProtocolBinding="{Binding.POST}">'
            f"<saml:Issuer>{escape(self._addresses.sp_entity_id)}</saml:Issuer>"
            f'<samlp:NameIDPolicy AllowCreate="true"/>{_contexts(request)}{_scoping(request)}'
            "</samlp:AuthnRequest>"
        ).encode()


def _endpoint(idp: IdentityProvider, prefers: Binding) -> Endpoint:
    endpoints = idp.saml.single_sign_on
    return next((one for one in endpoints if one.binding is prefers), endpoints[0])


def _contexts(request: AuthenticationRequest) -> str:
    if not request.contexts:
        return ""
    classes = "".join(
        f"<saml:AuthnContextClassRef>{escape(context)}</saml:AuthnContextClassRef>" for context in request.contexts
    )
    return f'<samlp:RequestedAuthnContext Comparison="exact">{classes}</samlp:RequestedAuthnContext>'


def _scoping(request: AuthenticationRequest) -> str:
    if not request.requesters:
        return ""
    requesters = "".join(f"<samlp:RequesterID>{escape(one)}</samlp:RequesterID>" for one in request.requesters)
    return f"<samlp:Scoping>{requesters}</samlp:Scoping>"
