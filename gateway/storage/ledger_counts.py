"""The ledger, counted by the database: a line for each person and kind comes out, however many rows there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, distinct, func, or_, select

from gateway.storage import schema
from gateway.storage.bounded_connection import without_haste
from gateway.storage.engine import utc
from gateway.storage.ledger_answers import ANSWERED
from gateway.storage.ledger_verification import ERASED

_AT_A_TIME = 1000
_ledger = schema.ledger.c
_writers = schema.ledger_writers.c


@dataclass(frozen=True, slots=True)
class Kind:
    """What rows that are counted together have in common; the fields are those of `LedgerRow`."""

    school: str | None
    service: str
    role: str | None
    outcome: str
    code: str | None
    subject_kind: str | None
    decision: str


@dataclass(frozen=True, slots=True)
class Counted:
    """The logins of one kind of one person. A login has one reference, however many rows it has.

    `subject` is the person as the ledger knows them under the key `key_id`: another key knows the same person by
    another hash. It is None for all whom the ledger does not know (any more).
    """

    kind: Kind
    key_id: str
    subject: str | None
    logins: int


def counted(
    engine: Engine, *, since: datetime, until: datetime, school: str, idps: Sequence[str] = ()
) -> Iterator[Counted]:
    """Releases and refusals of a school from `since` up to but not including `until`.

    Rows that name no school count too where they are of one of these identity providers.
    """
    of_school: ColumnElement[bool] = _ledger.school == school
    if idps:
        of_school = or_(of_school, and_(_ledger.school.is_(None), _ledger.idp.in_(idps)))
    kinds = (
        _ledger.school, _ledger.service, _ledger.role, _ledger.outcome, _ledger.code, _ledger.subject_kind,
        _ledger.decision,
    )  # fmt: skip
    key_id = func.coalesce(_writers.key_id, "").label("key_id")
    wanted = (
        select(*kinds, key_id, _ledger.subject_hash, func.count(distinct(_ledger.reference)).label("logins"))
        .outerjoin_from(schema.ledger, schema.ledger_writers, _ledger.writer == _writers.writer)
        .where(of_school, _ledger.at >= since, _ledger.at < until, _ledger.outcome.not_in((ANSWERED, ERASED)))
        .group_by(*kinds, key_id, _ledger.subject_hash)
    )
    with engine.connect() as connection:
        without_haste(connection)
        for one in connection.execution_options(yield_per=_AT_A_TIME).execute(wanted):
            yield _of(one)


def began(engine: Engine) -> datetime | None:
    """When the first writer of the ledger began, whether or not its rows were purged since; None: there is none."""
    with engine.connect() as connection:
        first = connection.scalar(select(func.min(_writers.began)).where(_writers.writer != ""))
    return utc(first) if first is not None else None


def _of(one: Any) -> Counted:
    kind = Kind(one.school, one.service, one.role, one.outcome, one.code, one.subject_kind, one.decision)
    return Counted(kind, one.key_id, one.subject_hash, one.logins)
