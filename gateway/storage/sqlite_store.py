"""The short-lived store in one SQLite file, shared by the workers of one machine."""

import json
import os
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakSet

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import sqlite_files
from gateway.storage.contracts import Value

_PURGE_EVERY = 200
_PURGE_LOOKS_AT = 1000

_PUT = "INSERT INTO held (key, value, until) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET value = ?2, until = ?3"
_ADD = _PUT + " WHERE until <= ?4 RETURNING 1"
_GET = "SELECT value FROM held WHERE key = ?1 AND until > ?2"
_TAKE = "DELETE FROM held WHERE key = ?1 RETURNING value, until"
_GET_ALL = "SELECT key, value FROM held WHERE key IN (SELECT value FROM json_each(?1)) AND until > ?2"
_TAKE_ALL = "DELETE FROM held WHERE key IN (SELECT value FROM json_each(?1)) RETURNING key, value, until"
_COUNT = """
INSERT INTO held (key, value, until) VALUES (?1, CAST(?2 AS BLOB), ?3) ON CONFLICT (key) DO UPDATE SET
value = CASE WHEN until <= ?4 THEN excluded.value ELSE CAST(CAST(value AS INTEGER) + ?2 AS BLOB) END,
until = CASE WHEN until <= ?4 THEN excluded.until ELSE until END
RETURNING CAST(value AS INTEGER)
"""
_AHEAD = "SELECT max(key) FROM (SELECT key FROM held WHERE key > ?1 ORDER BY key LIMIT ?2)"
_PURGE = "DELETE FROM held WHERE key > ?1 AND key <= ?2 AND until <= ?3"
_TABLE = """
CREATE TABLE IF NOT EXISTS held (key TEXT PRIMARY KEY, value BLOB NOT NULL, until REAL NOT NULL) WITHOUT ROWID
"""


class SqliteStore:
    """Fulfils ShortLivedStore. One connection for each process, opened on first use; its threads take turns.

    Turns cost less than connections of their own would: each of those finds its cache outdated by the others. A process
    that forks lets go of the connection first, and parent and child each open one of their own.
    A crash of the process loses nothing; a crash of the machine may lose the last logins under way, which people
    simply begin again (synchronous is OFF). A `durable` store loses nothing then either: each write is on the disk
    when its call returns.
    """

    def __init__(self, path: Path, *, clock: Clock, durable: bool = False) -> None:
        self._path = path
        self._clock = clock
        self._synchronous = "FULL" if durable else "OFF"
        self._turn = threading.Lock()
        self._opened: sqlite3.Connection | None = None
        self._writes = 0
        self._purged_up_to = ""
        with _forking:
            _stores.add(self)

    def put(self, key: str, value: bytes, *, seconds: int) -> None:
        now = self._now()
        self._run(_PUT, _checked(key), value, now + seconds)
        self._purge_at_times(now)

    def add(self, key: str, value: bytes, *, seconds: int) -> bool:
        now = self._now()
        added = bool(self._run(_ADD, _checked(key), value, now + seconds, now))
        self._purge_at_times(now)
        return added

    def add_all(self, values: Sequence[Value]) -> Sequence[bool]:
        now = self._now()
        rows = [(_checked(one.key), one.value, now + one.seconds, now) for one in values]
        added = self._run_all(_ADD, rows)
        self._purge_at_times(now)
        return added

    def get(self, key: str) -> bytes | None:
        rows = self._run(_GET, _checked(key), self._now())
        return bytes(rows[0][0]) if rows else None

    def take(self, key: str) -> bytes | None:
        rows = self._run(_TAKE, _checked(key))
        return bytes(rows[0][0]) if rows and rows[0][1] > self._now() else None

    def get_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        found = {key: bytes(value) for key, value in self._run(_GET_ALL, _listed(keys), self._now())}
        return [found.get(key) for key in keys]

    def take_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        rows, now = self._run(_TAKE_ALL, _listed(keys)), self._now()
        taken = {key: bytes(value) for key, value, until in rows if until > now}
        # As one after the other: a key that stands twice is taken once.
        return [taken.pop(key, None) for key in keys]

    def count(self, key: str, amount: int, *, seconds: int) -> int:
        now = self._now()
        number: int = self._run(_COUNT, _checked(key), amount, now + seconds, now)[0][0]
        self._purge_at_times(now)
        return number

    def ping(self) -> None:
        self.put("ping", b"", seconds=1)

    def pause(self) -> None:
        """Close the connection and let nobody open one until `resume`."""
        self._turn.acquire()
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def resume(self) -> None:
        """End the pause."""
        self._turn.release()

    def _purge_at_times(self, now: float) -> None:
        """Clear away what has ended, a stretch of keys at a time, over and over.

        An index by when values end would find them sooner, and make each write of a login half as dear again.
        """
        self._writes += 1
        if self._writes % _PURGE_EVERY == 0:
            begin = self._purged_up_to
            end = self._run(_AHEAD, begin, _PURGE_LOOKS_AT)[0][0]
            if end is not None:
                self._run(_PURGE, begin, end, now)
            self._purged_up_to = end or ""

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """All rows, fetched: a statement with RETURNING holds the write lock until it ends."""
        try:
            with self._turn:
                return self._connection().execute(statement, values).fetchall()
        except (sqlite3.Error, OSError) as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=cause) from cause

    def _run_all(self, statement: str, rows: Sequence[tuple[object, ...]]) -> list[bool]:
        """In one transaction, which costs most of what a statement costs; whether each returned a row."""
        try:
            with self._turn:
                connection = self._connection()
                connection.execute("BEGIN IMMEDIATE")
                try:
                    returned = [bool(connection.execute(statement, row).fetchall()) for row in rows]
                    connection.execute("COMMIT")
                except BaseException:
                    connection.rollback()
                    raise
                return returned
        except (sqlite3.Error, OSError) as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=cause) from cause

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = self._open()
        return self._opened

    def _open(self) -> sqlite3.Connection:
        sqlite_files.make(self._path)
        connection = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute(_TABLE)
        connection.execute("DROP INDEX IF EXISTS held_until")
        return connection


def _listed(keys: Sequence[str]) -> str:
    return json.dumps([_checked(key) for key in keys])


def _checked(key: str) -> str:
    if not key.isascii():
        raise ValueError("keys are ASCII")
    return key


_stores: "WeakSet[SqliteStore]" = WeakSet()
_paused: list[SqliteStore] = []
_forking = threading.Lock()


def _before_fork() -> None:
    """Close every connection: a child would have it without its locks, and lose what it writes.

    See https://www.sqlite.org/howtocorrupt.html, 2.6.
    """
    _forking.acquire()
    for store in _stores:
        _paused.append(store)
        store.pause()


def _after_fork() -> None:
    while _paused:
        _paused.pop().resume()
    _forking.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
