"""The ledger on SQL: chained, and committed in groups."""

import os
from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import Randomness
from gateway.storage.contracts import LedgerRow, Measure, Seen
from gateway.storage.ledger_answers import Answers, Place, answers_row, row_of_a_size
from gateway.storage.ledger_chain import Chain
from gateway.storage.ledger_connection import LedgerConnection
from gateway.storage.ledger_statements import statements
from gateway.storage.ledger_writer import ChainWriter
from gateway.storage.sealing import SecretKey


@dataclass(slots=True)
class _Waiting:
    """A row on its way: with a place when it is durable, with a failure when it is not going to be."""

    row: LedgerRow
    seen: Seen | None = None
    place: Place | None = None
    failure: Exception | None = None


class Standing(Protocol):
    """What all workers of a gateway know of the ledger."""

    ledger_fails: bool
    """Whether the last row could not be written."""


@dataclass(slots=True)
class Alone:
    """Fulfils Standing for one process."""

    ledger_fails: bool = False


class SqlLedger:
    """Fulfils Ledger. A row is committed, and on SQLite synced to disk, before `append` returns.

    Whoever comes first writes for all that wait: they share one transaction. A process is one writer of the chain;
    after a failure it goes on as a new one, since nobody can tell whether a commit without an answer was made.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        key: SecretKey,
        clock: Clock,
        randomness: Randomness,
        measure: Measure = nullcontext,
        standing: Standing | None = None,
    ) -> None:
        self._measure = measure
        self._standing = standing or Alone()
        self._clock = clock
        self._writer = ChainWriter(Chain(key), statements(engine.dialect.name), randomness)
        self._connection = LedgerConnection(engine)
        driver = engine.dialect.loaded_dbapi
        self._spoilt: tuple[type[Exception], ...] = (driver.IntegrityError, driver.DataError, driver.ProgrammingError)
        self._errors: tuple[type[Exception], ...] = (SQLAlchemyError, driver.Error, OSError)
        self._waiting: deque[_Waiting] = deque()
        self._turn = Lock()
        self._process = os.getpid()
        self.answers = Answers(self.flush)

    def append(self, row: LedgerRow, *, seen: Seen | None = None) -> None:
        with self._measure():
            place = self._append(row, seen)
        self.answers.note(place)

    def take_back(self) -> None:
        self.answers.take_back()

    def check(self) -> None:
        """Return when the last row was written, by whichever worker, or can be by now. Raises SluisError as `append`.

        After a failure a row is written that says nothing, as long as that of a release: whoever asks then learns
        whether the next login can end, and nobody who logs in has to find out.
        """
        if self._standing.ledger_fails:
            self._append(row_of_a_size(self._clock.now()))

    def flush(self) -> None:
        """Write down which answers have left, if no row has taken that along. Raises SluisError as `append` does."""
        if self.answers.waiting:
            self._append(answers_row(self._clock.now()))

    def close(self) -> None:
        """Write down what is to be written down and let the database go. Raises SluisError as `append` does."""
        try:
            self.flush()
        finally:
            with self._turn:
                self._connection.drop()

    def _append(self, row: LedgerRow, seen: Seen | None = None) -> Place:
        waiting = _Waiting(row, seen)
        self._waiting.append(waiting)
        with self._turn:
            if waiting.place is None and waiting.failure is None:
                self._settle(self._all_waiting())
        if waiting.place is None:
            cause = waiting.failure
            raise SluisError(ErrorCode.LEDGER_UNAVAILABLE, cause=type(cause).__name__) from cause
        return waiting.place

    def _all_waiting(self) -> list[_Waiting]:
        batch = []
        while self._waiting:
            batch.append(self._waiting.popleft())
        return batch

    def _settle(self, batch: Sequence[_Waiting]) -> None:
        if self._process != os.getpid():
            self._process = os.getpid()
            self._writer.forget()
            self._connection.abandon()
        failure = self._try(batch)
        self._standing.ledger_fails = failure is not None and not isinstance(failure, self._spoilt)
        if isinstance(failure, self._spoilt) and len(batch) > 1:
            # One row that the database does not take must not stop the others.
            for one in batch:
                one.failure = self._try([one])
        else:
            for one in batch:
                one.failure = failure

    def _try(self, batch: Sequence[_Waiting]) -> Exception | None:
        """What kept the rows from being written. A kept connection may have gone stale: then a fresh one gets a try."""
        failure: Exception | None = None
        for _ in range(2):
            kept = self._connection.is_kept
            try:
                self._connection.open()
                self._write(batch)
            except self._errors as cause:
                failure = cause
                self._writer.forget()
                self._connection.drop()
                if not kept or isinstance(cause, self._spoilt):
                    break
            else:
                return None
        return failure

    def _write(self, batch: Sequence[_Waiting]) -> None:
        answers = self.answers.take()
        try:
            cursor = self._connection.driver.cursor()
            seen = [one.seen for one in batch if one.seen is not None]
            places = self._writer.write(cursor, [one.row for one in batch], answers, seen)
        except BaseException:
            self.answers.put_back(answers)
            raise
        for one, place in zip(batch, places, strict=True):
            one.place = place
