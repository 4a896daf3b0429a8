"""A transaction on the lasting records, for which a database that does not answer is an error like any other store."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.errors import ErrorCode, SluisError


@contextmanager
def transaction(engine: Engine, *, through: tuple[type[SQLAlchemyError], ...] = ()) -> Iterator[Connection]:
    """Committed when the block ends, undone when it raises.

    Raises SluisError STORE_UNAVAILABLE in place of every error of the database, but for those that go `through`.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except through:
        raise
    except SQLAlchemyError as cause:
        raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=type(cause).__name__) from cause
