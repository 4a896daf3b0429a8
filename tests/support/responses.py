"""Responses of identity providers, good and hostile: a kit to build them piece by piece, and to judge them."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.metadata.entities import Binding, Endpoint, IdpMetadata
from gateway.federation.models import IdentityProvider, IdpId
from gateway.saml.addresses import Addresses
from gateway.saml.instants import write_instant
from gateway.saml.sp.assertion import Assertion
from gateway.saml.sp.expected import Expected
from gateway.saml.sp.verify import decode, verify_response
from gateway.xml.keys import SigningKey
from gateway.xml.signatures import sign
from tests.support.held import HeldClock
from tests.support.signing_keys import signing_key
from tests.support.small_federation import REGENBOOG

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
NAMESPACES = {"saml": SAML, "samlp": SAMLP, "ds": DS}

ADDRESSES = Addresses("https://sluis.example")
IDP = "https://po.example/idp"
OTHER_IDP = "https://vo.example/idp"
REQUEST = "_request-1"
NOW = HeldClock().now()
SKEW = timedelta(seconds=60)
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"

IDP_KEY = signing_key("po")
OTHER_KEY = signing_key("vo")


def identity_provider(*certificates: x509.Certificate, entity_id: str = IDP) -> IdentityProvider:
    """The identity provider that was asked; it signs with the keys of these certificates."""
    return IdentityProvider(
        id=IdpId("po"),
        names={},
        party=IdpMetadata(
            entity_id=entity_id,
            valid_until=None,
            certificates=certificates or (IDP_KEY.certificate,),
            single_sign_on=(Endpoint(Binding.REDIRECT, "https://po.example/sso"),),
            want_authn_requests_signed=False,
        ),
        dialect="entree",
        schools=frozenset({REGENBOOG.brin}),
    )


@dataclass(frozen=True)
class Message:
    """A Response to be. Everything is a text, so that anything can be said with it."""

    issuer: str = IDP
    assertion_issuer: str = IDP
    response_id: str = "_response-1"
    assertion_id: str = "_assertion-1"
    destination: str | None = ADDRESSES.assertion_consumer
    in_response_to: str | None = REQUEST
    confirmed_request: str | None = REQUEST
    recipient: str = ADDRESSES.assertion_consumer
    method: str = BEARER
    confirmed_until: datetime | None = NOW + timedelta(minutes=5)
    not_before: datetime | None = NOW - timedelta(minutes=1)
    not_on_or_after: datetime | None = NOW + timedelta(minutes=5)
    audiences: tuple[str, ...] = (ADDRESSES.sp_entity_id,)
    conditions: str | None = None
    authenticated: datetime = NOW - timedelta(seconds=10)
    session_ends: datetime | None = None
    context: str = PASSWORD
    authorities: tuple[str, ...] = ()
    name_id: str = "<saml:NameID>fenna@regenboog.example</saml:NameID>"
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"uid": ("fenna@regenboog.example",)})
    status: str = f'<samlp:StatusCode Value="{SUCCESS}"/>'
    version: str = "2.0"
    issued: datetime = NOW

    def assertion(self) -> str:
        """The assertion, unsigned."""
        return (
            f'<saml:Assertion xmlns:saml="{SAML}" ID="{self.assertion_id}" Version="2.0"'
            f' IssueInstant="{write_instant(self.issued)}"><saml:Issuer>{self.assertion_issuer}</saml:Issuer>'
            f"<saml:Subject>{self.name_id}{self._confirmation()}</saml:Subject>{self._conditions()}"
            f'<saml:AuthnStatement AuthnInstant="{write_instant(self.authenticated)}"'
            f"{_moment('SessionNotOnOrAfter', self.session_ends)}><saml:AuthnContext>"
            f"<saml:AuthnContextClassRef>{self.context}</saml:AuthnContextClassRef>"
            + "".join(f"<saml:AuthenticatingAuthority>{one}</saml:AuthenticatingAuthority>" for one in self.authorities)
            + f"</saml:AuthnContext></saml:AuthnStatement>{self._attributes()}</saml:Assertion>"
        )

    def response(self, assertion: str | None = None) -> etree._Element:
        """The Response around an assertion, its own if none is given, unsigned."""
        return etree.fromstring(
            f'<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{self.response_id}"'
            f' Version="{self.version}" IssueInstant="{write_instant(self.issued)}"'
            f"{_text('Destination', self.destination)}{_text('InResponseTo', self.in_response_to)}>"
            f"<saml:Issuer>{self.issuer}</saml:Issuer><samlp:Status>{self.status}</samlp:Status>"
            f"{self.assertion() if assertion is None else assertion}</samlp:Response>"
        )

    def _confirmation(self) -> str:
        return (
            f'<saml:SubjectConfirmation Method="{self.method}"><saml:SubjectConfirmationData'
            f"{_text('Recipient', self.recipient)}{_text('InResponseTo', self.confirmed_request)}"
            f"{_moment('NotOnOrAfter', self.confirmed_until)}/></saml:SubjectConfirmation>"
        )

    def _conditions(self) -> str:
        if self.conditions is not None:
            return self.conditions
        restricted = "".join(f"<saml:Audience>{audience}</saml:Audience>" for audience in self.audiences)
        return (
            f"<saml:Conditions{_moment('NotBefore', self.not_before)}"
            f"{_moment('NotOnOrAfter', self.not_on_or_after)}>"
            f"<saml:AudienceRestriction>{restricted}</saml:AudienceRestriction></saml:Conditions>"
        )

    def _attributes(self) -> str:
        listed = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
            + "</saml:Attribute>"
            for name, values in self.attributes.items()
        )
        return f"<saml:AttributeStatement>{listed}</saml:AttributeStatement>" if listed else ""


def _text(attribute: str, value: str | None) -> str:
    return "" if value is None else f' {attribute}="{value}"'


def _moment(attribute: str, value: datetime | None) -> str:
    return "" if value is None else f' {attribute}="{write_instant(value)}"'


def assertion_of(response: etree._Element) -> etree._Element:
    """The assertion in a Response."""
    return response.find(f"{{{SAML}}}Assertion")


def signed(
    message: Message | None = None, *, key: SigningKey = IDP_KEY, assertion: bool = True, response: bool = True
) -> etree._Element:
    """The message with its assertion, its Response, or both signed."""
    root = (message or Message()).response()
    if assertion:
        sign(assertion_of(root), key)
    if response:
        sign(root, key)
    return root


def encoded(response: etree._Element | bytes) -> str:
    """As it stands in the form field."""
    raw = response if isinstance(response, bytes) else etree.tostring(response)
    return b64encode(raw).decode()


class Marks(dict[str, int]):
    """Replay marks of one test: each key, and the seconds that it is kept. The true stores have their own tests."""

    def add(self, key: str, value: bytes, *, seconds: int) -> bool:
        free = key not in self
        self.setdefault(key, seconds)
        return free


def expected(**changes: object) -> Expected:
    """What the gateway knows of the login that the message answers."""
    known = Expected(
        idp=identity_provider(),
        request_id=REQUEST,
        consumer_url=ADDRESSES.assertion_consumer,
        audience=ADDRESSES.sp_entity_id,
        contexts=(),
        fresh_since=None,
        now=NOW,
        skew=SKEW,
        replay_marks=Marks(),
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def judge(response: etree._Element | bytes | str, **changes: object) -> Assertion:
    """What the gateway makes of a message. Raises SluisError as it does."""
    field_ = response if isinstance(response, str) else encoded(response)
    return verify_response(decode(field_), expected(**changes))


def refusal(response: etree._Element | bytes | str, **changes: object) -> ErrorCode:
    """The code with which the gateway refuses a message; an accepted one fails the test."""
    try:
        judge(response, **changes)
    except SluisError as error:
        return error.code
    raise AssertionError("the message was accepted")


def change(response: etree._Element, how: Callable[[bytes], bytes]) -> bytes:
    """The message's octets, changed on their way; a change that changes nothing fails the test."""
    raw = etree.tostring(response)
    changed = how(raw)
    assert changed != raw
    return changed


def resigned_with_ec(root: etree._Element, key: ec.EllipticCurvePrivateKey) -> etree._Element:
    """The Response with the value of its signature made anew by an EC key (RFC 4050: the two integers)."""
    algorithm = root.find("ds:Signature/ds:SignedInfo/ds:SignatureMethod", NAMESPACES)
    algorithm.set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256")
    info = root.find("ds:Signature/ds:SignedInfo", NAMESPACES)
    canonical = etree.tostring(info, method="c14n", exclusive=True)
    numbers = utils.decode_dss_signature(key.sign(canonical, ec.ECDSA(SHA256())))
    value = b"".join(number.to_bytes(key.curve.key_size // 8) for number in numbers)
    root.find("ds:Signature/ds:SignatureValue", NAMESPACES).text = b64encode(value).decode()
    return root
