"""The short-lived store in one SQLite file, shared by the workers of one machine."""

import os
import sqlite3
import threading
from pathlib import Path

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError

_PURGE_EVERY = 200
_PURGE_AT_MOST = 500

_PUT = "INSERT INTO held (key, value, until) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET value = ?2, until = ?3"
_ADD = _PUT + " WHERE until <= ?4"
_GET = "SELECT value FROM held WHERE key = ?1 AND until > ?2"
_TAKE = "DELETE FROM held WHERE key = ?1 RETURNING value, until"
_PURGE = "DELETE FROM held WHERE key IN (SELECT key FROM held WHERE until <= ?1 LIMIT ?2)"
_TABLE = """
CREATE TABLE IF NOT EXISTS held (key TEXT PRIMARY KEY, value BLOB NOT NULL, until REAL NOT NULL) WITHOUT ROWID
"""


class SqliteStore:
    """Fulfils ShortLivedStore. One connection for each thread of each process, opened on first use.

    A crash of the process loses nothing; a crash of the machine may lose the last logins under way, which people
    simply begin again (synchronous is OFF: nothing here has to outlive the machine).
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._local = threading.local()

    def put(self, key: str, value: bytes, *, seconds: int) -> None:
        now = self._now()
        self._execute(_PUT, (key, value, now + seconds))
        self._local.puts += 1
        if self._local.puts % _PURGE_EVERY == 0:
            self._execute(_PURGE, (now, _PURGE_AT_MOST))

    def add(self, key: str, value: bytes, *, seconds: int) -> bool:
        now = self._now()
        return self._execute(_ADD, (key, value, now + seconds, now)).rowcount == 1

    def get(self, key: str) -> bytes | None:
        row = self._execute(_GET, (key, self._now())).fetchone()
        return bytes(row[0]) if row else None

    def take(self, key: str) -> bytes | None:
        # All rows are fetched: a statement with RETURNING ends only then, and holds the write lock until it ends.
        rows = self._execute(_TAKE, (key,)).fetchall()
        return bytes(rows[0][0]) if rows and rows[0][1] > self._now() else None

    def ping(self) -> None:
        self.put("ping", b"", seconds=1)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    def _execute(self, statement: str, values: tuple[object, ...]) -> sqlite3.Cursor:
        if isinstance(values[0], str) and not values[0].isascii():
            raise ValueError("keys are ASCII")
        try:
            return self._connection().execute(statement, values)
        except sqlite3.Error as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=cause) from cause

    def _connection(self) -> sqlite3.Connection:
        local = self._local
        if getattr(local, "process", None) != os.getpid():
            local.connection = self._open()
            local.process = os.getpid()
            local.puts = 0
        connection: sqlite3.Connection = local.connection
        return connection

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_TABLE)
        connection.execute("CREATE INDEX IF NOT EXISTS held_until ON held (until)")
        return connection
