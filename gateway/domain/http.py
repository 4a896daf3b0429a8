"""HTTP towards others, handed in like the clock (design.md, law 10)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


class HttpFailed(Exception):
    """There was no answer: nobody reached, too slow, too large, broken off. Says why; quotes nothing of the request."""


@dataclass(frozen=True, slots=True, repr=False)
class HttpAnswer:
    """An answer, whatever its status.

    Names of `headers` are in lower case; several of one name are joined by commas.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; empty when there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def __repr__(self) -> str:
        return f"HttpAnswer({self.status}, {self.content_type!r}, {len(self.body)} bytes)"


class Http(Protocol):
    """Requests to parties that the configuration names. Bounded in time and size, follows no redirect.

    Raises HttpFailed. A request that may have arrived is never sent again, unless it is a GET: that once.
    """

    def get(self, url: str, *, headers: Mapping[str, str]) -> HttpAnswer:
        """GET."""
        ...

    def post(self, url: str, *, headers: Mapping[str, str], form: Mapping[str, str]) -> HttpAnswer:
        """POST of an `application/x-www-form-urlencoded` body."""
        ...

    def send(self, url: str, *, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """POST of a body whose Content-Type the headers name."""
        ...
