"""ECK iDs of a whole school: submitted in batches, asked for until they are there, kept in the vault.

Batches of hashes, which `stamps` submits, are asked for and kept here too.

Every step is on record before the next, so that it goes on where it was after a restart. A batch is never submitted a
second time by itself: where nobody knows whether it was taken, a person decides.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from typing import Protocol

import structlog

from gateway.domain.clock import Clock, dutch_day, dutch_midnight
from gateway.domain.eck_id import EckId
from gateway.domain.sector import Sector
from gateway.domain.stampseudonym import Stampseudonym
from gateway.pseudonyms.nummervoorziening.client import Batch
from gateway.pseudonyms.nummervoorziening.faults import HEARD_NOTHING, NummervoorzieningFailed, Trouble
from gateway.storage.eck_id_batches import (
    LEASE_SECONDS,
    WAIT_FOR_SOMEBODY,
    BatchRow,
    BatchState,
    Outcome,
    SqlEckIdBatches,
    State,
)
from gateway.storage.vault import Vault
from gateway.storage.vault_entry import VaultEntry

log = structlog.get_logger("sluis")

FIRST_POLL, SLOWEST_POLL = 30, 900
"""Seconds from a submission to the first question after it, and the most between two: each wait is twice the last."""
_GONE = frozenset({Trouble.RETRIEVED_BEFORE, Trouble.REMOVED})
_TELLING = re.compile(r"\S*[0-9/]\S*")
"""Words of the service's that may hold an identifier."""


