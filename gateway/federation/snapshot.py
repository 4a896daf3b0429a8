"""The immutable snapshot of the federation: every look-up that a login makes, O(1)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import folded
from gateway.domain.link import LinkKind
from gateway.domain.user_held import UserHeld
from gateway.federation.assurance import Level
from gateway.federation.clients import OidcClient, SamlClient
from gateway.federation.models import (
    Agreement,
    IdentityProvider,
    IdpId,
    Member,
    School,
    SchoolChoice,
    Service,
    ServiceId,
)
from gateway.federation.openid_provider import OpenIdProvider
from gateway.federation.school_index import SchoolIndex

_KEPT_AGREED = 200
"""Services of which it is kept which schools have an agreement: a byte a school each."""


@dataclass(frozen=True, slots=True)
class Federation:
    """All parties, indexed. Built by `Federation.of`; never changed, only replaced whole.

    `choices` are the schools of discovery in the order of their names, `index` searches them;
    `offered` are the identity providers behind them.
    An OpenID provider of user-held identities may have several entries: `idps_by_entity_id` has them all.
    `levels` of assurance are by their context.
    """

    identity_providers: Mapping[IdpId, IdentityProvider]
    services: Mapping[ServiceId, Service]
    schools: Mapping[Brin, School]
    idp_by_entity_id: Mapping[str, IdentityProvider]
    idps_by_entity_id: Mapping[str, tuple[IdpId, ...]]
    service_by_entity_id: Mapping[str, Service]
    service_by_client_id: Mapping[str, Service]
    agreements: tuple[Agreement, ...]
    choices: tuple[SchoolChoice, ...]
    offered: frozenset[IdpId]
    levels: Mapping[str, Level]
    index: SchoolIndex
    _at_by_brin: Mapping[Brin, int]
    _schools_by_main: Mapping[Brin, tuple[School, ...]]
    _school_by_domain: Mapping[str, School]
    _schools_by_realm: Mapping[str, tuple[School, ...]]
    _agreements: Mapping[tuple[ServiceId, Brin], tuple[Agreement, ...]]
    _board_agreements: Mapping[tuple[ServiceId, str], tuple[Agreement, ...]]
    _held_by_brin: Mapping[Brin, IdentityProvider]
    _linking: tuple[ServiceId, ...]
    _agreements_of: Mapping[ServiceId, tuple[Agreement, ...]]
    _with_links: dict[date, tuple[SchoolChoice, ...]] = field(default_factory=dict, repr=False)
    _agreed: dict[tuple[ServiceId, date], bytes] = field(default_factory=dict, repr=False)
    _held_at: dict[tuple[ServiceId, date], Mapping[Brin, IdentityProvider]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        *,
        schools: Sequence[School],
        identity_providers: Sequence[IdentityProvider],
        services: Sequence[Service],
        agreements: Sequence[Agreement],
        levels: Iterable[Level] = (),
    ) -> "Federation":
        """Index the parties. The settings have been checked before: ids, entity ids and BRINs are unique."""
        by_brin = {school.brin: school for school in schools}
        by_main: dict[Brin, tuple[School, ...]] = {}
        for school in schools:
            by_main[school.brin.main] = (*by_main.get(school.brin.main, ()), school)
        choices = sorted(
            (
                SchoolChoice(by_brin[brin], idp.id)
                for idp in identity_providers
                if not idp.user_held
                for brin in idp.schools
            ),
            key=lambda choice: (_in_order(choice.school), choice.idp),
        )
        named: dict[str, tuple[IdpId, ...]] = {}
        for idp in identity_providers:
            named[idp.entity_id] = (*named.get(idp.entity_id, ()), idp.id)
        by_school: dict[tuple[ServiceId, Brin], tuple[Agreement, ...]] = {}
        by_board: dict[tuple[ServiceId, str], tuple[Agreement, ...]] = {}
        for agreement in sorted(agreements, key=lambda one: one.valid_from, reverse=True):
            for brin in agreement.schools:
                key = (agreement.service, brin)
                by_school[key] = (*by_school.get(key, ()), agreement)
            for board in agreement.boards:
                board_key = (agreement.service, board)
                by_board[board_key] = (*by_board.get(board_key, ()), agreement)
        by_id = {idp.id: idp for idp in identity_providers}
        return cls(
            identity_providers=by_id,
            services={service.id: service for service in services},
            schools=by_brin,
            idp_by_entity_id={idp.entity_id: idp for idp in reversed(identity_providers)},
            idps_by_entity_id=named,
            service_by_entity_id={
                one.client.metadata.entity_id: one for one in services if isinstance(one.client, SamlClient)
            },
            service_by_client_id={one.client.client_id: one for one in services if isinstance(one.client, OidcClient)},
            agreements=tuple(agreements),
            choices=tuple(choices),
            offered=frozenset(choice.idp for choice in choices),
            levels={level.context: level for level in levels},
            index=SchoolIndex.of(_searched(choice.school, by_id[choice.idp]) for choice in choices),
            _at_by_brin={choices[at].school.brin: at for at in reversed(range(len(choices)))},
            _agreements_of=_by_service(agreements),
            _schools_by_main=by_main,
            _school_by_domain={domain: school for school in schools for domain in school.domains},
            _schools_by_realm=_by_realm(schools),
            _agreements=by_school,
            _board_agreements=by_board,
            _linking=tuple(dict.fromkeys(agreement.service for agreement in agreements if agreement.links)),
            _held_by_brin={brin: idp for idp in reversed(identity_providers) if idp.user_held for brin in idp.schools},
        )

    def choice(self, brin: Brin) -> SchoolChoice | None:
        """Where a choice of this school leads; None for a school that nobody speaks for."""
        at = self._at_by_brin.get(brin)
        return None if at is None else self.choices[at]

    def at(self, brin: Brin) -> int | None:
        """The place of this school in `choices`."""
        return self._at_by_brin.get(brin)

    def agreed(self, service: ServiceId, today: date) -> bytes:
        """For each of `choices` a 1 if its school has an agreement with this service that is in force, else a 0.

        Found once a day for a service, and kept for those that were asked for last.
        """
        known = self._agreed.get((service, today))
        if known is None:
            # Copied, because other threads do the same.
            for old in list(self._agreed)[: -_KEPT_AGREED + 1]:
                self._agreed.pop(old, None)
            known = self._agreed[service, today] = self._agreed_of(service, today)
        return known

    def check_agreed(self, service: ServiceId, brin: Brin, today: date) -> None:
        """That this school has an agreement in force with this service, for whomever. Raises SluisError AGREEMENT_*."""
        at = self._at_by_brin.get(brin)
        if at is None or not self.agreed(service, today)[at]:
            self.agreement(service, self.schools[brin], today)

    def _agreed_of(self, service: ServiceId, today: date) -> bytes:
        going = [one for one in self._agreements_of.get(service, ()) if one.in_force(today) and not one.suspended]
        schools = frozenset[Brin]().union(*(one.schools for one in going))
        boards = frozenset[str]().union(*(one.boards for one in going))
        return bytes(one.school.brin in schools or one.school.board in boards for one in self.choices)

    def held_at(self, service: ServiceId, today: date) -> Mapping[Brin, IdentityProvider]:
        """The schools whose students may come to this service with a user-held identity, and who has those."""
        known = self._held_at.get((service, today))
        if known is None:
            known = {brin: idp for brin, idp in self._held_by_brin.items() if self._may_hold(service, brin, today)}
            if any(day != today for _, day in self._held_at):
                self._held_at.clear()
            self._held_at[service, today] = known
        return known

    @property
    def held_by_brin(self) -> Mapping[Brin, IdentityProvider]:
        """The schools to which people may come with an identity of their own, and whose that is."""
        return self._held_by_brin

    def may_be_linked(self, brin: Brin) -> bool:
        """Whether an account at this school can have another linked to it, if an agreement lets it."""
        return self.links_schools or brin in self._held_by_brin

    def services_held_at(self, brin: Brin, today: date) -> tuple[Service, ...]:
        """The services to which people of this school may come with a user-held identity."""
        return tuple(one for one in self.services.values() if self._may_hold(one.id, brin, today))

    @property
    def links_schools(self) -> bool:
        """Whether any agreement lets somebody be known by the ECK iD that they have at another school."""
        return bool(self._linking)

    def services_linked_at(self, brin: Brin, kind: LinkKind, today: date) -> tuple[Service, ...]:
        """The services at which people of this school may be known by the ECK iD of another school."""
        school = self.schools.get(brin)
        if school is None:
            return ()
        found = (one for one in self._linking if kind in self._links_of(one, school, today))
        return tuple(self.services[one] for one in found if one in self.services)

    def schools_with_links(self, today: date) -> tuple[SchoolChoice, ...]:
        """The schools at which there is such a service, in the order of their names."""
        known = self._with_links.get(today)
        if known is None:
            known = tuple(one for one in self.choices if self._links_any(one.school, today)) if self._linking else ()
            self._with_links.clear()
            self._with_links[today] = known
        return known

    def _links_any(self, school: School, today: date) -> bool:
        return any(self._links_of(one, school, today) for one in self._linking)

    def _links_of(self, service: ServiceId, school: School, today: date) -> frozenset[LinkKind]:
        try:
            return self.agreement(service, school, today).links
        except SluisError:
            return frozenset()

    def _may_hold(self, service: ServiceId, brin: Brin, today: date) -> bool:
        try:
            return self.agreement(service, self.schools[brin], today).user_held is not UserHeld.FORBIDDEN
        except SluisError:
            return False

    def school_by_domain(self, domain: str) -> School | None:
        """The school that an identity provider names by this schacHomeOrganization."""
        return self._school_by_domain.get(domain)

    def schools_of_realm(self, realm: str) -> tuple[School, ...]:
        """The schools that a realm of identifiers can mean (domain facts 1.4): a domain, or the name in front of it.

        The number of an administration may stand before it (`1.petteflat.nl`).
        """
        number, _, rest = realm.partition(".")
        named = self._schools_by_realm.get(realm, ())
        return named or (self._schools_by_realm.get(rest, ()) if number.isdecimal() else ())

    def of_institution(self, brin: Brin) -> frozenset[Brin]:
        """The BRINs here of the institution of this one: its own, and those of branches with an entry."""
        return frozenset(school.brin for school in self._schools_by_main.get(brin.main, ()))

    def school_by_brin(self, brin: Brin) -> School:
        """The school of a BRIN as an identity provider sends it, 4 or 6 characters (domain facts 1.3 and 1.5).

        A branch belongs to its own entry if it has one, else to the institution's. A BRIN of 4 characters that
        only branches carry is accepted when there is exactly one. Raises SluisError BRIN_UNKNOWN or BRIN_AMBIGUOUS.
        """
        known = self.schools.get(brin) or self.schools.get(brin.main)
        if known is not None:
            return known
        if brin.branch is None:
            branches = self._schools_by_main.get(brin, ())
            if len(branches) == 1:
                return branches[0]
            if branches:
                raise SluisError(ErrorCode.BRIN_AMBIGUOUS, hint=f"{brin} has {len(branches)} branches here")
        raise SluisError(ErrorCode.BRIN_UNKNOWN, hint=f"{brin} is not in the federation")

    def agreement(self, service: ServiceId, school: School, today: date, member: Member | None = None) -> Agreement:
        """The agreement in force; a school's own goes before its board's, the one that began last before others.

        Only those that cover the member count; without a member all do. One that is suspended stops the others, so
        that a board can stop what its schools agreed, and a school what its board did.
        Raises SluisError AGREEMENT_MISSING, AGREEMENT_NOT_YET, AGREEMENT_EXPIRED, AGREEMENT_SUSPENDED or
        AGREEMENT_NOT_COVERING.
        """
        known = self._agreements.get((service, school.brin), ())
        if school.board is not None:
            known += self._board_agreements.get((service, school.board), ())
        in_force = [agreement for agreement in known if agreement.in_force(today)]
        covering = in_force if member is None else [agreement for agreement in in_force if agreement.covers(member)]
        for agreement in covering:
            if agreement.suspended is not None:
                raise SluisError(ErrorCode.AGREEMENT_SUSPENDED, hint=agreement.reference, cause=agreement.suspended)
        if covering:
            return covering[0]
        if in_force:
            raise SluisError(ErrorCode.AGREEMENT_NOT_COVERING, hint=in_force[0].reference)
        if not known:
            raise SluisError(ErrorCode.AGREEMENT_MISSING, hint=f"{service}, {school.brin}")
        if any(agreement.valid_from > today for agreement in known):
            raise SluisError(ErrorCode.AGREEMENT_NOT_YET, hint=known[0].reference)
        raise SluisError(ErrorCode.AGREEMENT_EXPIRED, hint=known[0].reference)


def _searched(school: School, idp: IdentityProvider) -> School:
    """The school as it is looked for: also by what its own identity provider's metadata says that people type."""
    words = () if len(idp.schools) > 1 or isinstance(idp.party, OpenIdProvider) else idp.party.keywords
    return replace(school, nicknames=school.nicknames + words) if words else school


def _in_order(school: School) -> str:
    return folded(" ".join([*school.names.values(), school.place or "", str(school.brin)]))


def _by_service(agreements: Iterable[Agreement]) -> dict[ServiceId, tuple[Agreement, ...]]:
    found: defaultdict[ServiceId, list[Agreement]] = defaultdict(list)
    for agreement in agreements:
        found[agreement.service].append(agreement)
    return {service: tuple(ones) for service, ones in found.items()}


def _by_realm(schools: Sequence[School]) -> dict[str, tuple[School, ...]]:
    """By each domain, and by the name in front of one that has nothing else: `petteflat` for `petteflat.nl`."""
    found: dict[str, tuple[School, ...]] = {}
    for school in schools:
        for domain in school.domains:
            name, _, rest = domain.partition(".")
            for realm in (domain, *(() if "." in rest else (name,))):
                found[realm] = (*found.get(realm, ()), school)
    return found
