"""The engine of the lasting records: one SQL database, SQLite or PostgreSQL."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, create_engine, event
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.sql.dml import Insert

from gateway.storage import bounded_connection, encoding, live_connection

_POOL_SECONDS = 5
"""That a thread waits for a connection; there is one for each, so that waiting means that something is wrong."""


def open_engine(url: str, *, directory: Path, threads: int = 4) -> Engine:
    """An engine for this SQLAlchemy URL; a relative SQLite path counts from `directory`. Opens nothing yet.

    `threads` may use it at once: so many connections to PostgreSQL are kept, and one for the ledger.

    A SQLite file that is not there is never made by opening it: a ledger that is gone is an error, not a new ledger.
    `gateway.storage.migrate.upgrade` makes it. Errors of the engine quote no values.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return _postgresql_engine(parsed, threads)
    return _sqlite_engine(parsed, directory)


def _postgresql_engine(url: URL, threads: int) -> Engine:
    """PostgreSQL through psycopg, if the URL names no other driver; what the URL says of time comes first.

    A connection has 3 seconds to be made, a statement 5 to be carried out; unanswered packets end it after 10. A server
    that hangs is given up after 8, unless the URL has options of its own. Connections are used in turn, so that those
    of before an outage are soon found to be dead, and closed. A database that does not keep text as UTF-8 is refused.
    """
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    waiting = {"connect_timeout": "3", "tcp_user_timeout": "10000", "options": "-c statement_timeout=5s"}
    is_psycopg = url.drivername == "postgresql+psycopg"
    hasty = is_psycopg and "options" not in url.query
    url = url.set(query={**waiting, **url.query})
    engine = create_engine(
        url,
        pool_size=threads + 1,
        max_overflow=1,
        pool_timeout=_POOL_SECONDS,
        pool_pre_ping=not is_psycopg,
        pool_recycle=1800,
        hide_parameters=True,
    )
    if is_psycopg:
        live_connection.checked(engine)
        encoding.checked(engine)
    if hasty:
        bounded_connection.bound(engine)
    return engine


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


def utc(moment: datetime | str) -> datetime:
    """A moment as the database gave it, or its driver: SQLite keeps no zone; what the gateway hands it is UTC."""
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def insert_or_leave(engine: Engine, table: Table) -> Insert:
    """An insert that leaves the row that is there, if its key is taken."""
    make = insert_sqlite if engine.dialect.name == "sqlite" else insert_postgresql
    return make(table).on_conflict_do_nothing()


def insert_or_replace(engine: Engine, table: Table, keys: tuple[str, ...]) -> Insert:
    """An insert that writes over the row that is there, if its key is taken."""
    make = insert_sqlite if engine.dialect.name == "sqlite" else insert_postgresql
    statement = make(table)
    changed = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)
