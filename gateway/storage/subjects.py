"""The subjects on SQL."""

from typing import Any

from sqlalchemy import Engine, Row, bindparam, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import schema
from gateway.storage.contracts import SubjectRow
from gateway.storage.engine import insert_or_leave, utc

_FIND = select(schema.subjects).where(
    schema.subjects.c.account == bindparam("account"), schema.subjects.c.service == bindparam("service")
)
"""Made once: to make it costs twice what it takes to carry it out."""


class SqlSubjects:
    """Fulfils Subjects."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = insert_or_leave(engine, schema.subjects)

    def find(self, account: str, service: str) -> SubjectRow | None:
        try:
            with self._engine.connect() as connection:
                found = connection.execute(_FIND, {"account": account, "service": service}).one_or_none()
        except SQLAlchemyError as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=type(cause).__name__) from cause
        return _row(found) if found else None

    def keep(self, row: SubjectRow) -> SubjectRow:
        values = {
            "account": row.account,
            "service": row.service,
            "key_id": row.key_id,
            "since": row.since,
            "anchor": row.anchor,
            "after": row.after,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(self._insert, values)
        except SQLAlchemyError as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=type(cause).__name__) from cause
        return self.find(row.account, row.service) or row


def _row(found: Row[Any]) -> SubjectRow:
    return SubjectRow(found.account, found.service, found.key_id, utc(found.since), found.anchor, found.after)
