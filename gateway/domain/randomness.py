"""Randomness, handed in, so that a test can foresee it."""

import secrets
from base64 import b32encode
from typing import Protocol


class Randomness(Protocol):
    """Makes unguessable values."""

    def token(self) -> str:
        """A fresh identifier with 160 bits of entropy: 32 characters of a-z and 2-7.

        It is safe in a URL, a cookie, an XML ID (behind a letter or underscore) and a SAML RelayState.
        """
        ...

    def bytes(self, count: int) -> bytes:
        """`count` random bytes."""
        ...


class SystemRandomness:
    """The operating system's randomness."""

    def token(self) -> str:
        return b32encode(secrets.token_bytes(20)).decode().lower()

    def bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)
