"""A connection to PostgreSQL that is given up when the server does not answer.

The server ends a statement that takes too long, if it runs; one that hangs, and a network that swallows what it is
sent on a connection that exists, end nothing, and the thread of a login would wait until they are back.
"""

import time
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Connection, Engine, event, text

_T = TypeVar("_T")

SECONDS = 8.0
"""That a server has to answer: more than it gives a statement (`statement_timeout`), after which it says so itself."""


class BoundedConnection(psycopg.Connection[Any]):
    """Closed, with OperationalError, when no answer came within `SECONDS`; while `is_hasty`, which it is at first."""

    is_hasty = True

    def wait(self, gen: PQGen[_T], interval: float = 0.1, timeout: float | None = None) -> _T:
        """As of its base class, which has no bound by itself."""
        bound = SECONDS if timeout is None and self.is_hasty else timeout
        begun = time.monotonic()
        try:
            return super().wait(gen, interval, bound)
        except psycopg.OperationalError:
            if bound is not None and time.monotonic() - begun >= bound:
                # Its answer may still come, and would be taken for that to the next statement.
                self.pgconn.finish()
            raise


def bound(engine: Engine) -> None:
    """Have an engine's connections be such ones."""

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> BoundedConnection:
        return BoundedConnection.connect(*arguments, **options)

    @event.listens_for(engine, "checkin")
    def _hasty_again(connection: Any, _record: Any) -> None:
        if isinstance(connection, BoundedConnection):
            connection.is_hasty = True


def without_haste(connection: Connection) -> None:
    """Until the end of its transaction statements may take as long as they do: nobody's login waits for them.

    For a connection of an engine of `bound`, which a pool gets back when the transaction is over; nothing on SQLite.
    """
    if connection.dialect.name == "postgresql":
        driver = connection.connection.driver_connection
        if isinstance(driver, BoundedConnection):
            driver.is_hasty = False
        connection.execute(text("SET LOCAL statement_timeout = 0"))
