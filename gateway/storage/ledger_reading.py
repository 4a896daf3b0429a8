"""Reading the ledger: rows as they were written, in streams, however many there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from gateway.storage import schema
from gateway.storage.contracts import LedgerRow
from gateway.storage.engine import utc
from gateway.storage.ledger_answers import ANSWERED, Place, answered_places
from gateway.storage.ledger_chain import ChainedRow, Head

_AT_A_TIME = 1000
_ledger = schema.ledger.c
_writers = schema.ledger_writers.c


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row of the ledger with its hash, as it lies in the database."""

    chained: ChainedRow
    hash: str


@dataclass(frozen=True, slots=True)
class StoredWriter:
    """A writer as the database has it. Rows up to `purged` were deleted; the last of them had `purged_head`."""

    head: Head
    key_id: str
    seal: str
    purged: int
    purged_head: str
    purge_seal: str


def writers(engine: Engine) -> tuple[StoredWriter, ...]:
    """All writers, in the order in which they began."""
    with engine.connect() as connection:
        found = connection.execute(select(schema.ledger_writers).order_by(_writers.serial)).all()
    return tuple(
        StoredWriter(
            Head(one.writer, one.serial, utc(one.began), one.number, one.head),
            one.key_id,
            one.seal,
            one.purged,
            one.purged_head,
            one.purge_seal,
        )
        for one in found
    )


def rows_of_writer(engine: Engine, writer: str) -> Iterator[StoredRow]:
    """A writer's rows in their order."""
    wanted = select(schema.ledger).where(_ledger.writer == writer).order_by(_ledger.number)
    return _stream(engine, wanted)


def rows_between(engine: Engine, *, since: datetime, until: datetime, school: str | None = None) -> Iterator[StoredRow]:
    """Releases and refusals from `since` up to but not including `until`, of one school or of all."""
    wanted = select(schema.ledger).where(_ledger.at >= since, _ledger.at < until, _ledger.outcome != ANSWERED)
    if school is not None:
        wanted = wanted.where(_ledger.school == school)
    return _stream(engine, wanted.order_by(_ledger.at, _ledger.id))


def answered(engine: Engine, *, since: datetime) -> frozenset[Place]:
    """The rows from `since` on that are known to have been followed by an answer."""
    wanted = select(_ledger.writer, _ledger.answers).where(_ledger.at >= since, _ledger.answers.is_not(None))
    with engine.connect() as connection:
        found = connection.execution_options(yield_per=_AT_A_TIME).execute(wanted)
        return frozenset(place for one in found for place in answered_places(one.answers, one.writer))


def strangers(engine: Engine) -> int:
    """How many rows there are of writers that the ledger does not know."""
    known = select(_writers.writer)
    wanted = select(_ledger.id).where(_ledger.writer.not_in(known))
    with engine.connect() as connection:
        return len(connection.execute(wanted).all())


def _stream(engine: Engine, wanted: Any) -> Iterator[StoredRow]:
    # Who reads may stop in the middle: a server's cursor is not left open then.
    with engine.connect() as connection, connection.execution_options(yield_per=_AT_A_TIME).execute(wanted) as found:
        for one in found:
            yield _stored(one)


def _stored(one: Any) -> StoredRow:
    row = LedgerRow(
        at=utc(one.at),
        reference=one.reference,
        service=one.service,
        idp=one.idp,
        school=one.school,
        role=one.role,
        outcome=one.outcome,
        code=one.code,
        agreement=one.agreement,
        attribute_set=one.attribute_set,
        policy=one.policy,
        subject_kind=one.subject_kind,
        subject_hash=one.subject_hash,
        decision=one.decision,
    )
    chained = ChainedRow(
        row=row,
        writer=one.writer,
        number=one.number,
        answers=one.answers,
        subject=one.subject_hash,
        salt=one.subject_salt,
        mark=one.subject_mark,
        previous=one.previous,
    )
    return StoredRow(chained, one.hash)
