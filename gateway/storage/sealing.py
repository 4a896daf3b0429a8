"""Sealing: authenticated encryption at rest, and keyed hashes to look things up by (law 5).

A sealed value is `version 0x01 | length of key id (1 byte) | key id | nonce (12) | AES-256-GCM ciphertext and tag`.
Purpose and look-up key are associated data: a value moved to another place does not open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from gateway.domain.randomness import Randomness

_VERSION = 1


class CannotOpen(Exception):
    """A sealed value was changed, belongs elsewhere, or its key is gone. Says nothing of the content."""


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A secret of at least 32 bytes and its id (1 to 32 ASCII characters), which may be shown."""

    id: str
    secret: bytes

    def __post_init__(self) -> None:
        if not (1 <= len(self.id) <= 32 and self.id.isascii()) or len(self.secret) < 32:
            raise ValueError("a key has an id of 1 to 32 ASCII characters and at least 32 bytes")

    def __repr__(self) -> str:
        return f"SecretKey({self.id})"


def keyed_hash(key: SecretKey, purpose: str, *parts: str) -> bytes:
    """HMAC-SHA-256 (RFC 2104) over purpose and parts, each with its length in front; 32 bytes.

    A part may be any text, also one that JSON can hold and UTF-8 cannot (half a surrogate pair).
    """
    code = _begun(key.secret).copy()
    for part in (purpose, *parts):
        raw = part.encode(errors="surrogatepass")
        code.update(len(raw).to_bytes(4) + raw)
    return code.finalize()


@lru_cache(256)
def _begun(secret: bytes) -> HMAC:
    """A code that has seen nothing but the key: to copy it is most of what there is to spare."""
    return HMAC(secret, SHA256())


class Sealer:
    """Seals with the first key of the ring and opens with any."""

    def __init__(self, keys: Sequence[SecretKey], randomness: Randomness) -> None:
        self._active = keys[0]
        self._ciphers = {key.id: AESGCM(keyed_hash(key, "sealing")) for key in keys}
        self._randomness = randomness

    def seal(self, plain: bytes, *, purpose: str, key: str) -> bytes:
        """Encrypt for this purpose and look-up key."""
        key_id = self._active.id.encode()
        nonce = self._randomness.bytes(12)
        sealed = self._ciphers[self._active.id].encrypt(nonce, plain, _bound_to(purpose, key))
        return bytes([_VERSION, len(key_id)]) + key_id + nonce + sealed

    def open(self, sealed: bytes, *, purpose: str, key: str) -> bytes:
        """Decrypt; raises CannotOpen for anything but what `seal` made for the same purpose and key."""
        if len(sealed) < 2 or sealed[0] != _VERSION:
            raise CannotOpen("unknown form")
        start = 2 + sealed[1]
        cipher = self._ciphers.get(sealed[2:start].decode("ascii", "replace"))
        if cipher is None:
            raise CannotOpen("unknown key")
        try:
            return cipher.decrypt(sealed[start : start + 12], sealed[start + 12 :], _bound_to(purpose, key))
        except (InvalidTag, ValueError) as cause:
            raise CannotOpen("changed, or sealed for something else") from cause


def sealed_with(sealed: bytes) -> str:
    """The id of the key that sealed a value; empty for what is no sealed value."""
    if len(sealed) < 2 or sealed[0] != _VERSION:
        return ""
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def _bound_to(purpose: str, key: str) -> bytes:
    return f"{len(purpose)}:{purpose}:{key}".encode(errors="surrogatepass")
