"""What was wrong with identifiers at a school, as its report has it: at how many accounts, and what was done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from gateway.domain.anomaly import Anomaly, Rule
from gateway.domain.role import Role
from gateway.reports.ledger_figures import Figures
from gateway.reports.people import Count
from gateway.reports.suppression import AT_LEAST, Figure, Shown


class Handling(StrEnum):
    """What the gateway does about an anomaly."""

    REPORT = "report"
    HOLD = "hold"
    PROVISIONAL = "provisional"
    NO_LINK = "no-link"


_ALWAYS = MappingProxyType(
    {
        Anomaly.SCOPE_FOREIGN: Handling.HOLD,
        Anomaly.LINK_SUSPENDED: Handling.NO_LINK,
        Anomaly.LINK_TAKEN: Handling.NO_LINK,
        Anomaly.LINK_OTHER_PERSON: Handling.NO_LINK,
    }
)
"""What no rule is about."""


@dataclass(frozen=True, slots=True)
class AnomalyLine:
    """One kind, what is done about it as the rules are now, and at how many accounts it was seen."""

    kind: Anomaly
    handling: Handling
    figure: Figure


def anomaly_lines(
    accounts: Mapping[Anomaly, int], rules: Mapping[Anomaly, Rule], figures: Figures
) -> tuple[AnomalyLine, ...]:
    """Of kinds that were seen. A number of few is not shown, nor one that differs by few from a number beside it."""
    beside = tuple(_beside(figures))
    return tuple(
        AnomalyLine(kind, _ALWAYS.get(kind) or Handling(rules[kind]), _figure(count, beside))
        for kind, count in accounts.items()
    )


def _figure(count: int, beside: tuple[int, ...]) -> Figure:
    """Accounts have other hashes here than in the ledger, so that their numbers alone can be compared."""
    if count < AT_LEAST:
        return Figure(Shown.FEW, None, None)
    if any(0 < abs(count - other) < AT_LEAST for other in beside):
        return Figure(Shown.WITHHELD, None, None)
    return Figure(Shown.EXACT, None, count)


def _beside(figures: Figures) -> Iterator[int]:
    """Numbers of people of which those with an anomaly can be a part: learners, and those who were refused."""
    size = figures.crowd.size
    learners = [count for use, count in figures.uses.items() if use.role == Role.STUDENT]
    for count in (*learners, *figures.fallbacks.values(), *figures.refusals.values(), sum(learners, Count())):
        yield size(count.people)
    yield size(figures.learners.people & ~figures.learners_with_eck_id.people)
