"""The subjects on SQL."""

from sqlalchemy import Engine, bindparam, select

from gateway.storage import schema
from gateway.storage.contracts import SubjectRow
from gateway.storage.engine import insert_or_leave, utc
from gateway.storage.query import Query
from gateway.storage.transaction import transaction

_column = schema.subjects.c
_FIND = select(_column.key_id, _column.since, _column.anchor, _column.after).where(
    _column.account == bindparam("account"), _column.service == bindparam("service")
)


class SqlSubjects:
    """Fulfils Subjects."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = insert_or_leave(engine, schema.subjects)
        self._found = Query(engine, _FIND)

    def find(self, account: str, service: str) -> SubjectRow | None:
        row = self._found.one({"account": account, "service": service})
        if row is None:
            return None
        key_id, since, anchor, after = row
        return SubjectRow(account, service, key_id, utc(since), anchor, after)

    def keep(self, row: SubjectRow) -> SubjectRow:
        values = {
            "account": row.account,
            "service": row.service,
            "key_id": row.key_id,
            "since": row.since,
            "anchor": row.anchor,
            "after": row.after,
        }
        with transaction(self._engine) as connection:
            connection.execute(self._insert, values)
        return self.find(row.account, row.service) or row
