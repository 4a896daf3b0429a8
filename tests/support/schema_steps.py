"""One step of the lasting schema, seen by the gateway before it: does all that it does still work?"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table
from sqlalchemy.exc import DatabaseError

from gateway.storage import migrate

MIGRATIONS = Path(migrate.__file__).with_name("migrations")
_SAMPLES: dict[type[Any], Any] = {
    int: 1,
    bool: True,
    str: "a",
    bytes: b"a",
    dt.datetime: dt.datetime(2026, 9, 7, tzinfo=dt.UTC),
    dt.date: dt.date(2026, 9, 7),
}


def write_step(directory: Path, revision: str, after: str, *, serves: str, body: str) -> None:
    """A migration that a later gateway could bring; `body` is one line of its `upgrade`."""
    directory.mkdir(exist_ok=True)
    (directory / f"{revision}_later.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\n\nrevision = {revision!r}\ndown_revision = {after!r}\n"
        f"serves = {serves!r}\n\n\ndef upgrade():\n    {body}\n"
    )


def chain(*more: Path) -> Config:
    """The migrations of this gateway, and those of a later one in other directories."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", ":".join(map(str, (MIGRATIONS / "versions", *more))))
    return config


def steps(config: Config) -> Sequence[tuple[str, str]]:
    """Each migration that says it serves a gateway before it: that version, and its own."""
    scripts = reversed(list(ScriptDirectory.from_config(config).walk_revisions()))
    said = ((getattr(script.module, "serves", script.revision), script.revision) for script in scripts)
    return [(before, after) for before, after in said if before != after]


def what_breaks(engine: Engine, config: Config, before: str, after: str) -> Sequence[str]:
    """What the gateway of version `before` can no longer do once an empty database has version `after`."""
    with engine.begin() as connection:
        _to(connection, config, before)
    known = MetaData()
    known.reflect(engine)
    with engine.begin() as connection:
        allowed = {table.name: set(_works(connection, table, mark=1)) for table in _tables(known)}
        for table in _tables(known):
            connection.execute(sa.insert(table), _row(table, mark=2))
        _to(connection, config, after)
    with engine.begin() as connection:
        return [
            f"{table.name}: {deed}"
            for table in _tables(known)
            for deed in sorted(allowed[table.name] - set(_works(connection, table, mark=3)))
        ]


def _to(connection: Connection, config: Config, revision: str) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _tables(known: MetaData) -> Iterator[Table]:
    return (table for table in known.sorted_tables if table.name != "alembic_version")


def _works(connection: Connection, table: Table, *, mark: int) -> Iterator[str]:
    """What can be done with a row; whatever it did is undone."""
    row = _row(table, mark=mark)
    key = sa.and_(*(column == row[column.name] for column in table.primary_key))
    changed = {column.name: row[column.name] for column in table.columns if not column.primary_key} or row
    for deed, statement in (
        ("read", sa.select(table)),
        ("insert", sa.insert(table).values(row)),
        ("update", sa.update(table).where(key).values(changed)),
        ("delete", sa.delete(table).where(key)),
    ):
        with _tried(connection) as worked:
            if deed in {"update", "delete"}:
                connection.execute(sa.insert(table).values(row))
            connection.execute(statement).close()
            worked.append(deed)
        yield from worked


@contextmanager
def _tried(connection: Connection) -> Iterator[list[str]]:
    worked: list[str] = []
    attempt = connection.begin_nested()
    try:
        yield worked
    except DatabaseError:
        worked.clear()
    finally:
        attempt.rollback()


def _row(table: Table, *, mark: int) -> dict[str, Any]:
    """A row of its own for each mark, with every column that has a value in the end."""
    return {column.name: _value(column.type.python_type, mark) for column in table.columns}


def _value(kind: type[Any], mark: int) -> Any:
    value = _SAMPLES[kind]
    if kind is int:
        return value + mark
    if kind is str:
        return f"{value}{mark}"
    return value
