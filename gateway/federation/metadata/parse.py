"""SAML metadata of one entity, from a file: verified first when a key is known, then read (saml-metadata-2.0-os)."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from lxml import etree

from gateway.domain.language import Language
from gateway.federation.metadata.entities import Binding, Endpoint, IdpMetadata, IndexedEndpoint, SpMetadata
from gateway.xml.algorithms import strong_enough
from gateway.xml.namespaces import DS, MD, MDUI, SAMLP, SHIBMD, name
from gateway.xml.parsing import XmlRejected, parse
from gateway.xml.signatures import SignatureRejected, verify

MAX_BYTES = 5_000_000
_ENTITY = name(MD, "EntityDescriptor")
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class MetadataRejected(Exception):
    """The document is not metadata that the gateway can use. The text is for the operator."""


def parse_idp(raw: bytes, *, signers: Sequence[x509.Certificate] = ()) -> IdpMetadata:
    """The identity provider of an EntityDescriptor. With `signers`, one of them must have signed the root.

    Raises MetadataRejected.
    """
    entity = _entity(raw, signers)
    role = _role(entity, "IDPSSODescriptor")
    endpoints = tuple(
        Endpoint(Binding(found.get("Binding", "")), found.get("Location", ""))
        for found in role.iterfind(name(MD, "SingleSignOnService"))
        if found.get("Binding") in set(Binding)
    )
    if not endpoints:
        raise MetadataRejected("no SingleSignOnService by HTTP-Redirect or HTTP-POST")
    certificates = _certificates(role)
    if not certificates:
        raise MetadataRejected("no signing certificate with an RSA key of 2048 bits or an EC key of 256 bits, or more")
    return IdpMetadata(
        entity_id=entity.get("entityID", ""),
        valid_until=_valid_until(entity, role),
        certificates=certificates,
        single_sign_on=endpoints,
        want_authn_requests_signed=_is_true(role.get("WantAuthnRequestsSigned")),
        scopes=tuple(
            scope.text.strip()
            for scope in role.iterfind(f"{name(MD, 'Extensions')}/{name(SHIBMD, 'Scope')}")
            if scope.text and not _is_true(scope.get("regexp"))
        ),
    )


def parse_sp(raw: bytes, *, signers: Sequence[x509.Certificate] = ()) -> SpMetadata:
    """The service provider of an EntityDescriptor. With `signers`, one of them must have signed the root.

    Raises MetadataRejected.
    """
    entity = _entity(raw, signers)
    role = _role(entity, "SPSSODescriptor")
    consumers = tuple(
        IndexedEndpoint(
            Binding.POST, found.get("Location", ""), int(found.get("index", "0")), _is_true(found.get("isDefault"))
        )
        for found in role.iterfind(name(MD, "AssertionConsumerService"))
        if found.get("Binding") == Binding.POST
    )
    if not consumers:
        raise MetadataRejected("no AssertionConsumerService by HTTP-POST")
    signed = _is_true(role.get("AuthnRequestsSigned"))
    certificates = _certificates(role)
    if signed and not certificates:
        raise MetadataRejected("AuthnRequestsSigned, but no signing certificate that is strong enough")
    return SpMetadata(
        entity_id=entity.get("entityID", ""),
        valid_until=_valid_until(entity, role),
        certificates=certificates,
        assertion_consumers=consumers,
        authn_requests_signed=signed,
        want_assertions_signed=_is_true(role.get("WantAssertionsSigned")),
        name_id_formats=tuple((one.text or "").strip() for one in role.iterfind(name(MD, "NameIDFormat"))),
        display_names=_display_names(role),
    )


def _entity(raw: bytes, signers: Sequence[x509.Certificate]) -> etree._Element:
    try:
        root: etree._Element = parse(raw, limit=MAX_BYTES, elements=50_000)
        if signers:
            root = verify(root, signers)
    except XmlRejected as cause:
        raise MetadataRejected(f"the document is refused: {cause.reason}") from cause
    except SignatureRejected as cause:
        raise MetadataRejected(
            f"the signature of the document does not count: {cause.reason} {cause.detail}"
        ) from cause
    if root.tag != _ENTITY or not root.get("entityID"):
        raise MetadataRejected("the root is not an EntityDescriptor with an entityID")
    return root


def _role(entity: etree._Element, local: str) -> etree._Element:
    roles = [
        role
        for role in entity.iterfind(name(MD, local))
        if SAMLP in (role.get("protocolSupportEnumeration") or "").split()
    ]
    if len(roles) != 1:
        raise MetadataRejected(f"{len(roles)} {local} for SAML 2.0 in the document; one is needed")
    return roles[0]


def _certificates(role: etree._Element) -> tuple[x509.Certificate, ...]:
    found = (
        certificate
        for descriptor in role.iterfind(name(MD, "KeyDescriptor"))
        if descriptor.get("use") in (None, "signing")
        for certificate in descriptor.iter(name(DS, "X509Certificate"))
    )
    loaded = [_certificate(one.text or "") for one in found]
    return tuple(dict.fromkeys(one for one in loaded if strong_enough(one.public_key())))


def _certificate(text: str) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(b64decode("".join(text.split()), validate=True))
    except (Base64Error, ValueError) as cause:
        raise MetadataRejected("a certificate cannot be read") from cause


def _valid_until(*elements: etree._Element) -> datetime | None:
    """The earliest of the moments after which the metadata is not to be used (2.3.2 and 2.4.1)."""
    texts = [element.get("validUntil") for element in elements]
    try:
        moments = [datetime.fromisoformat(text) for text in texts if text]
    except ValueError as cause:
        raise MetadataRejected("validUntil is not a moment") from cause
    return min((moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in moments), default=None)


def _display_names(role: etree._Element) -> dict[Language, str]:
    path = f"{name(MD, 'Extensions')}/{name(MDUI, 'UIInfo')}/{name(MDUI, 'DisplayName')}"
    return {
        Language(one.get(_XML_LANG, "")): one.text.strip()
        for one in role.iterfind(path)
        if one.text and one.get(_XML_LANG) in set(Language)
    }


def _is_true(text: str | None) -> bool:
    return text in ("true", "1")
