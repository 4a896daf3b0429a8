"""How assertions for a service are encrypted: chosen from what its metadata says that it reads."""

from collections.abc import Iterable
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.federation.metadata.encryption_keys import EncryptionKey
from gateway.xml.algorithms import SHA256, strong_key
from gateway.xml.ciphers import CBC, GCM, MGF1_SHA256, OAEP, OAEP_MGF1P, KeyTransport, UnknownAlgorithm
from gateway.xml.encryption import EncryptFor


class Encrypt(StrEnum):
    """When the assertions of a service are encrypted."""

    AUTO = "auto"
    """For a key that its metadata marks for encryption."""
    ALWAYS = "always"
    """For any key that may encrypt; without one nothing is answered."""
    NEVER = "never"


_UNSAID_CONTENT = next(one for one in GCM if "aes128" in one)
_UNSAID_TRANSPORT = KeyTransport(OAEP_MGF1P)
"""Where the metadata says nothing: what every peer with GCM reads."""


def encryption_for(keys: Iterable[EncryptionKey], *, wish: Encrypt, allow_cbc: bool) -> EncryptFor | None:
    """For the first key that can be used; None where nothing is to be encrypted, or nothing can be."""
    if wish is Encrypt.NEVER:
        return None
    usable = (one for one in keys if one.for_encryption or wish is Encrypt.ALWAYS)
    return next((found for key in usable if (found := _chosen(key, allow_cbc=allow_cbc))), None)


def _chosen(key: EncryptionKey, *, allow_cbc: bool) -> EncryptFor | None:
    public_key = strong_key(key.certificate)
    if not isinstance(public_key, rsa.RSAPublicKey):
        return None
    preferred = [*GCM, *CBC] if allow_cbc else [*GCM]
    contents = key.contents or (_UNSAID_CONTENT,)
    content = next((one for one in preferred if one in contents), None)
    transport = _transport(key.transports)
    return None if content is None or transport is None else EncryptFor(public_key, content, transport)


def _transport(named: tuple[KeyTransport, ...]) -> KeyTransport | None:
    if not named:
        return _UNSAID_TRANSPORT
    known = [one for one in named if _is_known(one)]
    if any(one.method == OAEP for one in known):
        # The method leaves digest and mask to the sender.
        return KeyTransport(OAEP, SHA256, MGF1_SHA256)
    return known[0] if known else None


def _is_known(transport: KeyTransport) -> bool:
    try:
        transport.padding()
    except UnknownAlgorithm:
        return False
    return True
