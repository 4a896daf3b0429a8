"""Versions of the lasting schema: bring it up to date, or say that it is not."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import sqlite_files

_ADVISORY_LOCK = 0x51D15


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """The version that the database has (None: empty) and the one that this gateway needs."""

    current: str | None
    needed: str

    @property
    def fits(self) -> bool:
        """Whether the gateway can run on it."""
        return self.current == self.needed


def status(engine: Engine) -> SchemaStatus:
    """Compare the database with this gateway; makes none. Raises SQLAlchemyError when it does not answer."""
    if not _is_made(engine):
        return SchemaStatus(None, _needed())
    with engine.connect() as connection:
        return SchemaStatus(MigrationContext.configure(connection).get_current_revision(), _needed())


def is_empty(engine: Engine) -> bool:
    """Whether there is no database yet, or nothing in it. Raises as `status` does."""
    return not _is_made(engine) or not inspect(engine).get_table_names()


def check(engine: Engine) -> None:
    """Return when the database answers and fits; raises SluisError(LEDGER_UNAVAILABLE)."""
    try:
        fits = status(engine).fits
    except (SQLAlchemyError, OSError) as cause:
        raise SluisError(ErrorCode.LEDGER_UNAVAILABLE, cause=type(cause).__name__) from cause
    if not fits:
        raise SluisError(ErrorCode.LEDGER_UNAVAILABLE, cause="the schema does not fit: sluis db upgrade")


def upgrade(engine: Engine) -> None:
    """Bring the schema up to date; of several at once one works and the others wait, and find it done.

    A SQLite file is made when there is none. Raises SQLAlchemyError, OSError, or alembic's CommandError when the
    database has a version that this gateway does not know; whatever fails changes nothing.
    """
    if engine.dialect.name == "sqlite":
        sqlite_files.make(_file(engine))
    with engine.begin() as connection:
        _lock(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # To wait for another upgrade, and to work on a large table, takes longer than a login may.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _is_made(engine: Engine) -> bool:
    return engine.dialect.name != "sqlite" or _file(engine).exists()


def _file(engine: Engine) -> Path:
    return Path(engine.url.database or "")


@cache
def _needed() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
