"""The reference of a login: on its pages, in its log lines and in its ledger row, over all its legs."""

from contextvars import ContextVar

from gateway.domain.randomness import Randomness

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 10
_reference: ContextVar[str] = ContextVar("reference", default="")


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


def tidy(typed: str) -> str:
    """A reference as a person typed it: any case, spaces and hyphens, O for 0, I and L for 1."""
    return typed.upper().translate(str.maketrans("OIL", "011", " -"))
