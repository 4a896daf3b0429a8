"""Randomness, handed in, so that a test can foresee it."""

import secrets
from typing import Protocol


class Randomness(Protocol):
    """Makes unguessable values."""

    def token(self) -> str:
        """A fresh identifier with 160 bits of entropy: 40 hexadecimal characters.

        It is safe in a URL, a cookie, an XML ID (behind a letter or underscore) and a SAML RelayState.
        """
        ...

    def bytes(self, count: int) -> bytes:
        """`count` random bytes."""
        ...


class SystemRandomness:
    """The operating system's randomness."""

    def token(self) -> str:
        return secrets.token_hex(20)

    def bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)
