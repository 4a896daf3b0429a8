"""Every release that could be, at once: services by roles by attributes, and at how many schools each rule decides."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.brin import Brin
from gateway.domain.errors import SluisError
from gateway.domain.role import Role
from gateway.federation.models import IdentityProvider, School
from gateway.federation.snapshot import Federation
from gateway.release.explain import explain
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
    speakers = _speakers(federation)
    counted: Counter[tuple[str, str, str, str, str, bool]] = Counter()
    for school in schools:
        idps = speakers.get(school.brin, ())
        for service in federation.services.values():
            for role in Role:
                try:
                    explained = explain(
                        federation=federation,
                        policy=policy,
                        service=service,
                        school=school,
                        role=role,
                        now=now,
                        idps=idps,
                    )
                except SluisError as error:
                    counted[service.id, role, NOTHING, error.code, "", False] += 1
                    continue
                for line in explained.lines:
                    counted[service.id, role, line.attribute, line.rule, line.reduction, line.released] += 1
    return tuple(sorted(Row(*named, schools=count) for named, count in counted.items()))


def _speakers(federation: Federation) -> Mapping[Brin, tuple[IdentityProvider, ...]]:
    found: dict[Brin, list[IdentityProvider]] = defaultdict(list)
    for idp in federation.identity_providers.values():
        for brin in idp.schools:
            found[brin].append(idp)
    return {brin: tuple(idps) for brin, idps in found.items()}
