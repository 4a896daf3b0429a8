"""XML signatures (XMLDSig, as saml-core 5.4 narrows it), made and checked in process.

A signature counts only if it covers exactly the element that it stands in: one Reference, to that element's own ID,
enveloped and exclusively canonicalised, nothing else. `verify` gives back a new tree, parsed from the very octets that
the digest was taken over; whoever reads that tree cannot read anything unsigned (law 7).
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from enum import StrEnum, auto
from typing import NewType

from cryptography import x509
from lxml import etree

from gateway.xml import algorithms
from gateway.xml.keys import SigningKey
from gateway.xml.namespaces import DS, EXCLUSIVE_C14N, SAML, name

VerifiedElement = NewType("VerifiedElement", etree._Element)
"""The root of a tree that holds exactly what a valid signature covers, without the signature itself."""


class SignatureProblem(StrEnum):
    """Why a signature does not count."""

    MISSING = auto()
    STRUCTURE = auto()
    ALGORITHM = auto()
    INVALID = auto()


class SignatureRejected(Exception):
    """The element carries no signature that counts."""

    def __init__(self, reason: SignatureProblem, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


_SIGNATURE = name(DS, "Signature")
_SIGNED_INFO = name(DS, "SignedInfo")
_REFERENCE = name(DS, "Reference")
_INCLUSIVE = name(EXCLUSIVE_C14N, "InclusiveNamespaces")
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_TRANSFORMS = [(name(DS, "Transform"), _ENVELOPED), (name(DS, "Transform"), EXCLUSIVE_C14N)]

_DEFAULT_NAMESPACE = "#default"
_KNOWS_DEFAULT_NAMESPACE = f'<a xmlns:b="{_DEFAULT_NAMESPACE}"/>'
"""lxml leaves a prefix out that no document of its thread has had; to parse this makes it know one that none can."""

_SIGNED_INFO_TEMPLATE = (
    f'<ds:SignedInfo xmlns:ds="{DS}">'
    f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE_C14N}"></ds:CanonicalizationMethod>'
    '<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
    '<ds:Reference URI="#{id}"><ds:Transforms>'
    f'<ds:Transform Algorithm="{_ENVELOPED}"></ds:Transform>'
    f'<ds:Transform Algorithm="{EXCLUSIVE_C14N}"></ds:Transform>'
    "</ds:Transforms>"
    '<ds:DigestMethod Algorithm="{digest_method}"></ds:DigestMethod>'
    "<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
)
"""Written in its canonical form, so that the text itself is what gets signed."""

_SIGNATURE_TEMPLATE = (
    f'<ds:Signature xmlns:ds="{DS}">{{signed_info}}<ds:SignatureValue>{{value}}</ds:SignatureValue>'
    "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    "</ds:Signature>"
)


def sign(element: etree._Element, key: SigningKey) -> None:
    """Put an enveloped signature by the key's scheme into the element, behind its Issuer if it has one, else in front.

    The element has an `ID` attribute that needs no escaping, and carries no signature yet.
    """
    scheme = key.scheme
    digest = algorithms.DIGESTS[scheme.digest](_canonical(element)).digest()
    signed_info = _SIGNED_INFO_TEMPLATE.format(
        id=element.get("ID"),
        method=scheme.signature,
        digest_method=scheme.digest,
        digest=b64encode(digest).decode(),
    )
    value = key.sign(signed_info.encode())
    signature = etree.fromstring(
        _SIGNATURE_TEMPLATE.format(
            signed_info=signed_info, value=b64encode(value).decode(), certificate=key.certificate_base64
        )
    )
    first = element[0] if len(element) else None
    behind_issuer = first is not None and first.tag == name(SAML, "Issuer")
    element.insert(1 if behind_issuer else 0, signature)


def is_signed(element: etree._Element) -> bool:
    """Whether the element has a signature of its own, valid or not."""
    return element.find(_SIGNATURE) is not None


def verify(element: etree._Element, certificates: Sequence[x509.Certificate]) -> VerifiedElement:
    """Check the signature that stands directly in the element, against the keys of these certificates alone.

    KeyInfo is not looked at. Certificates are carriers of keys: their names, dates and issuers play no part
    (saml-metadata 2.4.1.1). Raises SignatureRejected.
    """
    signature, signed_info, reference = _structure(element)
    algorithm = _algorithm(signed_info, "SignatureMethod")
    if algorithm not in algorithms.SIGNATURES:
        raise SignatureRejected(SignatureProblem.ALGORITHM, "SignatureMethod")
    digest_of = algorithms.DIGESTS.get(_algorithm(reference, "DigestMethod"))
    if digest_of is None:
        raise SignatureRejected(SignatureProblem.ALGORITHM, "DigestMethod")
    covered = _canonical_without(element, signature, _inclusive_prefixes(reference[0][1]))
    if not hmac.compare_digest(digest_of(covered).digest(), _decoded(reference, "DigestValue")):
        raise SignatureRejected(SignatureProblem.INVALID, "the content was changed")
    signed = _canonical(signed_info, _inclusive_prefixes(signed_info[0]))
    value = _decoded(signature, "SignatureValue")
    keys = [key for key in map(algorithms.strong_key, certificates) if key is not None]
    if not any(algorithms.signature_is_valid(algorithm, key, value, signed) for key in keys):
        raise SignatureRejected(SignatureProblem.INVALID, "no known key made it" if keys else "no key is strong enough")
    return VerifiedElement(etree.fromstring(covered))


def _structure(element: etree._Element) -> tuple[etree._Element, etree._Element, etree._Element]:
    signatures = element.findall(_SIGNATURE)
    if not signatures:
        raise SignatureRejected(SignatureProblem.MISSING)
    if len(signatures) > 1:
        raise SignatureRejected(SignatureProblem.STRUCTURE, "several signatures in one element")
    signature = signatures[0]
    parts = [child.tag for child in signature]
    allowed = [_SIGNED_INFO, name(DS, "SignatureValue"), name(DS, "KeyInfo")]
    if parts not in (allowed, allowed[:2]):
        raise SignatureRejected(SignatureProblem.STRUCTURE, "parts of Signature")
    signed_info = signature[0]
    if [child.tag for child in signed_info] != [
        name(DS, "CanonicalizationMethod"),
        name(DS, "SignatureMethod"),
        _REFERENCE,
    ]:
        raise SignatureRejected(SignatureProblem.STRUCTURE, "parts of SignedInfo")
    if _algorithm(signed_info, "CanonicalizationMethod") != EXCLUSIVE_C14N:
        raise SignatureRejected(SignatureProblem.ALGORITHM, "CanonicalizationMethod")
    reference = signed_info[2]
    _covers_exactly(element, reference)
    return signature, signed_info, reference


def _covers_exactly(element: etree._Element, reference: etree._Element) -> None:
    own = element.get("ID")
    if not own or reference.get("URI") != f"#{own}":
        raise SignatureRejected(SignatureProblem.STRUCTURE, "Reference to something else")
    same = element.getroottree().getroot().iter()
    if sum(1 for other in same if other.get("ID") == own) != 1:
        raise SignatureRejected(SignatureProblem.STRUCTURE, "ID is not unique")
    if [child.tag for child in reference] != [
        name(DS, "Transforms"),
        name(DS, "DigestMethod"),
        name(DS, "DigestValue"),
    ]:
        raise SignatureRejected(SignatureProblem.STRUCTURE, "parts of Reference")
    if [(transform.tag, transform.get("Algorithm")) for transform in reference[0]] != _TRANSFORMS:
        raise SignatureRejected(SignatureProblem.ALGORITHM, "Transforms")
    if len(reference[0][0]):
        raise SignatureRejected(SignatureProblem.STRUCTURE, "parts of the enveloped transform")


def _inclusive_prefixes(canonicalization: etree._Element) -> list[str]:
    """The prefixes that exclusive canonicalisation is told to keep; it has no other parameter (xml-exc-c14n 3)."""
    if [parameter.tag for parameter in canonicalization] not in ([], [_INCLUSIVE]):
        raise SignatureRejected(SignatureProblem.STRUCTURE, "parameters of the canonicalisation")
    return [prefix for one in canonicalization for prefix in one.get("PrefixList", "").split()]


def _algorithm(parent: etree._Element, child: str) -> str:
    found = parent.find(name(DS, child))
    return found.get("Algorithm", "") if found is not None else ""


def _decoded(parent: etree._Element, child: str) -> bytes:
    try:
        return b64decode("".join((parent.findtext(name(DS, child)) or "").split()), validate=True)
    except (Base64Error, ValueError) as cause:
        raise SignatureRejected(SignatureProblem.STRUCTURE, child) from cause


def _canonical(element: etree._Element, inclusive_prefixes: Sequence[str] = ()) -> bytes:
    if inclusive_prefixes and element.getparent() is not None:
        # A prefix to be kept may be declared further up, where the canonical form of a part does not look.
        element = etree.fromstring(etree.tostring(element, with_tail=False))
    if _DEFAULT_NAMESPACE in inclusive_prefixes:
        etree.fromstring(_KNOWS_DEFAULT_NAMESPACE)
    try:
        return etree.tostring(
            element,
            method="c14n",
            exclusive=True,
            with_comments=False,
            inclusive_ns_prefixes=inclusive_prefixes or None,
        )
    except etree.C14NError as cause:
        # Canonical XML fails on a namespace that is a relative address, which schemas let through in open content.
        raise SignatureRejected(SignatureProblem.STRUCTURE, "it has no canonical form") from cause


def _canonical_without(element: etree._Element, signature: etree._Element, prefixes: Sequence[str]) -> bytes:
    """The canonical form without the signature, which stays where it is in the tree; text behind it is kept."""
    index = element.index(signature)
    before, tail = (signature.getprevious(), signature.tail) if index else (None, signature.tail)
    element.remove(signature)
    kept = (before.tail if before is not None else element.text) or ""
    _set_text(element, before, kept + (tail or ""))
    try:
        return _canonical(element, prefixes)
    finally:
        _set_text(element, before, kept)
        signature.tail = tail
        element.insert(index, signature)


def _set_text(element: etree._Element, before: etree._Element | None, text: str) -> None:
    if before is not None:
        before.tail = text
    else:
        element.text = text
