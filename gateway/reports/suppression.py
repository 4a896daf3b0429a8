"""Small numbers stay out of reports: under five people are somebody, and so are those whom a subtraction leaves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from gateway.reports.people import Count, Crowd

AT_LEAST = 5
"""A number is shown of so many people or more."""

K = TypeVar("K")


class Shown(StrEnum):
    """How much of a figure is shown.

    `few`: of fewer than five people, or of nobody knows how many. `nearly-all`: fewer than five are missing.
    `withheld`: with this number another could be reckoned.
    """

    EXACT = "exact"
    FEW = "few"
    NEARLY_ALL = "nearly-all"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Figure:
    """Logins, and of how many distinct people; None where the number is not shown."""

    shown: Shown
    logins: int | None
    people: int | None


def alone(count: Count, crowd: Crowd) -> Figure:
    """The figure of a count that is part of nothing that is shown."""
    people = crowd.size(count.people)
    return Figure(Shown.EXACT, count.logins, people) if people >= AT_LEAST else Figure(Shown.FEW, None, None)


def parts(counts: Mapping[K, Count], whole: Count, crowd: Crowd) -> dict[K, Figure]:
    """The figures of counts that together are a whole that is shown.

    What is left of the whole when all that is shown is taken off is always nothing, or several parts of five people or
    more together.
    """
    sizes = {key: crowd.size(count.people) for key, count in counts.items()}
    few = {key for key, size in sizes.items() if size < AT_LEAST}
    hidden = _hidden(counts, sizes, few, crowd)
    return {key: _figure(count, whole, crowd, few=key in few, hidden=key in hidden) for key, count in counts.items()}


def total(whole: Count, shown: Iterable[Count], crowd: Crowd) -> Figure:
    """The figure of a whole whose parts are shown, and may have people in common."""
    figure = alone(whole, crowd)
    if figure.shown is Shown.EXACT and any(is_nearly(part, whole, crowd) for part in shown):
        return Figure(Shown.WITHHELD, figure.logins, None)
    return figure


def is_nearly(part: Count, whole: Count, crowd: Crowd) -> bool:
    """Whether one to four people are in the whole and not in the part, or seem to be by their numbers."""
    missing = crowd.size(whole.people & ~part.people)
    apart = crowd.size(whole.people) - crowd.size(part.people)
    return 0 < missing < AT_LEAST or 0 < apart < AT_LEAST


def _hidden(counts: Mapping[K, Count], sizes: Mapping[K, int], few: set[K], crowd: Crowd) -> set[K]:
    """The few, and with them the smallest others until nobody can reckon the few."""
    hidden = set(few)
    others = sorted((key for key in counts if key not in few), key=lambda key: (sizes[key], counts[key].logins))
    for key in others:
        together = sum((counts[one] for one in hidden), Count())
        if not hidden or (len(hidden) > 1 and crowd.size(together.people) >= AT_LEAST):
            break
        hidden.add(key)
    return hidden


def _figure(count: Count, whole: Count, crowd: Crowd, *, few: bool, hidden: bool) -> Figure:
    if few:
        return Figure(Shown.FEW, None, None)
    logins = None if hidden else count.logins
    if is_nearly(count, whole, crowd):
        return Figure(Shown.NEARLY_ALL, logins, None)
    if hidden:
        return Figure(Shown.WITHHELD, None, None)
    return Figure(Shown.EXACT, logins, crowd.size(count.people))
