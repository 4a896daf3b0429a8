"""What is wrong with a configuration, as an operator reads it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """An error stops the gateway; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A file, relative to the configuration directory, and a line in it, from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, and what would be right. Never quotes a secret."""

    place: Place
    what: str
    instead: str = ""
    level: Level = Level.ERROR

    def __str__(self) -> str:
        mark = "warning: " if self.level is Level.WARNING else ""
        return f"{self.place}: {mark}{self.what}" + (f"; {self.instead}" if self.instead else "")


class Problems(Exception):
    """A configuration that cannot be used; holds every problem that could be found, warnings too."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        super().__init__("\n".join(map(str, self.problems)))


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By file and line, each once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.place))


def errors(problems: Sequence[Problem]) -> list[Problem]:
    """Those that stop the gateway."""
    return [problem for problem in problems if problem.level is Level.ERROR]


def warning(place: Place, what: str, instead: str = "") -> Problem:
    """A problem that does not stop the gateway."""
    return Problem(place, what, instead, Level.WARNING)
