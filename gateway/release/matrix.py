"""Every release that could be, at once: services by roles by attributes, and at how many schools each rule decides."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.clock import dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.role import Role
from gateway.federation.models import School, Service
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


def matrix(*, federation: Federation, policy: Policy, schools: Iterable[School], now: datetime) -> tuple[Row, ...]:
    """The rows of these schools, in order; every school that has no agreement with a service counts, too."""
    return matrix_of(alike(federation, schools, dutch_day(now)), federation=federation, policy=policy, now=now)


def matrix_of(kinds: Iterable[Alike], *, federation: Federation, policy: Policy, now: datetime) -> tuple[Row, ...]:
    """The rows of schools that were put together by what is the same of them."""
    counted: Counter[tuple[str, str, str, str, str, bool]] = Counter()
    for kind in kinds:
        for service in federation.services.values():
            for role in Role:
                for named in _named(kind, service, role, federation=federation, policy=policy, now=now):
                    counted[service.id, role, *named] += kind.count
    return tuple(sorted(Row(*named, schools=count) for named, count in counted.items()))


def _named(
    kind: Alike, service: Service, role: Role, *, federation: Federation, policy: Policy, now: datetime
) -> Iterator[tuple[str, str, str, bool]]:
    if service.id not in kind.services:
        yield NOTHING, ErrorCode.AGREEMENT_MISSING.value, "", False
        return
    try:
        explained = kind.explained(service, role, federation=federation, policy=policy, now=now)
    except SluisError as error:
        yield NOTHING, error.code, "", False
        return
    for line in explained.lines:
        yield line.attribute, line.rule, line.reduction, line.released
