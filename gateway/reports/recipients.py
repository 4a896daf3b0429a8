"""Who receives what, of whom and for what, under the agreements that are in force: decided as a login is."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_day
from gateway.domain.errors import SluisError
from gateway.domain.purpose import Purpose
from gateway.domain.role import Role
from gateway.federation.models import IdentityProvider, School, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.pseudonyms.subject import SubjectKind
from gateway.release.explain import Explanation, explain
from gateway.release.policy import Policy


@dataclass(frozen=True, slots=True)
class ReceivedLine:
    """An attribute that a service gets of people in these roles, for these purposes, of so many schools.

    `reductions` are what is run over its values, and `whole` where nothing is, at some school or in some role.
    """

    attribute: str
    purposes: tuple[str, ...]
    roles: tuple[str, ...]
    reductions: tuple[str, ...]
    schools: int


@dataclass(frozen=True, slots=True)
class Received:
    """A service that gets something of schools with an agreement in force."""

    service: Service
    schools: int
    lines: tuple[ReceivedLine, ...]


WHOLE = "whole"
"""Stands among reductions for none."""


@dataclass(slots=True)
class _Gathered:
    purposes: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    reductions: set[str] = field(default_factory=set)
    schools: set[Brin] = field(default_factory=set)

    def line(self, attribute: str) -> ReceivedLine:
        roles = tuple(role.value for role in Role if role.value in self.roles)
        return ReceivedLine(
            attribute, tuple(sorted(self.purposes)), roles, tuple(sorted(self.reductions)), len(self.schools)
        )


def received(federation: Federation, policy: Policy, *, now: datetime) -> tuple[Received, ...]:
    """By service, in the order of their ids. What grows with the agreements, not with schools times services."""
    speakers = _speakers(federation)
    found: defaultdict[ServiceId, defaultdict[str, _Gathered]] = defaultdict(lambda: defaultdict(_Gathered))
    schools: defaultdict[ServiceId, set[Brin]] = defaultdict(set)
    for service, school in _pairs(federation, now):
        idps = speakers.get(school.brin)
        if idps is None:
            continue
        for role in Role:
            # Nothing goes of a suspended agreement, or of a role that may have no identifier.
            with suppress(SluisError):
                explained = explain(
                    federation=federation, policy=policy, service=service, school=school, role=role, now=now, idps=idps
                )
                schools[service.id].add(school.brin)
                _gather(found[service.id], explained, school, role)
    order = [attribute.value for attribute in Attribute]
    return tuple(
        Received(
            federation.services[service],
            len(schools[service]),
            tuple(found[service][one].line(one) for one in sorted(found[service], key=order.index)),
        )
        for service in sorted(found)
    )


def _pairs(federation: Federation, now: datetime) -> Iterator[tuple[Service, School]]:
    """Each service and school that an agreement joins today."""
    today = dutch_day(now)
    of_board: defaultdict[str, list[Brin]] = defaultdict(list)
    for school in federation.schools.values():
        if school.board is not None:
            of_board[school.board].append(school.brin)
    pairs = {
        (agreement.service, brin): None
        for agreement in federation.agreements
        if agreement.in_force(today)
        for brin in (*agreement.schools, *(brin for board in agreement.boards for brin in of_board[board]))
    }
    for service, brin in pairs:
        yield federation.services[service], federation.schools[brin]


def _gather(found: Mapping[str, _Gathered], explained: Explanation, school: School, role: Role) -> None:
    going = {line.attribute: (line.purpose, line.reduction or WHOLE) for line in explained.lines if line.released}
    if explained.fallback in tuple(SubjectKind):
        going.setdefault(SubjectKind(explained.fallback).attribute.value, ("", WHOLE))
    for attribute, (purpose, reduction) in going.items():
        gathered = found[attribute]
        gathered.purposes.add(purpose or Purpose.ACCESS.value)
        gathered.roles.add(role.value)
        gathered.reductions.add(reduction)
        gathered.schools.add(school.brin)


def _speakers(federation: Federation) -> Mapping[Brin, tuple[IdentityProvider, ...]]:
    found: defaultdict[Brin, list[IdentityProvider]] = defaultdict(list)
    for idp in federation.identity_providers.values():
        for brin in idp.schools:
            found[brin].append(idp)
    return {brin: tuple(idps) for brin, idps in found.items()}
