"""A query of the login path: what SQLAlchemy does around a statement costs more than the statement."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Select
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.errors import ErrorCode, SluisError


class Query:
    """A statement that finds rows, made ready once. Values are as the driver gives them.

    Both calls raise SluisError STORE_UNAVAILABLE.
    """

    def __init__(self, engine: Engine, statement: Select[Any]) -> None:
        compiled = statement.compile(dialect=engine.dialect)
        self._engine = engine
        self._text = str(compiled)
        self._order: Sequence[str] | None = compiled.positiontup
        # psycopg opens a transaction for a statement, and each way to the server and back costs as much as it does.
        self._by_itself = engine.dialect.name == "postgresql"
        self._failures = (SQLAlchemyError, engine.dialect.loaded_dbapi.Error)

    def one(self, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The row that is found by its key, if it is there."""
        found = self.all(parameters)
        return found[0] if found else None

    def all(self, parameters: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """All rows that are found."""
        values: Any = parameters if self._order is None else [parameters[name] for name in self._order]
        try:
            return self._find(values, again=True)
        except self._failures as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=type(cause).__name__) from cause

    def _find(self, values: Any, *, again: bool) -> Sequence[tuple[Any, ...]]:
        connection = self._engine.raw_connection()
        driver: Any = connection.driver_connection
        try:
            return self._execute(driver, values)
        except self._failures:
            if not (again and self._by_itself and driver.closed):
                raise
        finally:
            connection.close()
        # It was dead, and so are all others of that time, most likely; a fresh one tells whether there is a server.
        self._engine.dispose()
        return self._find(values, again=False)

    def _execute(self, driver: Any, values: Any) -> Sequence[tuple[Any, ...]]:
        if self._by_itself:
            driver.autocommit = True
        try:
            found: list[tuple[Any, ...]] = driver.execute(self._text, values).fetchall()
            return found
        finally:
            if self._by_itself and not driver.closed:
                driver.autocommit = False
