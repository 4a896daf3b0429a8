"""Parameters as they arrive: bounded, decoded once, each at most one time (RFC 6749 3.1 and 3.2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from gateway.domain.errors import ErrorCode, SluisError

MAX_ENCODED = 16 * 1024
"""Bytes of a query or a form."""
MAX_FIELDS = 60


@dataclass(frozen=True, slots=True, repr=False)
class Parameters:
    """What was sent, without the parameters that have no value: they count as left out (RFC 6749 3.1).

    `doubled` are the names that stood there twice. Their value is the first, and good for nothing: whoever reads
    parameters checks `doubled` before.
    """

    values: Mapping[str, str]
    doubled: frozenset[str] = frozenset()

    def get(self, name: str) -> str | None:
        """The value, or None."""
        return self.values.get(name)

    def words(self, name: str) -> tuple[str, ...]:
        """A list separated by spaces, without repetition; empty when the parameter is absent."""
        return tuple(dict.fromkeys(word for word in self.values.get(name, "").split(" ") if word))

    def check_once(self) -> None:
        """Raises SluisError REQUEST_MALFORMED, which names them, where parameters stand there twice."""
        if self.doubled:
            named = sorted(name[:40] for name in self.doubled)
            raise SluisError(ErrorCode.REQUEST_MALFORMED, hint=f"there twice: {', '.join(named)}")

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __repr__(self) -> str:
        return f"Parameters({', '.join(self.values)})"


def read_parameters(encoded: bytes, *, limit: int = MAX_ENCODED) -> Parameters:
    """Read a query string or a body of `application/x-www-form-urlencoded`.

    Raises SluisError REQUEST_TOO_LARGE for more than `limit` bytes, REQUEST_MALFORMED for what is not UTF-8, holds a
    NUL or has more than `MAX_FIELDS` fields.
    """
    if len(encoded) > limit:
        raise SluisError(ErrorCode.REQUEST_TOO_LARGE, hint=f"at most {limit} bytes")
    try:
        text = encoded.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as cause:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="parameters in UTF-8, percent-encoded") from cause
    if any("\0" in name + value for name, value in pairs):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="no NUL in a parameter")
    values: dict[str, str] = {}
    seen: set[str] = set()
    doubled: set[str] = set()
    for name, value in pairs:
        if name in seen:
            doubled.add(name)
        elif value:
            values[name] = value
        seen.add(name)
    return Parameters(values, frozenset(doubled))
