"""Whether a connection of the pool is still one, without a way to the server and back before each statement.

A server that ends, or is killed, closes its connections: then there is something to read on one that nobody asked
anything. Only then it is asked whether it lives. What a network swallowed says nothing; that its statement gets no
answer shows it (`gateway.storage.bounded_connection`).
"""

import select
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError


def checked(engine: Engine) -> None:
    """Have the pool of an engine for psycopg look at each connection that it gives; all are dropped for a dead one."""
    failures = engine.dialect.loaded_dbapi.Error

    @event.listens_for(engine, "checkout")
    def _look(connection: Any, _record: Any, _proxy: Any) -> None:
        try:
            if _is_silent(connection.fileno()) or engine.dialect.do_ping(connection):
                return
        except failures as cause:
            raise InvalidatePoolError from cause


def _is_silent(descriptor: int) -> bool:
    looked = select.poll()
    looked.register(descriptor, select.POLLIN)
    return not looked.poll(0)
