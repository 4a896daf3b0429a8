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


class _Own(NamedTuple):
    """All that an explanation depends on of a school itself and of who speaks for it, but for BRINs and names."""

    sector: Sector
    has_domain: bool
    has_delivery_id: bool
    spoken_for: bool
    dialects: frozenset[str]
    sends_eck_id: bool


class _Likeness(NamedTuple):
    """The same with what counts for one service."""

    own: _Own
    denies: frozenset[Attribute]
    agreed: _Agreed


class _Throughout(NamedTuple):
    """The same for every service: schools of one board differ in nothing, mostly, and are put together at once."""

    own: _Own
    denies: frozenset[tuple[ServiceId, frozenset[Attribute]]]
    agreed: frozenset[_Agreed]


@dataclass(frozen=True, slots=True)
class Alike:
    """Schools that are alike for one service: one of them, who speaks for it, and how many there are."""

    service: Service
    school: School
    idps: tuple[IdentityProvider, ...]
    count: int

    def explained(self, role: Role, *, federation: Federation, policy: Policy, now: datetime) -> Explanation:
        """What the service gets of people in this role at any of these schools. Raises SluisError as `explain` does."""
        return explain(
            federation=federation,
            policy=policy,
            service=self.service,
            school=self.school,
            role=role,
            now=now,
            idps=self.idps,
        )


def alike(federation: Federation, schools: Iterable[School], today: date) -> tuple[Alike, ...]:
    """Those of the schools that have an agreement with a service, of whatever day, by what is the same of them today.

    By service, in the order of their ids; of each in the order in which the first school of a kind comes.
    """
    speakers, services = speakers_of(federation), _Services(federation, today)
    throughout: defaultdict[_Throughout, list[School]] = defaultdict(list)
    for school in schools:
        own = _own(school, speakers.get(school.brin, ()))
        throughout[_Throughout(own, frozenset(school.denies.items()), services.agreed(school))].append(school)
    found: defaultdict[ServiceId, defaultdict[_Likeness, list[School]]] = defaultdict(lambda: defaultdict(list))
    for (own, _, agreed), members in throughout.items():
        for one in agreed:
            denies = members[0].denies.get(one.service, frozenset())
            found[one.service][_Likeness(own, denies, one)] += members
    return tuple(
        Alike(federation.services[service], members[0], speakers.get(members[0].brin, ()), len(members))
        for service in sorted(found)
        for members in found[service].values()
    )


def speakers_of(federation: Federation) -> Speakers:
    """The identity providers that speak for each school."""
    found: defaultdict[Brin, list[IdentityProvider]] = defaultdict(list)
    for idp in federation.identity_providers.values():
        for brin in idp.schools:
            found[brin].append(idp)
    return {brin: tuple(idps) for brin, idps in found.items()}


def _own(school: School, idps: Sequence[IdentityProvider]) -> _Own:
    own = [idp for idp in idps if not idp.user_held]
    return _Own(
        sector=school.sector,
        has_domain=bool(school.domains),
        has_delivery_id=school.digi_delivery_id is not None,
        spoken_for=bool(idps),
        dialects=frozenset(idp.dialect for idp in own),
        sends_eck_id=any(idp.eck_id_sources for idp in own),
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
