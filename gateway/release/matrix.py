"""Every release that could be, at once: services by roles by attributes, and at how many schools each rule decides."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.domain.clock import dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.role import Role
from gateway.federation.models import School
from gateway.federation.snapshot import Federation
from gateway.release.alike import Alike, alike
from gateway.release.policy import Policy

NOTHING = "nothing"
"""Stands for the attribute where a whole release is refused; `rule` is then the error's code."""


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """What one rule decides about one attribute of people in one role at one service, and at how many schools.

    `reduction` is empty where none runs.
    """

    service: str
    role: str
    attribute: str
    rule: str
    reduction: str
    released: bool
    schools: int


def matrix(*, federation: Federation, policy: Policy, schools: Collection[School], now: datetime) -> tuple[Row, ...]:
    """The rows of these schools, in order; every school that has no agreement with a service counts, too."""
    counted: Counter[Row] = Counter()
    agreed: Counter[str] = Counter()
    for kind in alike(federation, schools, dutch_day(now)):
        agreed[kind.service.id] += kind.count
        for row in rows_of(kind, federation=federation, policy=policy, now=now):
            counted[replace(row, schools=0)] += row.schools
    for service in federation.services:
        if without := len(schools) - agreed[service]:
            for role in Role:
                counted[_refused(service, role, ErrorCode.AGREEMENT_MISSING)] += without
    return tuple(sorted(replace(row, schools=count) for row, count in counted.items()))


def rows_of(kind: Alike, *, federation: Federation, policy: Policy, now: datetime) -> tuple[Row, ...]:
    """The rows of schools that are alike for one service."""
    rows = (row for role in Role for row in _rows(kind, role, federation=federation, policy=policy, now=now))
    return tuple(replace(row, schools=kind.count) for row in rows)


def _rows(kind: Alike, role: Role, *, federation: Federation, policy: Policy, now: datetime) -> Iterator[Row]:
    """Without a number of schools."""
    service = kind.service.id
    try:
        explained = kind.explained(role, federation=federation, policy=policy, now=now)
    except SluisError as error:
        yield _refused(service, role, error.code)
        return
    for line in explained.lines:
        yield Row(service, role, line.attribute, line.rule, line.reduction, line.released, schools=0)


def _refused(service: str, role: Role, code: ErrorCode) -> Row:
    return Row(service, role, NOTHING, code.value, "", released=False, schools=0)
