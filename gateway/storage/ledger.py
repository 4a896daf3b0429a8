"""The ledger on SQL."""

from sqlalchemy import Engine, insert
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import schema
from gateway.storage.contracts import LedgerRow

_LEDGER_COLUMNS = tuple(column.name for column in schema.ledger.columns if column.name != "id")


class SqlLedger:
    """Fulfils Ledger. A row is committed, and on SQLite synced to disk, before `append` returns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = insert(schema.ledger)

    def append(self, row: LedgerRow) -> None:
        values = {name: getattr(row, name) for name in _LEDGER_COLUMNS}
        try:
            with self._engine.begin() as connection:
                connection.execute(self._insert, values)
        except SQLAlchemyError as cause:
            raise SluisError(ErrorCode.LEDGER_UNAVAILABLE, cause=type(cause).__name__) from cause
