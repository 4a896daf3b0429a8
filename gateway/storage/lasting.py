"""The lasting records on one SQL database: the engine, and the three kinds of record."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.dml import Insert

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import schema
from gateway.storage.contracts import AnomalyRow, LedgerRow, SubjectRow

_LEDGER_COLUMNS = tuple(column.name for column in schema.ledger.columns if column.name != "id")


def open_engine(url: str, *, directory: Path) -> Engine:
    """An engine for this SQLAlchemy URL; a relative SQLite path counts from `directory`. Opens nothing yet.

    A SQLite file that is not there is never made by opening it: a ledger that is gone is an error, not a new ledger.
    `gateway.storage.migrate.upgrade` makes it. Errors of the engine quote no values.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    return _sqlite_engine(parsed, directory)


def _sqlite_engine(url: URL, directory: Path) -> Engine:
    path = (directory / (url.database or "lasting.sqlite")).absolute()

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=10, check_same_thread=False)

    engine = create_engine(url.set(database=str(path)), creator=connect, pool_use_lifo=True, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    return engine


class SqlLedger:
    """Fulfils Ledger. A row is committed, and on SQLite synced to disk, before `append` returns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = insert(schema.ledger)

    def append(self, row: LedgerRow) -> None:
        values = {name: getattr(row, name) for name in _LEDGER_COLUMNS}
        try:
            with self._engine.begin() as connection:
                connection.execute(self._insert, values)
        except SQLAlchemyError as cause:
            raise SluisError(ErrorCode.LEDGER_UNAVAILABLE, cause=type(cause).__name__) from cause


class SqlAnomalies:
    """Fulfils Anomalies."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = _insert_or_leave(engine, schema.anomalies)

    def record(self, row: AnomalyRow) -> None:
        values = {
            "at": row.at,
            "day": row.at.date().isoformat(),
            "reference": row.reference,
            "kind": row.kind,
            "idp": row.idp,
            "school": row.school,
            "account": row.account or "",
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(self._insert, values)
        except SQLAlchemyError as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=type(cause).__name__) from cause


class SqlSubjects:
    """Fulfils Subjects."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = _insert_or_leave(engine, schema.subjects)

    def find(self, account: str, service: str) -> SubjectRow | None:
        table = schema.subjects
        wanted = select(table).where(table.c.account == account, table.c.service == service)
        try:
            with self._engine.connect() as connection:
                found = connection.execute(wanted).one_or_none()
        except SQLAlchemyError as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=type(cause).__name__) from cause
        return SubjectRow(found.account, found.service, found.key_id, _utc(found.since)) if found else None

    def keep(self, row: SubjectRow) -> SubjectRow:
        values = {"account": row.account, "service": row.service, "key_id": row.key_id, "since": row.since}
        try:
            with self._engine.begin() as connection:
                connection.execute(self._insert, values)
        except SQLAlchemyError as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=type(cause).__name__) from cause
        return self.find(row.account, row.service) or row


def _utc(moment: datetime) -> datetime:
    """SQLite keeps no zone; what the gateway hands it is UTC."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _insert_or_leave(engine: Engine, table: Any) -> Insert:
    make = insert_sqlite if engine.dialect.name == "sqlite" else insert_postgresql
    return make(table).on_conflict_do_nothing()
