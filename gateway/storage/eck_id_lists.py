"""What Nummervoorziening said it has, kept so that it need not be asked each time, nor be there."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from gateway.storage import schema
from gateway.storage.engine import insert_or_replace, utc

_table = schema.eck_id_lists


@dataclass(frozen=True, slots=True)
class ListKept:
    """Ids and names, and when they were said."""

    pairs: tuple[tuple[str, str], ...]
    fetched: datetime


class SqlLists:
    """On SQL. Raises SQLAlchemyError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._put = insert_or_replace(engine, _table, ("kind",))

    def put(self, kind: str, pairs: Sequence[tuple[str, str]], now: datetime) -> None:
        """Keep a list in place of what was there."""
        with self._engine.begin() as connection:
            connection.execute(self._put, {"kind": kind, "content": json.dumps(pairs), "fetched": now})

    def find(self, kind: str) -> ListKept | None:
        """What was said last."""
        with self._engine.connect() as connection:
            row = connection.execute(select(_table).where(_table.c.kind == kind)).one_or_none()
        if row is None:
            return None
        return ListKept(tuple((one[0], one[1]) for one in json.loads(row.content)), utc(row.fetched))
