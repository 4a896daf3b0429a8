"""Whether the ledger is what its writers wrote: every row unchanged, in its place, and none missing."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Engine

from gateway.storage import ledger_reading
from gateway.storage.ledger_chain import Chain, Chains, Head, subject_mark
from gateway.storage.ledger_reading import StoredRow, StoredWriter
from gateway.storage.sealing import SecretKey

ERASED = "erased"
"""The outcome of a row that says how many rows lost their learner at an erasure."""


class Finding(StrEnum):
    """What may be wrong with a ledger."""

    CHANGED = "changed"
    OUT_OF_PLACE = "out of place"
    MISSING = "missing"
    CUT_OFF = "cut off"
    ADDED = "added"
    HEAD_FORGED = "head forged"
    PURGE_FORGED = "purge forged"
    WRITER_MISSING = "writer missing"
    WRITER_UNKNOWN = "writer unknown"
    KEY_MISSING = "key missing"
    ERASED_UNRECORDED = "erased without a record"
    BEHIND_ANCHOR = "behind the anchor"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong, in which chain and at which row (0: the writer as a whole)."""

    finding: Finding
    writer: str
    number: int
    said: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """A writer's head at an earlier moment, kept elsewhere than in the database."""

    writer: str
    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was read, and all that was found wrong. `unchained` are rows of before there was a chain."""

    writers: int
    rows: int
    erased: int
    unchained: int
    flaws: tuple[Flaw, ...]


def verify(engine: Engine, keys: Sequence[SecretKey], anchors: Iterable[Anchor] = ()) -> Verification:
    """Read the whole ledger and check it. Raises SQLAlchemyError when the database does not answer.

    Who can write the database but has no key can take back nothing unseen, save by restoring an older state of the
    whole: anchors find that. A chain that goes on meanwhile is checked up to where it was.
    """
    walk = _Walk(Chains(keys), {one.writer: one for one in anchors})
    found = ledger_reading.writers(engine)
    flaws = [*_serials(found, walk.anchors)]
    for writer in found:
        flaws += walk.writer(writer, ledger_reading.rows_of_writer(engine, writer.head.writer))
    flaws += walk.beyond_heads(engine)
    strangers = ledger_reading.strangers(engine)
    if strangers:
        flaws.append(Flaw(Finding.WRITER_UNKNOWN, "", 0, f"{strangers} rows of writers that are not registered"))
    if walk.erased > walk.recorded:
        said = f"{walk.erased} rows have lost their learner, {walk.recorded} by recorded erasures"
        flaws.append(Flaw(Finding.ERASED_UNRECORDED, "", 0, said))
    return Verification(len(found), walk.rows, walk.erased, walk.unchained, tuple(flaws))


def _serials(found: Sequence[StoredWriter], anchors: dict[str, Anchor]) -> Iterator[Flaw]:
    there = {one.head.serial for one in found}
    for serial in range(1, max(there, default=0) + 1):
        if serial not in there:
            yield Flaw(Finding.WRITER_MISSING, "", 0, f"writer {serial} of the ledger is not there, with all its rows")
    for writer in anchors.keys() - {one.head.writer for one in found}:
        yield Flaw(Finding.WRITER_MISSING, writer, 0, "the anchor knows this writer, the ledger does not")


class _Walk:
    def __init__(self, chains: Chains, anchors: dict[str, Anchor]) -> None:
        self.chains = chains
        self.anchors = anchors
        self.rows = 0
        self.erased = 0
        self.recorded = 0
        self.unchained = 0
        self.beyond: dict[str, int] = {}

    def beyond_heads(self, engine: Engine) -> Iterator[Flaw]:
        """Rows behind the head that was read first: fine if the head has moved since."""
        heads = {one.head.writer: one.head.number for one in ledger_reading.writers(engine)} if self.beyond else {}
        for writer, number in self.beyond.items():
            if heads[writer] < number:
                yield Flaw(Finding.ADDED, writer, number, f"the head is at row {heads[writer]}")

    def writer(self, writer: StoredWriter, rows: Iterable[StoredRow]) -> Iterator[Flaw]:
        if not writer.head.writer:
            self.unchained = sum(1 for _ in rows)
            return
        chain = self.chains.of(writer.key_id)
        if chain is None:
            said = f"the key {writer.key_id} is not in the configuration: nothing of this writer can be checked"
            yield Flaw(Finding.KEY_MISSING, writer.head.writer, 0, said)
            return
        yield from _seals(writer, chain)
        yield from self._chain(writer, rows, chain)

    def _chain(self, writer: StoredWriter, rows: Iterable[StoredRow], chain: Chain) -> Iterator[Flaw]:
        head = writer.head
        anchor = self.anchors.get(head.writer)
        number, previous = writer.purged, writer.purged_head or chain.first(head.writer)
        for row in rows:
            if row.chained.number > head.number:
                self.beyond[head.writer] = row.chained.number
                break
            self.rows += 1
            yield from self._row(row, number, previous, chain)
            number, previous = row.chained.number, row.hash
            if anchor is not None and number == anchor.number and previous != anchor.hash:
                yield Flaw(Finding.BEHIND_ANCHOR, head.writer, number, "the anchor has another hash for this row")
        if number < head.number:
            said = f"rows {number + 1} to {head.number} are not there"
            yield Flaw(Finding.CUT_OFF, head.writer, number + 1, said)
        elif previous != head.hash:
            yield Flaw(Finding.CHANGED, head.writer, number, "the last row is not the one that the head names")
        if anchor is not None and head.number < anchor.number:
            said = f"the anchor has seen row {anchor.number}, the head is at {head.number}"
            yield Flaw(Finding.BEHIND_ANCHOR, head.writer, head.number, said)

    def _row(self, row: StoredRow, number: int, previous: str, chain: Chain) -> Iterator[Flaw]:
        chained = row.chained
        here = chained.number
        if here != number + 1:
            said = (
                f"row {number + 1} is not there"
                if here == number + 2
                else f"rows {number + 1} to {here - 1} are not there"
            )
            yield Flaw(Finding.MISSING, chained.writer, number + 1, said)
        elif chained.previous != previous:
            yield Flaw(Finding.OUT_OF_PLACE, chained.writer, here, "it does not follow the row before it")
        if chain.row_hash(chained) != row.hash:
            yield Flaw(Finding.CHANGED, chained.writer, here, "its contents do not match its hash")
        elif chained.row.outcome == ERASED:
            self.recorded += int(json.loads(chained.row.decision)["rows"])
        if chained.mark is None and chained.subject is None:
            return
        if chained.subject is None:
            self.erased += 1
        elif chained.mark != subject_mark(chained.subject, chained.salt or ""):
            yield Flaw(Finding.CHANGED, chained.writer, here, "its learner is not the one that it was written with")


def _seals(writer: StoredWriter, chain: Chain) -> Iterator[Flaw]:
    head = writer.head
    if chain.head_seal(head) != writer.seal:
        yield Flaw(Finding.HEAD_FORGED, head.writer, 0, "the head does not match its seal")
    if writer.purged and chain.purge_seal(head.writer, writer.purged, writer.purged_head) != writer.purge_seal:
        yield Flaw(Finding.PURGE_FORGED, head.writer, 0, "rows were deleted otherwise than by a purge")


def anchors_of(heads: Iterable[Head]) -> list[dict[str, str | int]]:
    """Heads in the form in which they are kept elsewhere."""
    return [{"writer": one.writer, "number": one.number, "hash": one.hash} for one in heads]
