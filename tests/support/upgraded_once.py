"""The lasting schema, made once in a process: a SQLite database that is not there yet starts as a copy of the first.

To run every migration takes half a second, and most tests that need a database need nothing of that. Tests of the
migrations themselves run them (`tests/storage`).
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine

from gateway.storage import migrate, sqlite_files

really_upgrade = migrate.upgrade
_made: list[bytes] = []


def _upgrade(engine: Engine) -> None:
    file = Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None
    if file is None or file.exists():
        really_upgrade(engine)
    elif _made:
        sqlite_files.make(file)
        file.write_bytes(_made[0])
    else:
        really_upgrade(engine)
        with closing(sqlite3.connect(file)) as database:
            _made.append(database.serialize())


def upgrade_once() -> None:
    """From now on in this process."""
    migrate.upgrade = _upgrade
