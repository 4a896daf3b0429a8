"""Opening what peers encrypted for the gateway, without becoming an oracle.

Whatever is wrong with a ciphertext, a wrapped key or what comes out, the answer is one, and so is the work: every key
is tried on every wrapped key, a wrapping that does not open is replaced by a random key, and the content is decrypted
with each of them to the end. Only what everybody can see in the message (algorithms, structure) is told apart.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from gateway.domain.randomness import Randomness
from gateway.xml.ciphers import CBC, GCM, SHA1, KeyTransport, UnknownAlgorithm, decrypted_with
from gateway.xml.encryption import ELEMENT
from gateway.xml.namespaces import DS, XENC, XENC11, name
from gateway.xml.parsing import XmlRejected, parse

MAX_WRAPPED_KEYS = 4
"""A sender that follows a rollover wraps its key for two of the gateway's keys."""

_DATA = name(XENC, "EncryptedData")
_KEY = name(XENC, "EncryptedKey")
_METHOD = name(XENC, "EncryptionMethod")
_CIPHER_DATA = name(XENC, "CipherData")
_KEY_INFO = name(DS, "KeyInfo")
_RETRIEVAL = name(DS, "RetrievalMethod")


class DecryptionProblem(StrEnum):
    """Why nothing was opened. The first two are in the message for all to see; the last says nothing more."""

    STRUCTURE = auto()
    ALGORITHM = auto()
    FAILED = auto()


class DecryptionRejected(Exception):
    """The element does not open."""

    def __init__(self, reason: DecryptionProblem, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class _Wrapped:
    padding: padding.OAEP
    value: bytes


def decrypt(
    encrypted: etree._Element,
    keys: Sequence[rsa.RSAPrivateKey],
    randomness: Randomness,
    *,
    limit: int,
    elements: int,
    allow_cbc: bool = False,
) -> etree._Element:
    """The element that stands encrypted in this one (an EncryptedAssertion, say), as the root of a tree of its own.

    It is parsed as whatever comes from a stranger: it is no more than somebody who has the gateway's certificate could
    have written. Raises DecryptionRejected.
    """
    data = encrypted.find(_DATA)
    if data is None or [child.tag for child in encrypted].count(_DATA) != 1:
        raise DecryptionRejected(DecryptionProblem.STRUCTURE, "EncryptedData")
    if data.get("Type", ELEMENT) != ELEMENT:
        raise DecryptionRejected(DecryptionProblem.STRUCTURE, "Type of EncryptedData")
    algorithm = _algorithm(data)
    size = GCM.get(algorithm) or (CBC.get(algorithm) if allow_cbc else None)
    if size is None:
        raise DecryptionRejected(DecryptionProblem.ALGORITHM, "EncryptionMethod of EncryptedData")
    wrapped = [_wrapped(one) for one in _encrypted_keys(encrypted, data)]
    candidates = [_unwrapped(key, one, size, randomness) for one in wrapped for key in keys]
    value = _cipher_value(data)
    opened = [decrypted_with(algorithm, one, value) for one in candidates]
    # A wrong key makes octets that CBC takes for padded one time in sixteen: only what is an element counts.
    read = [_read(one or b"", encrypted, limit, elements) for one in opened]
    found = next((one for one in read if one is not None), None)
    if found is None:
        raise DecryptionRejected(DecryptionProblem.FAILED)
    return found


def _encrypted_keys(encrypted: etree._Element, data: etree._Element) -> list[etree._Element]:
    """Those in the KeyInfo, and those beside the data; where it points at some of these, only they (xmlenc 3.5.2)."""
    info = data.find(_KEY_INFO)
    inside = [] if info is None else info.findall(_KEY)
    beside = encrypted.findall(_KEY)
    pointers = [] if info is None else [one.get("URI", "") for one in info.findall(_RETRIEVAL)]
    if pointers:
        beside = [one for one in beside if f"#{one.get('Id', '')}" in pointers]
    found = [*inside, *beside]
    if not 1 <= len(found) <= MAX_WRAPPED_KEYS:
        raise DecryptionRejected(DecryptionProblem.STRUCTURE, f"{len(found)} EncryptedKey")
    return found


def _wrapped(element: etree._Element) -> _Wrapped:
    method = element.find(_METHOD)
    if method is not None and method.find(name(XENC, "OAEPparams")) is not None:
        raise DecryptionRejected(DecryptionProblem.STRUCTURE, "OAEPparams")
    digest = method.find(name(DS, "DigestMethod")) if method is not None else None
    mask = method.find(name(XENC11, "MGF")) if method is not None else None
    transport = KeyTransport(
        _algorithm(element),
        SHA1 if digest is None else digest.get("Algorithm", ""),
        None if mask is None else mask.get("Algorithm", ""),
    )
    try:
        return _Wrapped(transport.padding(), _cipher_value(element))
    except UnknownAlgorithm:
        raise DecryptionRejected(DecryptionProblem.ALGORITHM, "EncryptionMethod of EncryptedKey") from None


def _unwrapped(key: rsa.RSAPrivateKey, wrapped: _Wrapped, size: int, randomness: Randomness) -> bytes:
    """The content key; a random one where there is none, so that what follows is the same."""
    instead = randomness.bytes(size)
    try:
        secret = key.decrypt(wrapped.value, wrapped.padding)
    except ValueError:
        return instead
    return secret if len(secret) == size else instead


def _read(plain: bytes, around: etree._Element, limit: int, elements: int) -> etree._Element | None:
    try:
        return _parsed(plain, around, limit, elements)
    except XmlRejected:
        return None


def _parsed(plain: bytes, around: etree._Element, limit: int, elements: int) -> etree._Element:
    """The one element of a text, with the namespaces of where it stood (xmlenc-core1 4.4)."""
    declared = "".join(
        f' xmlns{f":{prefix}" if prefix else ""}="{uri.translate(_ESCAPED)}"' for prefix, uri in around.nsmap.items()
    )
    holder = parse(f"<holder{declared}>".encode() + plain + b"</holder>", limit=limit, elements=elements)
    if len(holder) != 1 or (holder.text or "").strip() or (holder[0].tail or "").strip():
        raise XmlRejected("not one element")
    return etree.fromstring(etree.tostring(holder[0], with_tail=False))


_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;"})


def _algorithm(element: etree._Element) -> str:
    method = element.find(_METHOD)
    return "" if method is None else method.get("Algorithm", "")


def _cipher_value(element: etree._Element) -> bytes:
    text = element.findtext(f"{_CIPHER_DATA}/{name(XENC, 'CipherValue')}")
    if text is None:
        raise DecryptionRejected(DecryptionProblem.STRUCTURE, "CipherValue")
    try:
        return b64decode("".join(text.split()), validate=True)
    except (Base64Error, ValueError):
        raise DecryptionRejected(DecryptionProblem.STRUCTURE, "CipherValue") from None
