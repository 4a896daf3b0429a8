"""What a person can choose from who logs in, and what they find who search."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import compress, islice

from gateway.domain.brin import Brin
from gateway.domain.language import Language
from gateway.federation.models import IdentityProvider, IdpId, SchoolChoice, Service
from gateway.federation.snapshot import Federation


@dataclass(frozen=True, slots=True)
class Found:
    """A school of discovery. `agreed`: it has an agreement with the service; without, nobody is sent there.

    `held` has the identities of people's own that may be used there; `alone`: no other way there may be used.
    `hub` is the one through which it logs in, where that is one of many schools.
    """

    choice: SchoolChoice
    agreed: bool = True
    held: IdentityProvider | None = None
    alone: bool = False
    hub: IdentityProvider | None = None


@dataclass(frozen=True, slots=True)
class FoundSchools:
    """The first of them, and how many there are in all."""

    schools: tuple[Found, ...]
    total: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.total - len(self.schools)


@dataclass(frozen=True, slots=True)
class Discovery:
    """Who asks, and which schools lead somewhere.

    `limit` are the identity providers that may be used; empty: all. `held` are the schools at which an identity of
    one's own may be used. `hinted` is the one that the person probably chooses.
    """

    service: Service
    federation: Federation
    today: date
    language: Language | None = None
    limit: frozenset[IdpId] = frozenset()
    held: Mapping[Brin, IdentityProvider] = field(default_factory=dict)
    hinted: Brin | None = None

    def offered(self, at_most: int) -> FoundSchools:
        """The schools that have an agreement with the service, in the order of their names."""
        offered = self._offered()
        schools = islice(compress(self.federation.choices, offered), at_most)
        return FoundSchools(tuple(self._found(one, agreed=True) for one in schools), sum(offered))

    def search(self, typed: str, at_most: int) -> FoundSchools:
        """The schools that may be meant, best first; those that have an agreement go before others that fit as well."""
        offered, choices = self._offered(), self.federation.choices
        found = [at for at in self.federation.index.search(typed, offered) if self._may(choices[at])]
        first = tuple(self._found(choices[at], agreed=bool(offered[at])) for at in found[:at_most])
        return FoundSchools(first, len(found))

    def of(self, schools: tuple[Brin, ...]) -> Iterator[Found]:
        """These, those of them that there are."""
        agreed = self.federation.agreed(self.service.id, self.today)
        for brin in schools:
            at = self.federation.at(brin)
            if at is not None and self._may(self.federation.choices[at]):
                yield self._found(self.federation.choices[at], agreed=bool(agreed[at]))

    def _offered(self) -> bytes:
        agreed = self.federation.agreed(self.service.id, self.today)
        if not self.limit:
            return agreed
        return bytes(there and self._may(one) for there, one in zip(agreed, self.federation.choices, strict=True))

    def _may(self, choice: SchoolChoice) -> bool:
        return not self.limit or choice.idp in self.limit or choice.school.brin in self.held

    def _found(self, choice: SchoolChoice, *, agreed: bool) -> Found:
        alone = bool(self.limit) and choice.idp not in self.limit
        idp = self.federation.identity_providers[choice.idp]
        return Found(choice, agreed, self.held.get(choice.school.brin), alone, idp if len(idp.schools) > 1 else None)
