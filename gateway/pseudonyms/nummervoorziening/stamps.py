"""Stampseudonyms of hashes, submitted in batches; what comes of them `batches` asks for and keeps in the vault.

A hash is the gateway's for as long as it takes to submit it, and kept nowhere. So a batch that was not taken is
forgotten, and whoever has the hashes submits them another time.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import islice
from typing import Protocol

from gateway.domain.clock import Clock
from gateway.domain.sector import Sector
from gateway.pseudonyms.nummervoorziening.batches import FIRST_POLL
from gateway.pseudonyms.nummervoorziening.faults import HEARD_NOTHING, NummervoorzieningFailed, Trouble
from gateway.storage.eck_id_batches import LEASE_SECONDS, STAMPS, SqlEckIdBatches, State
from gateway.storage.vault import Vault
from gateway.storage.vault_entry import VaultEntry

NOT_TAKEN = HEARD_NOTHING | {Trouble.DAILY_LIMIT, Trouble.REFUSED}
"""After these nothing of a batch is there."""


class TakesHashes(Protocol):
    """What is used of the client."""

    def submit_hashes(self, oin: str, hpgns: Mapping[int, str]) -> str:
        """Ask for stampseudonyms; the batch's identifier. Raises NummervoorzieningFailed."""
        ...


class StampBatches:
    """Submits the hashes of one school. `most` are the learners in a batch at most."""

    def __init__(
        self, *, service: TakesHashes, store: SqlEckIdBatches, vault: Vault, oin: str, most: int, clock: Clock
    ) -> None:
        self._service = service
        self._store = store
        self._vault = vault
        self._oin = oin
        self._most = most
        self._clock = clock

    def needs_one(self, learner: VaultEntry, sector: Sector) -> bool:
        """Whether the vault has neither a stampseudonym of this learner nor an ECK iD in the sector."""
        held = self._vault.find(learner.account, learner.school, today=date.min)
        return held is None or (held.stampseudonym is None and sector not in held.eck_ids)

    def submit(self, learners: Iterable[tuple[VaultEntry, str]]) -> Iterator[tuple[int, int]]:
        """Submit the hash of each learner who is in no open batch; each batch's id, and how many it has.

        Whom the vault does not have yet is put there, without an identifier. Raises NummervoorzieningFailed: batches
        before that one stay, and it is there only where nobody knows whether it was taken.
        """
        remaining = iter(learners)
        while some := list(islice(remaining, self._most)):
            made = self._made(some)
            if made is not None:
                yield made

    def _made(self, some: Iterable[tuple[VaultEntry, str]]) -> tuple[int, int] | None:
        learners = {learner.account: (learner, hpgn) for learner, hpgn in some}
        now = int(self._clock.now().timestamp())
        made = self._store.make(
            next(iter(learners.values()))[0].school,
            STAMPS,
            tuple(learners),
            self._clock.now(),
            state=State.SUBMITTING,
            due=now + LEASE_SECONDS,
        )
        if made is None:
            return None
        batch, numbers = made[0], {row.number: row.account for row in self._store.rows(made[0])}
        self._know(learners[account][0] for account in numbers.values())
        try:
            identifier = self._service.submit_hashes(
                self._oin, {number: learners[account][1] for number, account in numbers.items()}
            )
        except NummervoorzieningFailed as cause:
            if cause.trouble in NOT_TAKEN:
                self._store.withdraw(batch)
            else:
                self._store.set(batch, State.UNSURE, due=0, trouble=cause.trouble.value)
            raise
        self._store.submitted(batch, identifier, due=now + FIRST_POLL)
        return made

    def _know(self, learners: Iterable[VaultEntry]) -> None:
        """What the administration said of them before stays."""
        unknown = []
        for learner in learners:
            held = self._vault.find(learner.account, learner.school, today=date.min)
            if held is None:
                unknown.append(learner)
            elif held.checked is None:
                self._vault.exchange(held, replace(held, checked=learner.checked))
        self._vault.put([unknown], at_once=True)
