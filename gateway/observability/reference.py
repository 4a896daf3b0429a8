"""The reference of a login: on its pages, in its log lines and in its ledger row, over all its legs."""

from contextvars import ContextVar
from hashlib import sha256
from typing import NamedTuple

from gateway.domain.randomness import Randomness

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 10
_reference: ContextVar[str] = ContextVar("reference", default="")


class TraceIds(NamedTuple):
    """The trace of a login, and the span that all others in it are below, as OpenTelemetry names them."""

    trace: int
    root: int

    @property
    def written(self) -> str:
        """The trace as 32 hexadecimal digits."""
        return f"{self.trace:032x}"


def new(randomness: Randomness) -> str:
    """Ten characters of Crockford's base 32: easy to read out, 50 bits."""
    return "".join(_ALPHABET[byte % 32] for byte in randomness.bytes(_LENGTH))


def bind(reference: str) -> None:
    """Use this reference for everything that follows in this request."""
    _reference.set(reference)


def current() -> str:
    """The reference of this request; empty outside one."""
    return _reference.get()


def is_reference(text: str) -> bool:
    """Whether it can be one, in its tidy form."""
    return len(text) == _LENGTH and set(text) <= set(_ALPHABET)


def trace_of(reference: str) -> TraceIds:
    """Which trace a login has, if it has one: whoever knows the reference can say so, on any replica."""
    digest = sha256(reference.encode()).digest()
    return TraceIds(int.from_bytes(digest[:16]), int.from_bytes(digest[16:24]))


def tidy(typed: str) -> str:
    """A reference as a person typed it: any case, spaces and hyphens, O for 0, I and L for 1."""
    return typed.upper().translate(str.maketrans("OIL", "011", " -"))
