"""Files of SQLite that several processes open at once."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path


def make(path: Path) -> None:
    """An empty database in WAL mode, for its owner alone (0600), unless there is one. Raises OSError, sqlite3.Error.

    It gets its name when it is complete: of several processes that switch one file to WAL, SQLite turns some away
    without waiting. A file that is there is left alone: to close another descriptor of it would release the locks
    that this process has on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as beside:
        fresh = Path(beside) / path.name
        os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(fresh)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            return
