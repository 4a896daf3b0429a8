"""What an operator reads of an error of the database: what is known of it, and never a value or a secret.

Messages of PostgreSQL and its library quote users, hosts, and of an address that is written badly any part of it.
"""

import psycopg

from gateway.storage.encoding import WrongEncoding

_NO_CONNECTION = {
    "Connection refused": "nobody listens at its address",
    "failed to resolve host": "its host is not found",
    "No such file or directory": "there is no socket where its address says",
    "authentication failed": "it does not let this user in: look at user and password",
    "no password supplied": "it asks for a password, and there is none",
    "no pg_hba.conf entry": "it does not let this user in from here (pg_hba.conf)",
    "too many c": "it has no connection left",
    "remaining connection slots": "it has no connection left",
    "permission denied": "it does not let this user in: look at what the user may",
    "not permitted to log in": "it does not let this user in: look at what the user may",
    'role "': "it does not know this user",
    'database "': "it has no database of this name",
    "the database system is": "it is starting, stopping or being recovered",
    "SSL": "TLS with it cannot be made",
    "certificate": "TLS with it cannot be made",
}
"""By words of the message of a connection that was not made, the first that fit."""


def in_words(cause: Exception) -> str:
    """Of a connection that was not made why, of a statement the name that PostgreSQL has for it, else its kind."""
    inner = getattr(cause, "orig", None)
    if isinstance(inner, WrongEncoding):
        return str(inner)
    if isinstance(inner, psycopg.errors.ConnectionTimeout):
        return "it does not answer"
    if isinstance(inner, psycopg.Error):
        if inner.sqlstate is not None:
            return type(inner).__name__
        said = str(inner)
        return next(
            (words for words_of_theirs, words in _NO_CONNECTION.items() if words_of_theirs in said), _kind(cause)
        )
    return _kind(cause)


def _kind(cause: Exception) -> str:
    return type(cause).__name__
