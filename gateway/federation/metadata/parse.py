"""From an entity's SAML metadata to the values that the gateway keeps (saml-metadata-2.0-os)."""

from base64 import b64decode
from binascii import Error as Base64Error
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509
from lxml import etree

from gateway.domain.language import Language
from gateway.federation.metadata.document import MetadataDocument, MetadataRejected
from gateway.federation.metadata.encryption_keys import encryption_keys
from gateway.federation.metadata.entities import (
    BY_BROWSER,
    Binding,
    Endpoint,
    IdpMetadata,
    IndexedEndpoint,
    LogoutEndpoint,
    SpMetadata,
)
from gateway.federation.metadata.scopes import scopes_of
from gateway.settings.fields import is_loopback
from gateway.xml.algorithms import strong_key
from gateway.xml.namespaces import DS, IDPDISC, MD, MDUI, name

_KEYWORDS, _MAX_KEYWORD = 10, 100
"""As many and as long as nicknames of a school: whoever writes a thousand words would be found by all of them."""
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_MAX_INDEX = 65535


def read_idp(document: MetadataDocument, entity_id: str | None) -> IdpMetadata:
    """The identity provider of this entityID, or the only one. Raises MetadataRejected."""
    entity, role = document.role("IDPSSODescriptor", entity_id)
    endpoints = tuple(
        Endpoint(Binding(found.get("Binding", "")), _location(found))
        for found in role.iterfind(name(MD, "SingleSignOnService"))
        if found.get("Binding") in BY_BROWSER
    )
    if not endpoints:
        raise MetadataRejected("no SingleSignOnService by HTTP-Redirect or HTTP-POST")
    certificates = _certificates(role)
    if not certificates:
        raise MetadataRejected("no signing certificate with an RSA key of 2048 bits or an EC key of 256 bits, or more")
    return IdpMetadata(
        entity_id=entity.get("entityID", ""),
        valid_until=earliest_valid_until(role),
        certificates=certificates,
        single_sign_on=endpoints,
        want_authn_requests_signed=_is_true(role.get("WantAuthnRequestsSigned")),
        scopes=scopes_of(role),
        single_logout=_single_logout(role),
        keywords=_keywords(role),
    )


def read_sp(document: MetadataDocument, entity_id: str | None) -> SpMetadata:
    """The service provider of this entityID, or the only one. Raises MetadataRejected."""
    entity, role = document.role("SPSSODescriptor", entity_id)
    consumers = _consumers(role)
    if not consumers:
        raise MetadataRejected("no AssertionConsumerService by HTTP-POST")
    signed = _is_true(role.get("AuthnRequestsSigned"))
    certificates = _certificates(role)
    if signed and not certificates:
        raise MetadataRejected("AuthnRequestsSigned, but no signing certificate that is strong enough")
    return SpMetadata(
        entity_id=entity.get("entityID", ""),
        valid_until=earliest_valid_until(role),
        certificates=certificates,
        assertion_consumers=consumers,
        authn_requests_signed=signed,
        want_assertions_signed=_is_true(role.get("WantAssertionsSigned")),
        name_id_formats=tuple((one.text or "").strip() for one in role.iterfind(name(MD, "NameIDFormat"))),
        display_names=_display_names(role),
        encryption_keys=encryption_keys(role, _certificate),
        single_logout=_single_logout(role),
        discovery_responses=_discovery_responses(role),
    )


def _discovery_responses(role: etree._Element) -> tuple[str, ...]:
    """Where answers of a discovery service may go (IdP Discovery Service Protocol 2.5); the default in front.

    One that is not https is as if it were not there: nothing else depends on it.
    """
    found = role.findall(f"{name(MD, 'Extensions')}/{name(IDPDISC, 'DiscoveryResponse')}")
    found.sort(key=lambda one: not _is_true(one.get("isDefault")))
    locations = (one.get("Location", "").strip() for one in found if one.get("Binding") == IDPDISC)
    return tuple(one for one in locations if is_safe(one))


