"""An ECK iD that is asked for while somebody logs in: never for longer than a person can be kept waiting.

What comes too late for this login is kept in the vault for the next one.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Protocol

import structlog

from gateway.domain.eck_id import EckId
from gateway.domain.errors import SluisError
from gateway.domain.sector import Sector
from gateway.observability import legs
from gateway.observability.legs import StepName
from gateway.pseudonyms.nummervoorziening.faults import NummervoorzieningFailed, Trouble
from gateway.pseudonyms.sources import Asked
from gateway.storage.breaker import Breaker
from gateway.storage.vault_entry import VaultEntry

log = structlog.get_logger("sluis")

_AT_ONCE = 8
"""Questions of one worker that are under way; whoever comes then goes on without, and is asked for next time."""


class IssuesEckIds(Protocol):
    """What is used of the client."""

    def eck_id(self, oin: str, stampseudonym: str, *, chain: str, sector: str) -> str:
        """The ECK iD of a stampseudonym. Raises NummervoorzieningFailed."""
        ...


class Learns(Protocol):
    """What is used of the vault."""

    def learn(self, entry: VaultEntry, sector: Sector, eck_id: str) -> bool:
        """Keep an ECK iD with an entry that is still as it was; False when it is not, or another account has it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Ids of the chain and of the sectors, what ECK iDs look like here, and how many seconds a login waits."""

    chain: str
    sectors: Mapping[Sector, str]
    segments: frozenset[str]
    seconds: float


class FromNummervoorziening:
    """Fulfils Source, for learners whose stampseudonym is in the vault, and who were found in DUO's register."""

    def __init__(
        self,
        *,
        service: IssuesEckIds,
        vault: Learns,
        terms: Terms,
        breaker: Breaker,
        told: Callable[[str], None],
    ) -> None:
        self._service = service
        self._vault = vault
        self._terms = terms
        self._breaker = breaker
        self._told = told
        self._room = BoundedSemaphore(_AT_ONCE)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="nummervoorziening")

    def eck_ids(self, asked: Asked) -> tuple[EckId, ...]:
        """The ECK iD in the school's sector; none when it is not there in time, for whatever reason."""
        entry, sector, oin = asked.entry, asked.school.sector.eck, asked.school.oin
        if entry is None or entry.stampseudonym is None or entry.checked is None or sector in entry.eck_ids:
            return ()
        if oin is None or sector not in self._terms.sectors:
            return ()
        if not self._room.acquire(blocking=False):
            self._told("no_room")
            return ()
        if not self._breaker.lets_through():
            self._room.release()
            self._told("not_asked")
            return ()
        future = self._pool.submit(self._retrieve, entry, entry.stampseudonym, sector, oin)
        try:
            with legs.step(StepName.NUMMERVOORZIENING):
                found = future.result(self._terms.seconds)
        except TooLate:
            self._told("late")
            return ()
        return () if found is None else (found,)

    def _retrieve(self, entry: VaultEntry, stampseudonym: str, sector: Sector, oin: str) -> EckId | None:
        try:
            return self._kept(entry, sector, self._asked(stampseudonym, sector, oin))
        finally:
            self._room.release()

    def _asked(self, stampseudonym: str, sector: Sector, oin: str) -> EckId | None:
        terms = self._terms
        try:
            text = self._service.eck_id(oin, stampseudonym, chain=terms.chain, sector=terms.sectors[sector])
            found = EckId.parse(text, sector=sector, segments=terms.segments)
        except NummervoorzieningFailed as cause:
            if cause.trouble is Trouble.REFUSED:
                self._breaker.succeeded()
            else:
                self._breaker.failed()
            self._fell_short(cause.trouble.value, str(cause))
            return None
        except ValueError:
            self._breaker.failed()
            self._fell_short(Trouble.UNREADABLE.value, "what it answered is no ECK iD of this environment")
            return None
        self._breaker.succeeded()
        return found

    def _kept(self, entry: VaultEntry, sector: Sector, found: EckId | None) -> EckId | None:
        """One that cannot be kept is not used: it is another account's, or what the school says has changed."""
        if found is None:
            return None
        try:
            kept = self._vault.learn(entry, sector, found.value)
        except SluisError as error:
            self._fell_short("not_kept", error.code.value)
            return None
        self._told("found" if kept else "not_kept")
        return found if kept else None

    def _fell_short(self, outcome: str, cause: str) -> None:
        log.warning("eck_id_not_retrieved", cause=cause, outcome=outcome)
        self._told(outcome)
