"""Schools of which every explanation says the same, so that ten thousand cost no more than the few kinds there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.federation.models import IdentityProvider, School, Service, ServiceId, Terms
from gateway.federation.snapshot import Federation
from gateway.release.explain import Explanation, explain
from gateway.release.policy import Policy

Speakers = Mapping[Brin, tuple[IdentityProvider, ...]]


class _Agreed(NamedTuple):
    """What counts of the agreement with a service; or why there is none to go by."""

    service: ServiceId
    terms: Terms | None
    fallback: Fallback | None
    refused: ErrorCode | None


class _Likeness(NamedTuple):
    """All of a school that an explanation depends on, but for BRINs, names and references."""

    sector: Sector
    denies: frozenset[tuple[ServiceId, frozenset[Attribute]]]
    has_domain: bool
    has_delivery_id: bool
    spoken_for: bool
    dialects: frozenset[str]
    sends_eck_id: bool
    agreed: frozenset[_Agreed]


@dataclass(frozen=True, slots=True)
class Alike:
    """Schools that are alike: one of them, who speaks for it, how many there are, and its services.

    With no other service than `services` any of them has an agreement, of whatever day.
    """

    school: School
    idps: tuple[IdentityProvider, ...]
    count: int
    services: frozenset[ServiceId]

    def explained(
        self, service: Service, role: Role, *, federation: Federation, policy: Policy, now: datetime
    ) -> Explanation:
        """What the service gets of people in this role at any of these schools. Raises SluisError as `explain` does."""
        return explain(
            federation=federation,
            policy=policy,
            service=service,
            school=self.school,
            role=role,
            now=now,
            idps=self.idps,
        )


def alike(federation: Federation, schools: Iterable[School], today: date) -> tuple[Alike, ...]:
    """These schools by what is the same of them today, in the order in which the first of each kind comes."""
    speakers, services = speakers_of(federation), _Services(federation, today)
    found: defaultdict[_Likeness, list[School]] = defaultdict(list)
    for school in schools:
        found[_likeness(school, speakers.get(school.brin, ()), services.agreed(school))].append(school)
    return tuple(
        Alike(
            members[0],
            speakers.get(members[0].brin, ()),
            len(members),
            frozenset(one.service for one in likeness.agreed),
        )
        for likeness, members in found.items()
    )


def speakers_of(federation: Federation) -> Speakers:
    """The identity providers that speak for each school."""
    found: defaultdict[Brin, list[IdentityProvider]] = defaultdict(list)
    for idp in federation.identity_providers.values():
        for brin in idp.schools:
            found[brin].append(idp)
    return {brin: tuple(idps) for brin, idps in found.items()}


def _likeness(school: School, idps: Sequence[IdentityProvider], agreed: frozenset[_Agreed]) -> _Likeness:
    own = [idp for idp in idps if not idp.user_held]
    return _Likeness(
        sector=school.sector,
        denies=frozenset(school.denies.items()),
        has_domain=bool(school.domains),
        has_delivery_id=school.digi_delivery_id is not None,
        spoken_for=bool(idps),
        dialects=frozenset(idp.dialect for idp in own),
        sends_eck_id=any(idp.eck_id_sources for idp in own),
        agreed=agreed,
    )


class _Services:
    """What each school agreed; for the schools of a board that have no agreements of their own it is found once."""

    def __init__(self, federation: Federation, today: date) -> None:
        self._federation, self._today = federation, today
        self._by_school: defaultdict[Brin, set[ServiceId]] = defaultdict(set)
        self._by_board: defaultdict[str | None, set[ServiceId]] = defaultdict(set)
        self._of_board: dict[str | None, frozenset[_Agreed]] = {}
        for agreement in federation.agreements:
            for brin in agreement.schools:
                self._by_school[brin].add(agreement.service)
            for board in agreement.boards:
                self._by_board[board].add(agreement.service)

    def agreed(self, school: School) -> frozenset[_Agreed]:
        own = self._by_school.get(school.brin)
        if own is not None:
            return self._found(school, own)
        known = self._of_board.get(school.board)
        if known is None:
            known = self._of_board[school.board] = self._found(school, ())
        return known

    def _found(self, school: School, own: Iterable[ServiceId]) -> frozenset[_Agreed]:
        of_board = self._by_board.get(school.board, set())
        return frozenset(self._at(service, school) for service in of_board.union(own))

    def _at(self, service: ServiceId, school: School) -> _Agreed:
        try:
            agreement = self._federation.agreement(service, school, self._today)
        except SluisError as error:
            return _Agreed(service, None, None, error.code)
        return _Agreed(service, agreement.terms, agreement.fallback, None)
