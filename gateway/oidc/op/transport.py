"""What comes around the parameters of a client's request and says something about its sender."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Transport:
    """One request behind the browser's back: its method, its path here, and headers as they came."""

    method: str
    path: str
    authorization: str | None = None
    proof: str | None = None
    """The DPoP header (RFC 9449 4.1)."""
    certificate: str | None = None
    """The client's certificate, as a trusted proxy wrote it."""
