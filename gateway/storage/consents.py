"""Consents on SQL: what people who come with an identity of their own let go to a service."""

from sqlalchemy import Engine, delete, select

from gateway.storage import schema
from gateway.storage.contracts import ConsentRow
from gateway.storage.engine import insert_or_replace, utc
from gateway.storage.transaction import transaction

_consents = schema.consents
_column = schema.consents.c


class SqlConsents:
    """Fulfils Consents."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._put = insert_or_replace(engine, _consents, ("account", "service"))

    def find(self, account: str, service: str) -> ConsentRow | None:
        return next(iter(self._found(account, service)), None)

    def keep(self, row: ConsentRow) -> None:
        values = {"account": row.account, "service": row.service, "what": row.what, "at": row.at}
        with transaction(self._engine) as connection:
            connection.execute(self._put, values)

    def of_account(self, account: str) -> tuple[ConsentRow, ...]:
        return self._found(account)

    def withdraw(self, account: str, service: str) -> bool:
        with transaction(self._engine) as connection:
            given = (_column.account == account, _column.service == service)
            return connection.execute(delete(_consents).where(*given)).rowcount == 1

    def _found(self, account: str, service: str | None = None) -> tuple[ConsentRow, ...]:
        wanted = select(_consents).where(_column.account == account).order_by(_column.service)
        if service is not None:
            wanted = wanted.where(_column.service == service)
        with transaction(self._engine) as connection:
            rows = connection.execute(wanted).all()
        return tuple(ConsentRow(row.account, row.service, row.what, utc(row.at)) for row in rows)
