"""One writer of the ledger: gives rows their places in its chain and puts them into the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.randomness import Randomness
from gateway.storage.contracts import LedgerRow, Seen
from gateway.storage.ledger_answers import Place, answers_text
from gateway.storage.ledger_chain import Chain, ChainedRow, Head, subject_mark
from gateway.storage.ledger_statements import Statements


class ChainWriter:
    """Writes one chain. `forget` begins another: for a process that forked, and after any failure."""

    def __init__(self, chain: Chain, says: Statements, randomness: Randomness) -> None:
        self._chain = chain
        self._says = says
        self._randomness = randomness
        self._head: Head | None = None

    def forget(self) -> None:
        """Go on as a new writer."""
        self._head = None

    def write(
        self, cursor: Any, rows: Sequence[LedgerRow], answers: Sequence[Place], seen: Sequence[Seen] = ()
    ) -> tuple[Place, ...]:
        """Put rows behind each other at the end of the chain, and commit; their places. Raises the driver's errors.

        The first takes along which earlier rows were answered, and all what was seen at their logins.
        """
        says = self._says
        # Of one account what was seen last; in one order, so that two writers never wait for each other.
        accounts = {one.account: one for one in seen}
        sightings = [value for key in sorted(accounts) for value in says.seen_values(accounts[key])]
        both = says.inserting_and_moving(len(rows), len(accounts))
        if self._head is not None and both is not None:
            links = self._linked(rows, self._head, answers)
            head = links.head
            moved = (head.number, head.hash, self._chain.head_seal(head), head.writer)
            cursor.execute(both, (*sightings, *moved, *links.values))
        else:
            cursor.execute(says.begin)
            links = self._linked(rows, self._head or self._new_writer(cursor, rows[0]), answers)
            cursor.execute(says.inserting(len(rows)), links.values)
            self._keep_head(cursor, links.head)
            if accounts:
                cursor.execute(says.seeing(len(accounts)), sightings)
            cursor.execute("COMMIT")
        self._head = links.head
        return tuple(links.places)

    def _new_writer(self, cursor: Any, row: LedgerRow) -> Head:
        """A writer without rows. Several that begin at once take turns, until their transactions end."""
        if self._says.lock:
            cursor.execute(self._says.lock)
        cursor.execute(self._says.serial)
        serial = cursor.fetchone()[0]
        writer = self._randomness.bytes(16).hex()
        return Head(writer, serial, row.at, 0, self._chain.first(writer))

    def _keep_head(self, cursor: Any, head: Head) -> None:
        seal = self._chain.head_seal(head)
        if self._head is None:
            cursor.execute(self._says.register, self._says.head_values(head, self._chain.key_id, seal))
        else:
            cursor.execute(self._says.move, (head.number, head.hash, seal, head.writer))

    def _linked(self, rows: Sequence[LedgerRow], head: Head, answers: Sequence[Place]) -> "_Links":
        links = _Links(head)
        text = answers_text(answers, head.writer)
        for row in rows:
            last = links.head
            chained = self._chained(row, last, text)
            row_hash = self._chain.row_hash(chained)
            links.values += self._says.row_values(chained, row_hash)
            links.places.append(Place(last.writer, chained.number))
            links.head = Head(last.writer, last.serial, last.began, chained.number, row_hash)
            text = None
        return links

    def _chained(self, row: LedgerRow, last: Head, answers: str | None) -> ChainedRow:
        subject = self._chain.subject(row.subject_hash)
        salt = self._randomness.bytes(16).hex() if subject is not None else None
        return ChainedRow(
            row=row,
            writer=last.writer,
            number=last.number + 1,
            answers=answers,
            subject=subject,
            salt=salt,
            mark=subject_mark(subject, salt) if subject is not None and salt is not None else None,
            previous=last.hash,
        )


@dataclass(slots=True)
class _Links:
    head: Head
    places: list[Place] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
