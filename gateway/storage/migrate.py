"""Versions of the lasting schema: bring it up to date, or say that it is not."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.errors import ErrorCode, SluisError

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
    """Compare the database with this gateway."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    needed = ScriptDirectory.from_config(_config()).get_current_head()
    assert needed is not None
    return SchemaStatus(current, needed)


def check(engine: Engine) -> None:
    """Return when the database answers and fits; raises SluisError(LEDGER_UNAVAILABLE)."""
    try:
        fits = status(engine).fits
    except SQLAlchemyError as cause:
        raise SluisError(ErrorCode.LEDGER_UNAVAILABLE, cause=type(cause).__name__) from cause
    if not fits:
        raise SluisError(ErrorCode.LEDGER_UNAVAILABLE, cause="the schema does not fit: sluis db upgrade")


def upgrade(engine: Engine) -> None:
    """Bring the schema up to date; of several at once one works and the others wait, and find it done."""
    with engine.begin() as connection:
        _lock(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
