"""A PostgreSQL database keeps text as UTF-8, or it is not used.

One made with the encoding SQL_ASCII, which `initdb` takes where the locale is C, gives back octets where text was
written; one with another encoding lacks letters, and a row of the ledger with one of those would stop a login.
"""

from typing import Any

import psycopg
from sqlalchemy import Engine, event

_WANTED = "UTF8"


class WrongEncoding(psycopg.OperationalError):
    """Says for an operator what is wrong with a database, and what would be right. It names no secret."""

    def __init__(self, database: str, encoding: str) -> None:
        super().__init__(
            f"the database {database} has the encoding {encoding}, and text needs {_WANTED}: make one with"
            f" CREATE DATABASE {database} ENCODING '{_WANTED}' TEMPLATE template0"
        )


def checked(engine: Engine) -> None:
    """Have an engine for psycopg refuse a database of another encoding at each connection, which costs no question.

    The server says it as it takes the connection. WrongEncoding comes as other errors of a connection do: wrapped in
    SQLAlchemy's OperationalError.
    """

    # First of all: what SQLAlchemy itself asks of a new connection cannot be read in the wrong encoding.
    @event.listens_for(engine, "connect", insert=True)
    def _check(connection: Any, _record: Any) -> None:
        said = connection.info.parameter_status("server_encoding")
        if said not in (None, _WANTED):
            database = connection.info.dbname
            connection.close()
            raise WrongEncoding(database, said)
