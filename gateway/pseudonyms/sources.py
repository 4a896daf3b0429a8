"""Where an ECK iD comes from, and which one counts where two sources, or two sectors, have one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from gateway.attributes.values import Attributes
from gateway.domain.anomaly import Anomaly
from gateway.domain.attribute import Attribute
from gateway.domain.eck_id import EckId
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.sector import Sector
from gateway.federation.models import Disagreement, EckIdSource, IdentityProvider, School, Service
from gateway.pseudonyms.resolve import is_registered
from gateway.storage.vault import Vault
from gateway.storage.vault_entry import VaultEntry


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Asked:
    """Whose ECK iD is asked for, and for which service; `entry` is what the vault has of them."""

    attributes: Attributes
    school: School
    service: Service
    entry: VaultEntry | None = None


class Source(Protocol):
    """One place to ask."""

    def eck_ids(self, asked: Asked) -> tuple[EckId, ...]:
        """The learner's ECK iDs, one a sector at most; none when this source knows none.

        Raises SluisError ECK_ID_MALFORMED or ECK_ID_CONTRADICTORY, or STORE_UNAVAILABLE: an error is not "no ECK iD".
        """
        ...


class FromAssertion:
    """The identity provider sends it. `segments` are the version segments of this environment."""

    def __init__(self, segments: frozenset[str]) -> None:
        self._segments = segments

    def eck_ids(self, asked: Asked) -> tuple[EckId, ...]:
        values = asked.attributes.all(Attribute.ECK_ID)
        if len(values) > 1:
            raise SluisError(ErrorCode.ECK_ID_CONTRADICTORY, hint=f"{len(values)} different values")
        return tuple(_parsed(value, asked.school.sector, self._segments) for value in values)


class FromVault:
    """The school's administration provisioned it."""

    def __init__(self, segments: frozenset[str]) -> None:
        self._segments = segments

    def eck_ids(self, asked: Asked) -> tuple[EckId, ...]:
        held = asked.entry.eck_ids if asked.entry else {}
        return tuple(_parsed(value, sector, self._segments) for sector, value in held.items())


@dataclass(frozen=True, slots=True)
class Found:
    """The ECK iD that counts, if there is one, and whether the sources disagreed about it.

    `all` are those of every sector, `wrong` is why there is none where a login goes on without.
    """

    eck_id: EckId | None
    disagreed: bool = False
    all: Mapping[Sector, EckId] = field(default_factory=dict)
    wrong: Anomaly | None = None

    def is_of(self, sector: Sector) -> bool:
        """Whether it is issued in this sector of a school."""
        return self.eck_id is not None and self.eck_id.sector is sector.eck


class EckIds:
    """Asks the sources that an identity provider's entry names."""

    def __init__(self, sources: Mapping[EckIdSource, Source], vault: Vault | None = None) -> None:
        self._sources = sources
        self._vault = vault

    def provisioned(self, idp: IdentityProvider, account: str, school: School, *, today: date) -> VaultEntry | None:
        """What the school's administration says of this account (its keyed hash), where the entry names the vault.

        Raises SluisError STORE_UNAVAILABLE.
        """
        if self._vault is None or _NEED_THE_VAULT.isdisjoint(idp.eck_id_sources):
            return None
        return self._vault.find(account, str(school.brin), today=today)

    def has_ended(self, idp: IdentityProvider, account: str, school: str, *, today: date) -> bool:
        """Whether the school's administration said until when this account is, and that is over.

        Raises SluisError STORE_UNAVAILABLE.
        """
        if self._vault is None or _NEED_THE_VAULT.isdisjoint(idp.eck_id_sources):
            return False
        return self._vault.has_ended(account, school, today=today)

    def find(self, idp: IdentityProvider, asked: Asked) -> Found:
        """The ECK iD of a sector that the service is registered for, the school's own before others.

        Raises as the sources do, and ECK_ID_CONTRADICTORY when they disagree and the entry says to refuse.
        """
        found: dict[Sector, EckId] = {}
        disagreed = False
        for source in _in_order(idp):
            if source is EckIdSource.NUMMERVOORZIENING and any(is_registered(asked.service, one) for one in found):
                continue
            for one in self._sources[source].eck_ids(asked):
                disagreed |= found.setdefault(one.sector, one).value != one.value
        if disagreed and idp.disagreement is Disagreement.REFUSE:
            raise SluisError(
                ErrorCode.ECK_ID_CONTRADICTORY, hint="the identity provider and the vault say different ones"
            )
        own = asked.school.sector.eck
        visible = [one for sector, one in found.items() if is_registered(asked.service, sector)]
        counts = min(visible or found.values(), key=lambda one: one.sector is not own, default=None)
        return Found(counts, disagreed, found)


_NEED_THE_VAULT = frozenset({EckIdSource.VAULT, EckIdSource.NUMMERVOORZIENING})


def _in_order(idp: IdentityProvider) -> tuple[EckIdSource, ...]:
    """The one to prefer comes first."""
    preferred = EckIdSource.VAULT if idp.disagreement is Disagreement.PREFER_VAULT else EckIdSource.ASSERTION
    return tuple(sorted(idp.eck_id_sources, key=lambda source: source is not preferred))


def _parsed(value: str, sector: Sector, segments: frozenset[str]) -> EckId:
    try:
        return EckId.parse(value, sector=sector, segments=segments)
    except ValueError as cause:
        raise SluisError(ErrorCode.ECK_ID_MALFORMED, hint=str(cause)) from cause
