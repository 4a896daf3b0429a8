"""Versions of the lasting schema: bring it up to date, or say that it is not.

Every migration says in `serves` which is the oldest version whose gateways go on working on the schema that it makes:
the one before it, at least. The database keeps that list, so that an older gateway, which cannot know the migration,
knows that it may go on: while replicas are replaced one by one, and after a step back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, delete, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import sqlite_files
from gateway.storage.bounded_connection import without_haste
from gateway.storage.schema import schema_serves
from gateway.storage.trouble import in_words

_ADVISORY_LOCK = 0x51D15


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """The version that the database has (None: empty) and the one that this gateway needs."""

    current: str | None
    needed: str
    serves: frozenset[str] = frozenset()
    """Versions before `current` that the database says it serves as well; not asked where it has the one needed."""

    @property
    def fits(self) -> bool:
        """Whether the gateway can run on it."""
        return self.needed in {self.current, *self.serves}

    @property
    def is_newer(self) -> bool:
        """Whether it is of a newer gateway, and made so that this one goes on working."""
        return self.fits and self.current != self.needed


def status(engine: Engine) -> SchemaStatus:
    """Compare the database with this gateway; makes none. Raises SQLAlchemyError when it does not answer."""
    if not _is_made(engine):
        return SchemaStatus(None, _needed())
    with engine.connect() as connection:
        return _status(connection)


def is_empty(engine: Engine) -> bool:
    """Whether there is no database yet, or nothing in it. Raises as `status` does."""
    return not _is_made(engine) or not inspect(engine).get_table_names()


def check(engine: Engine) -> None:
    """Return when the database answers and fits; raises SluisError(LEDGER_UNAVAILABLE)."""
    try:
        fits = status(engine).fits
    except (SQLAlchemyError, OSError) as cause:
        raise SluisError(ErrorCode.LEDGER_UNAVAILABLE, cause=in_words(cause)) from cause
    if not fits:
        raise SluisError(ErrorCode.LEDGER_UNAVAILABLE, cause="the schema does not fit: sluis db upgrade")


def upgrade(engine: Engine) -> None:
    """Bring the schema up to date; of several at once one works and the others wait, and find it done.

    A SQLite file is made when there is none. A newer schema that serves this gateway stays as it is. Raises
    SQLAlchemyError, OSError, or alembic's CommandError when the database has a version that this gateway does not know;
    whatever fails changes nothing.
    """
    if engine.dialect.name == "sqlite":
        sqlite_files.make(_file(engine))
    with engine.begin() as connection:
        _lock(connection)
        if _status(connection).is_newer:
            return
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _say_whom_it_serves(connection)


def served_by(scripts: ScriptDirectory) -> Sequence[str]:
    """The versions whose gateways work on the newest schema, the newest first: none but itself, at worst."""
    served: list[str] = []
    oldest: int | None = None
    chain = list(scripts.walk_revisions())
    numbers = {script.revision: len(chain) - at for at, script in enumerate(chain)}
    for script in chain:
        if oldest is not None and numbers[script.revision] < oldest:
            break
        served.append(script.revision)
        says = getattr(script.module, "serves", script.revision)
        oldest = max(oldest or 0, numbers[says])
    return served


def _status(connection: Connection) -> SchemaStatus:
    current, needed = MigrationContext.configure(connection).get_current_revision(), _needed()
    if current in {None, needed} or not inspect(connection).has_table(schema_serves.name):
        return SchemaStatus(current, needed)
    serves = frozenset(connection.scalars(select(schema_serves.c.version)))
    # A list without the version itself was written for another one.
    return SchemaStatus(current, needed, serves if current in serves else frozenset())


def _say_whom_it_serves(connection: Connection) -> None:
    served = served_by(ScriptDirectory.from_config(_config()))
    connection.execute(delete(schema_serves))
    connection.execute(insert(schema_serves), [{"version": version} for version in served])


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # To wait for another upgrade, and to work on a large table, takes longer than a login may.
        without_haste(connection)
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