def _consumers(role: etree._Element) -> tuple[IndexedEndpoint, ...]:
    """Those by POST, the default in front of none: 2.2.3 prefers one marked so, then one that is not marked at all."""
    found = [one for one in role.iterfind(name(MD, "AssertionConsumerService")) if one.get("Binding") == Binding.POST]
    marked = [one for one in found if _is_true(one.get("isDefault"))]
    unmarked = [one for one in found if one.get("isDefault") is None]
    default = next(iter([*marked, *unmarked, *found]), None)
    indices = [_index(one) for one in found]
    if len(set(indices)) != len(indices):
        raise MetadataRejected("two AssertionConsumerService with the same index")
    return tuple(
        IndexedEndpoint(Binding.POST, _location(one), index, one is default)
        for one, index in zip(found, indices, strict=True)
    )


def _single_logout(role: etree._Element) -> tuple[LogoutEndpoint, ...]:
    """Where logouts go. One that is not https is as if it were not there: a login must not fail for it."""
    found = (
        LogoutEndpoint(
            Binding(one.get("Binding", "")),
            _location(one),
            one.get("ResponseLocation", "").strip() or _location(one),
        )
        for one in role.iterfind(name(MD, "SingleLogoutService"))
        if one.get("Binding") in set(Binding)
    )
    return tuple(one for one in found if is_safe(one.location) and is_safe(one.response_location))


def is_safe(location: str) -> bool:
    """Whether an address is https; http is for loopback alone."""
    parts = urlsplit(location)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def _location(endpoint: etree._Element) -> str:
    location = endpoint.get("Location", "").strip()
    if not location:
        raise MetadataRejected("an endpoint has no Location")
    return location


def _index(endpoint: etree._Element) -> int:
    index = endpoint.get("index", "0").strip()
    if not (index.isascii() and index.isdigit()) or len(index) > 5 or int(index) > _MAX_INDEX:
        raise MetadataRejected("an index is a number from 0 to 65535")
    return int(index)


def _certificates(role: etree._Element) -> tuple[x509.Certificate, ...]:
    found = (
        certificate
        for descriptor in role.iterfind(name(MD, "KeyDescriptor"))
        if descriptor.get("use") in (None, "signing")
        for certificate in descriptor.iter(name(DS, "X509Certificate"))
    )
    loaded = [_certificate(one.text or "") for one in found]
    return tuple(dict.fromkeys(one for one in loaded if strong_key(one) is not None))


def _certificate(text: str) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(b64decode("".join(text.split()), validate=True))
    except (Base64Error, ValueError) as cause:
        raise MetadataRejected("a certificate cannot be read") from cause


def earliest_valid_until(part: etree._Element) -> datetime | None:
    """The earliest of the moments after which this is not to be used: its own, and those of what is around it.

    Raises MetadataRejected for one that is no moment.
    """
    texts = [element.get("validUntil") for element in (part, *part.iterancestors())]
    try:
        moments = [datetime.fromisoformat(text.strip()) for text in texts if text]
    except ValueError as cause:
        raise MetadataRejected("validUntil is not a moment") from cause
    return min((moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in moments), default=None)


def _keywords(role: etree._Element) -> tuple[str, ...]:
    """Of any language: separated by spaces, and a `+` stands for a space within one (mdui 2.1.3)."""
    path = f"{name(MD, 'Extensions')}/{name(MDUI, 'UIInfo')}/{name(MDUI, 'Keywords')}"
    words = (word.replace("+", " ").strip() for one in role.iterfind(path) for word in (one.text or "").split())
    return tuple(dict.fromkeys(word for word in words if word and len(word) <= _MAX_KEYWORD))[:_KEYWORDS]


def _display_names(role: etree._Element) -> dict[Language, str]:
    path = f"{name(MD, 'Extensions')}/{name(MDUI, 'UIInfo')}/{name(MDUI, 'DisplayName')}"
    return {
        Language(one.get(_XML_LANG, "")): one.text.strip()
        for one in role.iterfind(path)
        if one.text and one.get(_XML_LANG) in set(Language)
    }


def _is_true(text: str | None) -> bool:
    return (text or "").strip() in ("true", "1")
