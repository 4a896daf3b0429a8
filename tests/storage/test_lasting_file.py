"""The SQLite file of the lasting records: who makes it, who may read it, how durable it is."""

import multiprocessing
import os
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import migrate
from gateway.storage.contracts import LedgerRow
from gateway.storage.engine import open_engine
from tests.support.ledger import sql_ledger

URL = "sqlite:///var/lasting.sqlite"
ROW = LedgerRow(
    datetime(2026, 9, 7, 8, 30, tzinfo=UTC),
    "7K3M91X20D", "leesplein", "po", "99XA", "student", "released", None, "A-1", 1, "2026.1", "eck_id", "h", "{}",
)  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(URL, directory=tmp_path)
    yield made
    made.dispose()


def test_to_look_makes_nothing(engine: Engine, tmp_path: Path):
    assert migrate.status(engine).current is None
    assert migrate.is_empty(engine)
    with pytest.raises(SluisError):
        migrate.check(engine)
    with pytest.raises(SluisError):
        sql_ledger(engine).append(ROW)

    assert list(tmp_path.iterdir()) == []


def test_an_upgrade_makes_it_for_its_owner_alone_whatever_the_umask(engine: Engine, tmp_path: Path):
    before = os.umask(0)
    try:
        migrate.upgrade(engine)
        sql_ledger(engine).append(ROW)
    finally:
        os.umask(before)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "var").iterdir()}
    assert modes == dict.fromkeys(("lasting.sqlite", "lasting.sqlite-wal", "lasting.sqlite-shm"), 0o600)
    assert not migrate.is_empty(engine)


def test_a_ledger_that_is_gone_is_not_begun_anew(engine: Engine, tmp_path: Path):
    """As when its volume is not mounted: what would be written there would be lost once it is."""
    migrate.upgrade(engine)
    engine.dispose()
    (tmp_path / "var").rename(tmp_path / "unmounted")
    (tmp_path / "var").mkdir()

    with pytest.raises(SluisError) as caught:
        sql_ledger(engine).append(ROW)

    assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE
    assert list((tmp_path / "var").iterdir()) == []


@pytest.mark.parametrize("name", ["50% of it", "what?mode=ro", "a#b", "één map"])
def test_its_directory_may_have_any_name(name: str, tmp_path: Path):
    engine = open_engine(URL, directory=tmp_path / name)
    migrate.upgrade(engine)
    sql_ledger(engine).append(ROW)
    engine.dispose()

    with closing(sqlite3.connect(tmp_path / name / "var/lasting.sqlite")) as database:
        assert database.execute("SELECT count(*) FROM ledger").fetchone() == (1,)


def test_every_commit_is_synced_also_in_a_file_that_was_restored(engine: Engine, tmp_path: Path):
    """A backup by VACUUM INTO is not in WAL mode."""
    migrate.upgrade(engine)
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "var/lasting.sqlite")) as database:
        database.execute("VACUUM INTO ?", (str(tmp_path / "backup"),))
    (tmp_path / "backup").rename(tmp_path / "var/lasting.sqlite")

    with engine.connect() as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]

    assert pragmas == ["wal", 2]


def test_no_error_quotes_what_was_to_be_written(engine: Engine):
    migrate.upgrade(engine)
    with pytest.raises(SluisError) as caught:
        sql_ledger(engine).append(replace(ROW, outcome=None))  # type: ignore[arg-type]

    assert caught.value.__cause__ is not None
    assert "A-1" not in str(caught.value.__cause__)


def _upgrades_each(directories: list[Path], together: Barrier) -> list[bool]:
    fitting = []
    for directory in directories:
        engine = open_engine(URL, directory=directory)
        together.wait(60)
        migrate.upgrade(engine)
        fitting.append(migrate.status(engine).fits)
        engine.dispose()
    return fitting


def test_processes_that_upgrade_together_all_find_it_done(tmp_path: Path):
    directories = [tmp_path / str(number) for number in range(5)]
    spawning = multiprocessing.get_context("spawn")
    with spawning.Manager() as manager, ProcessPoolExecutor(4, mp_context=spawning) as pool:
        together = manager.Barrier(4)
        assert list(pool.map(_upgrades_each, [directories] * 4, [together] * 4)) == [[True] * 5] * 4
