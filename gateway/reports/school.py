"""The report of a school over a period: what went where, what was refused, which agreements end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.role import Role
from gateway.release.record import Ruling
from gateway.reports.anomalies import AnomalyLine
from gateway.reports.ending import AgreementLine
from gateway.reports.ledger_figures import Figures, Use, sorted_uses
from gateway.reports.people import Count
from gateway.reports.suppression import AT_LEAST, Figure, Shown, alone, is_nearly, parts, total

NOT_ASKED = "not-asked"
"""Stands for a rule where the service did not ask the attribute at the time of the login."""


class Note(StrEnum):
    """What a reader must know of the figures."""

    OVER = "over"
    BEGAN = "began"
    NOT_YET_OVER = "not-yet-over"
    LEDGER_KEYS = "ledger-keys"
    UNKNOWN_PEOPLE = "unknown-people"
    UNREADABLE = "unreadable"
    HUBS = "hubs"
    NOT_IN_FEDERATION = "not-in-federation"


@dataclass(frozen=True, slots=True)
class Named:
    """What is known of the school that a report is about; `name` is its BRIN where nothing else is."""

    brin: str
    name: str
    sector: str


@dataclass(frozen=True, slots=True)
class Period:
    """Dutch calendar days, both of them counted."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class AttributeLine:
    """What one rule did with one attribute of people in one role at one service. `reduction` is empty for none."""

    attribute: str
    released: bool
    rule: str
    reduction: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """The logins of people in one role at one service; without attributes where the figure is not shown."""

    service: str
    name: str
    supplier: str
    role: str
    figure: Figure
    attributes: tuple[AttributeLine, ...]


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """Logins at one service that were refused, by the error's code."""

    service: str
    name: str
    code: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class RoleLine:
    """Everybody in one role whose logins are shown."""

    role: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class SchoolReport:
    """The report. `notes` have a value to put in their text: a day, or names.

    `without_eck_id` are learners who came, and never with an ECK iD; its logins are all of theirs. `fallback_percent`
    is the share of learners' logins, of those that are shown, with a fallback identifier; None: it would tell of few.
    """

    school: Named
    period: Period
    made: datetime
    at_least: int
    notes: tuple[tuple[Note, str], ...]
    roles: tuple[RoleLine, ...]
    without_eck_id: Figure
    fallback_percent: int | None
    services: tuple[ServiceLine, ...]
    refusals: tuple[RefusalLine, ...]
    anomalies: tuple[AnomalyLine, ...]
    agreements: tuple[AgreementLine, ...]


def school_report(
    figures: Figures,
    *,
    school: Named,
    period: Period,
    made: datetime,
    names: Mapping[str, tuple[str, str]],
    anomalies: Iterable[AnomalyLine],
    agreements: Iterable[AgreementLine],
    notes: Iterable[tuple[Note, str]],
) -> SchoolReport:
    """Put the figures of the ledger together, with nothing in them that is too small to show.

    `names` has for each service its name and its supplier's.
    """
    crowd = figures.crowd
    shown = {use: count for use, count in figures.uses.items() if alone(count, crowd).shown is Shown.EXACT}
    return SchoolReport(
        school=school,
        period=period,
        made=made,
        at_least=AT_LEAST,
        notes=(*notes, *_notes_of(figures)),
        roles=tuple(_roles(shown, figures)),
        without_eck_id=_without_eck_id(shown, figures),
        fallback_percent=_fallback_percent(shown, figures),
        services=tuple(
            ServiceLine(
                use.service,
                *names.get(use.service, (use.service, "")),
                use.role,
                alone(figures.uses[use], crowd),
                tuple(_attributes(use, figures)) if use in shown else (),
            )
            for use in sorted_uses(figures.uses)
        ),
        refusals=tuple(
            RefusalLine(service, names.get(service, (service, ""))[0], code, alone(count, crowd))
            for (service, code), count in sorted(figures.refusals.items())
        ),
        anomalies=tuple(anomalies),
        agreements=tuple(agreements),
    )


def _notes_of(figures: Figures) -> Iterable[tuple[Note, str]]:
    if figures.crowd.keys > 1:
        yield Note.LEDGER_KEYS, ""
    if figures.unknown_people:
        yield Note.UNKNOWN_PEOPLE, ""
    if figures.unreadable:
        yield Note.UNREADABLE, ""


def _roles(shown: Mapping[Use, Count], figures: Figures) -> Iterable[RoleLine]:
    for role in Role:
        of_role = [count for use, count in shown.items() if use.role == role]
        if of_role:
            yield RoleLine(role.value, total(sum(of_role, Count()), of_role, figures.crowd))


def _attributes(use: Use, figures: Figures) -> Iterable[AttributeLine]:
    order, by_ruling = tuple(Attribute), figures.by_ruling(use)
    for attribute in sorted(by_ruling, key=order.index):
        of_rulings = parts(by_ruling[attribute], figures.uses[use], figures.crowd)
        if attribute in IDENTIFIERS:
            # One that did not go because another did was not left out: nothing is to be said of it.
            of_rulings.pop(None, None)
        lines = (_attribute(attribute, ruling, figure) for ruling, figure in of_rulings.items())
        yield from sorted(lines, key=lambda line: (not line.released, line.rule, line.reduction))


def _attribute(attribute: Attribute, ruling: Ruling | None, figure: Figure) -> AttributeLine:
    if ruling is None:
        return AttributeLine(attribute.value, False, NOT_ASKED, "", figure)  # noqa: FBT003 - a field
    return AttributeLine(attribute.value, ruling.goes, ruling.rule.value, ruling.reduction or "", figure)


def _without_eck_id(shown: Mapping[Use, Count], figures: Figures) -> Figure:
    """Withheld as well where it differs by a few from another number on the page: all learners, or those of a service.

    Nobody without one is a figure too.
    """
    learners, known = figures.learners, figures.learners_with_eck_id
    missing = Count(0, learners.people & ~known.people)
    if missing.people == 0:
        return Figure(Shown.EXACT, None, 0)
    figure = alone(missing, figures.crowd)
    if figure.shown is Shown.FEW:
        return figure
    if is_nearly(missing, learners, figures.crowd):
        return Figure(Shown.NEARLY_ALL, None, None)
    of_learners = [count for use, count in shown.items() if use.role == Role.STUDENT]
    fallbacks = [figures.fallbacks[use] for use in shown if use in figures.fallbacks]
    beside = [one for one in fallbacks if alone(one, figures.crowd).shown is Shown.EXACT]
    if any(_differ_by_few(missing, other, figures) for other in (*of_learners, sum(of_learners, Count()), *beside)):
        return Figure(Shown.WITHHELD, None, None)
    return Figure(Shown.EXACT, None, figure.people)


def _fallback_percent(shown: Mapping[Use, Count], figures: Figures) -> int | None:
    learners = sum((count for use, count in shown.items() if use.role == Role.STUDENT), Count())
    fallbacks = sum((figures.fallbacks[use] for use in shown if use in figures.fallbacks), Count())
    if not learners.logins:
        return None
    few = fallbacks.logins and alone(fallbacks, figures.crowd).shown is Shown.FEW
    if few or is_nearly(fallbacks, learners, figures.crowd):
        return None
    return round(100 * fallbacks.logins / learners.logins)


def _differ_by_few(one: Count, other: Count, figures: Figures) -> bool:
    """Where the smaller is part of the larger."""
    if one.people & other.people == one.people:
        return is_nearly(one, other, figures.crowd)
    if one.people & other.people == other.people:
        return is_nearly(other, one, figures.crowd)
    return False
