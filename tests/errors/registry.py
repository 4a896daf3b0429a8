"""Which situation gives which code. Complete, or the tests say which code nobody can meet."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from werkzeug.test import TestResponse

from gateway.domain.errors import ErrorCode
from tests.errors.gateway import Gateway

Play = Callable[[Gateway], TestResponse]


class How(Enum):
    """Who is told, and in what form."""

    PAGE = auto()
    SERVICE = auto()
    """The browser takes the error to the service at once."""
    CLIENT = auto()
    """A client of OpenID Connect gets JSON (RFC 6749 5.2)."""
    PROBLEM = auto()
    """An administration gets a problem (RFC 9457)."""


@dataclass(frozen=True, slots=True)
class Situation:
    """`back_to` is the service to which the page leads back; `status`: where a protocol wants another than the page."""

    play: Play
    how: How
    back_to: str | None
    other_school: bool
    status: int | None


SITUATIONS: dict[ErrorCode, Situation] = {}


def gives(
    code: ErrorCode,
    how: How = How.PAGE,
    *,
    back_to: str | None = None,
    other_school: bool = False,
    status: int | None = None,
) -> Callable[[Play], Play]:
    """Have this situation stand for the code."""

    def noted(play: Play) -> Play:
        assert code not in SITUATIONS, code
        SITUATIONS[code] = Situation(play, how, back_to, other_school, status)
        return play

    return noted
