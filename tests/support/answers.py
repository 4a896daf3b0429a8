"""The gateway's answers to services, made and taken apart again."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta

from lxml import etree

from gateway.domain.attribute import Attribute
from gateway.domain.language import Language
from gateway.federation.clients import NameIdFormat
from gateway.federation.models import Service
from gateway.login.contracts import AuthenticationFacts
from gateway.login.steps import PostForm
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.release.released import ReleasedAttributes
from gateway.saml.documents import Contact, GatewayIdentity
from gateway.saml.idp.reply import Reply
from gateway.saml.idp.response import IdentityProviderRole
from tests.support.authn_requests import ACS, ADDRESSES, federation
from tests.support.held import HeldClock, SeededRandomness
from tests.support.signing_keys import signing_key
from tests.support.small_federation import REKENTUIN

GATEWAY_KEY = signing_key("gateway")
ECK_ID = "https://ketenid.nl/pilot/" + "0a" * 64
SUBJECT = Subject(SubjectKind.ECK_ID, ECK_ID, pairwise="p1." + "b" * 40)
REPLY = Reply("_request-1", ACS, "state", NameIdFormat.TRANSIENT)
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
LOGGED_IN = datetime(2026, 9, 7, 8, 12, 5, 700_000, tzinfo=UTC)
FACTS = AuthenticationFacts(
    PASSWORD, LOGGED_IN, ("https://behind.example/idp", "https://po.example/idp"), "session1", "transient1"
)
ELEVEN = {
    Attribute.ECK_ID: (ECK_ID,),
    Attribute.GIVEN_NAME: ("Fenna",),
    Attribute.SURNAME_PREFIX: ("van 't",),
    Attribute.SURNAME: ("H",),
    Attribute.EMAIL: ("fenna@regenboog.example",),
    Attribute.ROLE: ("student",),
    Attribute.SCHOOL: ("99XA",),
    Attribute.SCHOOL_NAME: ("De Regenboog & Zn. <Assen>",),
    Attribute.DIGI_DELIVERY_ID: ("22461075-07B8-4A17-AB18-71B8455AA7A3",),
    Attribute.GROUP: ("7a", "7b"),
    Attribute.SUBGROUP: ("rekenen",),
}
IDENTITY = GatewayIdentity(
    ADDRESSES,
    {Language.NL: "Sluis", Language.EN: "Lock & Key"},
    "Sluiswachters",
    "https://sluis.example/",
    (Contact("technical", "Beheer", "beheer@sluis.example"), Contact("support", "Hulp", "hulp@sluis.example")),
)

NAMESPACES = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xenc": "http://www.w3.org/2001/04/xmlenc#",
}


def role(clock: HeldClock | None = None) -> IdentityProviderRole:
    return IdentityProviderRole(
        entity_id=ADDRESSES.idp_entity_id,
        key=GATEWAY_KEY,
        session=timedelta(hours=10),
        clock=clock or HeldClock(),
        randomness=SeededRandomness(),
    )


def service(**changes: object) -> Service:
    """Rekentuin; changes are made to its entry or its metadata."""
    return federation(**changes).services[REKENTUIN]


def released(values: dict[Attribute, tuple[str, ...]] = ELEVEN, subject: Subject = SUBJECT) -> ReleasedAttributes:
    return ReleasedAttributes(subject, values)


def answer(reply: Reply | str = REPLY, *, values: dict = ELEVEN, facts: AuthenticationFacts = FACTS, **changes: object):
    """The form that takes an answer to rekentuin."""
    note = reply if isinstance(reply, str) else reply.dump()
    return role().answer(service(**changes), note, released(values), facts)


def xml_of(form: PostForm) -> bytes:
    return b64decode(dict(form.fields)["SAMLResponse"], validate=True)


def response_of(form: PostForm) -> etree._Element:
    return etree.fromstring(xml_of(form))


def found(element: etree._Element, path: str) -> list:
    """XPath with the usual prefixes."""
    return element.xpath(path, namespaces=NAMESPACES)