class TakesBatches(Protocol):
    """What is used of the client. Both raise NummervoorzieningFailed."""

    def submit_stampseudonyms(self, oin: str, stampseudonyms: Mapping[int, str], *, chain: str, sector: str) -> str:
        """Ask for ECK iDs; the batch's identifier."""
        ...

    def batch(self, oin: str, identifier: str) -> Batch:
        """The outcome of a batch, once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTerms:
    """The chain and the sectors, what ECK iDs look like here, the OIN of each school, and the largest batch."""

    chain: str
    sectors: Mapping[Sector, str]
    segments: frozenset[str]
    oins: Mapping[str, str]
    most: int


class EckIdBatches:
    """Starts batches and brings them to their end. Raises SluisError STORE_UNAVAILABLE or SQLAlchemyError."""

    def __init__(
        self, *, service: TakesBatches, store: SqlEckIdBatches, vault: Vault, terms: BatchTerms, clock: Clock
    ) -> None:
        self._service = service
        self._store = store
        self._vault = vault
        self._terms = terms
        self._clock = clock

    def start(self, school: str, sector: Sector) -> Iterator[tuple[int, int]]:
        """Make batches of all who may be asked for and have no ECK iD; each one's id, and how many it has.

        That is: a stampseudonym in the vault, and the day on which they were found in DUO's register. Learners of a
        batch that is under way, or waits for somebody, are left out.
        """
        entries = self._vault.of_school(school, today=self._today())
        accounts = (one.account for one in entries if may_be_asked_for(one, sector))
        while some := list(islice(accounts, self._terms.most)):
            made = self._store.make(school, sector.value, some, self._clock.now())
            if made is not None:
                yield made

    def again(self, batch: int) -> bool:
        """Submit anew what has no outcome in a batch that waits for somebody; False when it does not wait.

        A batch of hashes is given up in place of that: whoever has them submits them.
        """
        found = self._store.find(batch)
        if found is None or found.state not in WAIT_FOR_SOMEBODY:
            return False
        if found.of_hashes:
            self._store.give_up(batch)
        else:
            self._store.set(batch, State.READY, due=self._now())
        return True

    def step(self) -> BatchState | None:
        """Do what is next for one batch whose time has come; what it is then. None: there is none."""
        taken = self._store.take(self._now())
        if taken is None:
            return None
        if taken.school not in self._terms.oins:
            self._store.set(taken.id, State.REFUSED, due=0, trouble=Trouble.REFUSED.value)
            return self._store.find(taken.id)
        steps: dict[State, Callable[[BatchState], None]] = {
            State.READY: self._submit,
            State.SUBMITTING: self._unsure,
            State.SUBMITTED: self._retrieve,
            State.RETRIEVED: self._keep,
        }
        steps[taken.state](taken)
        return self._store.find(taken.id)

    def seconds_to_wait(self) -> int | None:
        """Until the next batch has its turn; None: no batch is under way."""
        due = self._store.next_due()
        return None if due is None else max(due - self._now(), 0)

    def _submit(self, batch: BatchState) -> None:
        sector, stamps, marks = Sector(batch.sector), {}, {}
        for row in self._store.rows(batch.id):
            entry = self._vault.find(row.account, batch.school, today=self._today()) if row.outcome is None else None
            if entry is not None and entry.stampseudonym is not None and may_be_asked_for(entry, sector):
                stamps[row.number] = entry.stampseudonym
                marks[row.number] = self._vault.mark(batch.school, entry.stampseudonym)
        self._store.submitting(batch.id, marks, due=self._now() + LEASE_SECONDS)
        if not stamps:
            self._store.set(batch.id, State.DONE, due=0)
            return
        terms = self._terms
        try:
            identifier = self._service.submit_stampseudonyms(
                terms.oins[batch.school], stamps, chain=terms.chain, sector=terms.sectors[sector]
            )
        except NummervoorzieningFailed as cause:
            self._not_submitted(batch, cause.trouble)
            return
        self._store.submitted(batch.id, identifier, due=self._now() + FIRST_POLL)

    def _not_submitted(self, batch: BatchState, trouble: Trouble) -> None:
        if trouble in HEARD_NOTHING:
            self._later(batch, State.READY, trouble)
        elif trouble is Trouble.DAILY_LIMIT:
            tomorrow = dutch_midnight(self._today() + timedelta(days=1))
            due = int(tomorrow.timestamp()) + FIRST_POLL
            self._store.set(batch.id, State.READY, due=due, trouble=trouble.value)
        else:
            state = State.REFUSED if trouble is Trouble.REFUSED else State.UNSURE
            self._store.set(batch.id, state, due=0, trouble=trouble.value)
        log.warning("eck_id_batch_not_submitted", count=batch.id, cause=trouble.value)

    def _unsure(self, batch: BatchState) -> None:
        """Whoever submitted it came to an end in the middle."""
        self._store.set(batch.id, State.UNSURE, due=0, trouble=Trouble.NO_ANSWER.value)

    def _retrieve(self, batch: BatchState) -> None:
        assert batch.identifier is not None
        try:
            found = self._service.batch(self._terms.oins[batch.school], batch.identifier)
        except NummervoorzieningFailed as cause:
            if cause.trouble in _GONE:
                self._store.set(batch.id, State.LOST, due=0, trouble=cause.trouble.value)
                log.warning("eck_id_batch_lost", count=batch.id, cause=cause.trouble.value)
            else:
                self._later(batch, State.SUBMITTED, cause.trouble)
            return
        said = {number: _TELLING.sub("…", text) for number, text in found.failed.items()}
        self._store.retrieved(batch, found.values, said)
        self._keep(batch)

    def _keep(self, batch: BatchState) -> None:
        kept = self._kept_stampseudonym if batch.of_hashes else self._kept
        for row, value in self._store.answers(batch):
            self._store.settle(batch.id, row.number, kept(batch, row, value))
        self._store.set(batch.id, State.DONE, due=0)

    def _kept(self, batch: BatchState, row: BatchRow, value: str) -> Outcome:
        sector = Sector(batch.sector)
        try:
            EckId.parse(value, sector=sector, segments=self._terms.segments)
        except ValueError:
            return Outcome.UNREADABLE
        entry = self._vault.find(row.account, batch.school, today=date.min)
        if entry is None or entry.stampseudonym is None:
            return Outcome.CHANGED
        if self._vault.mark(batch.school, entry.stampseudonym) != row.mark:
            return Outcome.CHANGED
        if sector in entry.eck_ids:
            return Outcome.KEPT if entry.eck_ids[sector] == value else Outcome.CHANGED
        if self._vault.held_by_others([replace(entry, eck_ids={**entry.eck_ids, sector: value})]):
            return Outcome.HELD
        return Outcome.KEPT if self._vault.learn(entry, sector, value) else Outcome.CHANGED

    def _kept_stampseudonym(self, batch: BatchState, row: BatchRow, value: str) -> Outcome:
        try:
            Stampseudonym.parse(value, segments=self._terms.segments)
        except ValueError:
            return Outcome.UNREADABLE
        entry = self._vault.find(row.account, batch.school, today=date.min)
        if entry is None:
            return Outcome.CHANGED
        if entry.stampseudonym is not None:
            return Outcome.KEPT if entry.stampseudonym == value else Outcome.CHANGED
        learnt = replace(entry, stampseudonym=value)
        if self._vault.held_by_others([learnt]):
            return Outcome.HELD
        return Outcome.KEPT if self._vault.exchange(entry, learnt) else Outcome.CHANGED

    def _later(self, batch: BatchState, state: State, trouble: Trouble) -> None:
        wait = min(FIRST_POLL * 2 ** min(batch.tries, 10), SLOWEST_POLL)
        self._store.set(batch.id, state, due=self._now() + wait, tries=batch.tries + 1, trouble=trouble.value)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    def _today(self) -> date:
        return dutch_day(self._clock.now())


def may_be_asked_for(entry: VaultEntry, sector: Sector) -> bool:
    """Whether Nummervoorziening may be asked for the ECK iD of this entry in this sector, and need be."""
    return entry.stampseudonym is not None and entry.checked is not None and sector not in entry.eck_ids
