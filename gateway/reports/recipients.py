"""Who receives what, of whom and for what, under the agreements that are in force: decided as a login is."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.attribute import Attribute
from gateway.domain.clock import dutch_day
from gateway.domain.errors import SluisError
from gateway.domain.purpose import Purpose
from gateway.domain.role import Role
from gateway.federation.models import Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.pseudonyms.subject import SubjectKind
from gateway.release.alike import Alike, alike
from gateway.release.explain import Explanation
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
    schools: int = 0

    def line(self, attribute: str) -> ReceivedLine:
        roles = tuple(role.value for role in Role if role.value in self.roles)
        return ReceivedLine(
            attribute, tuple(sorted(self.purposes)), roles, tuple(sorted(self.reductions)), self.schools
        )


def received(federation: Federation, policy: Policy, *, now: datetime) -> tuple[Received, ...]:
    """By service, in the order of their ids. What grows with the kinds of schools, not with schools times services."""
    found: defaultdict[ServiceId, defaultdict[str, _Gathered]] = defaultdict(lambda: defaultdict(_Gathered))
    schools: defaultdict[ServiceId, int] = defaultdict(int)
    for kind in alike(federation, federation.schools.values(), dutch_day(now)):
        # Who has nobody to speak for them has nobody who logs in.
        going = _explained(kind, federation, policy, now) if kind.idps else {}
        if going:
            schools[kind.service.id] += kind.count
            _gather(found[kind.service.id], going, kind.count)
    order = [attribute.value for attribute in Attribute]
    return tuple(
        Received(
            federation.services[service],
            schools[service],
            tuple(found[service][one].line(one) for one in sorted(found[service], key=order.index)),
        )
        for service in sorted(found)
    )


def _explained(kind: Alike, federation: Federation, policy: Policy, now: datetime) -> dict[Role, Explanation]:
    found = {}
    for role in Role:
        # Nothing goes of a suspended agreement, or of a role that may have no identifier.
        with suppress(SluisError):
            found[role] = kind.explained(role, federation=federation, policy=policy, now=now)
    return found


def _gather(found: Mapping[str, _Gathered], explained: Mapping[Role, Explanation], count: int) -> None:
    gathered: set[str] = set()
    for role, of_role in explained.items():
        for attribute, (purpose, reduction) in _going(of_role).items():
            found[attribute].purposes.add(purpose or Purpose.ACCESS.value)
            found[attribute].roles.add(role.value)
            found[attribute].reductions.add(reduction)
            gathered.add(attribute)
    for attribute in gathered:
        found[attribute].schools += count


def _going(explained: Explanation) -> dict[str, tuple[str, str]]:
    """Each attribute that goes, its purpose and its reduction."""
    going = {line.attribute: (line.purpose, line.reduction or WHOLE) for line in explained.lines if line.released}
    if explained.fallback in tuple(SubjectKind):
        going.setdefault(SubjectKind(explained.fallback).attribute.value, ("", WHOLE))
    return going
