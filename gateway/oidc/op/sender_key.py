"""The key that a token is bound to: whoever presents the token proves to hold it (RFC 7800 3.1)."""

from dataclasses import dataclass, field
from enum import StrEnum


class KeyKind(StrEnum):
    """How the key is proven, by the name that its thumbprint has in `cnf`."""

    DPOP = "jkt"
    """By a proof beside the token (RFC 9449 6.1)."""
    CERTIFICATE = "x5t#S256"
    """By the certificate of the connection (RFC 8705 3.1)."""

    @property
    def token_type(self) -> str:
        """What a token that is bound so is called, and the scheme that it comes under."""
        return "DPoP" if self is KeyKind.DPOP else "Bearer"


@dataclass(frozen=True, slots=True)
class SenderKey:
    """A key, by its SHA-256 thumbprint in base64url (43 characters)."""

    kind: KeyKind
    thumbprint: str = field(repr=False)

    def dump(self) -> dict[str, str]:
        """For JSON."""
        return {"kind": self.kind.value, "thumbprint": self.thumbprint}

    @classmethod
    def load(cls, kept: dict[str, str] | None) -> "SenderKey | None":
        """As `dump` wrote it."""
        return None if kept is None else cls(KeyKind(kept["kind"]), kept["thumbprint"])


def token_type(key: SenderKey | None) -> str:
    """`token_type` of a token (RFC 6749 7.1)."""
    return "Bearer" if key is None else key.kind.token_type
