"""The one connection that a process writes the ledger by."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection


class LedgerConnection:
    """Opened on first use and kept; outside a transaction each statement commits by itself.

    The caller sees to it that one thread uses it at a time. A SQLite file that was moved or replaced since is opened
    anew: what is written to a file without a name is lost.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._path = Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None
        self._held: PoolProxiedConnection | None = None
        self._file: tuple[int, int] | None = None

    @property
    def is_kept(self) -> bool:
        """Whether there is one from before."""
        return self._held is not None

    def open(self) -> None:
        """See to it that `driver` can be used. Raises as the engine does, or OSError."""
        file = self._identity()
        if self._held is not None and file == self._file:
            return
        self.drop()
        self._held, self._file = self._engine.raw_connection(), file
        if self._path is None:
            self.driver.rollback()
            self.driver.autocommit = True
            self._insist_on_durability()
        else:
            self.driver.isolation_level = None

    @property
    def driver(self) -> Any:
        """The driver's own connection."""
        assert self._held is not None
        return self._held.driver_connection

    def drop(self) -> None:
        """Close it: something went wrong with it.

        An open transaction ends here: a cursor that somebody still holds, such as a traceback, would keep its locks.
        """
        held, self._held = self._held, None
        if held is None:
            return
        broken = (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error)
        with suppress(*broken):
            held.rollback()
        with suppress(*broken):
            held.invalidate()

    def abandon(self) -> None:
        """Forget it without closing: it is the parent's, which goes on using it."""
        self._engine.dispose(close=False)
        self._held = None

    def _identity(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        found = self._path.stat()
        return found.st_dev, found.st_ino

    def _insist_on_durability(self) -> None:
        """A server may be set to answer before a commit is on its disk; for the ledger it does not."""
        cursor = self.driver.cursor()
        cursor.execute("SHOW synchronous_commit")
        if cursor.fetchone()[0] == "off":
            cursor.execute("SET synchronous_commit TO on")
