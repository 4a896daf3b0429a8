"""One SQLite file and many processes: first use, forks, and who may read it."""

import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

from gateway.domain.clock import SystemClock
from gateway.domain.errors import SluisError
from gateway.storage import sqlite_files
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock

_TOGETHER = 4
_ROUNDS = 10


def _adds_to_each(paths: list[Path], together: Barrier) -> list[bool | str]:
    outcomes: list[bool | str] = []
    for path in paths:
        together.wait(60)
        try:
            outcomes.append(SqliteStore(path, clock=SystemClock()).add("a:1", b"mine", seconds=60))
        except SluisError as error:
            outcomes.append(repr(error.cause))
    return outcomes


def test_workers_that_start_together_all_find_the_store(tmp_path: Path):
    paths = [tmp_path / str(number) / "short-lived.sqlite" for number in range(_ROUNDS)]
    spawning = multiprocessing.get_context("spawn")
    with spawning.Manager() as manager, ProcessPoolExecutor(_TOGETHER, mp_context=spawning) as pool:
        together = manager.Barrier(_TOGETHER)
        outcomes = list(pool.map(_adds_to_each, [paths] * _TOGETHER, [together] * _TOGETHER))

    for of_one_file in zip(*outcomes, strict=True):
        assert sorted(map(str, of_one_file)) == ["False"] * (_TOGETHER - 1) + ["True"]


_FORKS = """
import os, sys, threading
from pathlib import Path
from gateway.domain.clock import SystemClock
from gateway.storage.sqlite_store import SqliteStore

path = Path(sys.argv[1])
store = SqliteStore(path, clock=SystemClock())
store.put("parent:before", b"1", seconds=60)
busy = threading.Event()

def keep_busy():
    number = 0
    while not busy.wait(0.0005):  # SQLite lets those who wait starve beside a writer that never pauses
        number += 1
        store.put(f"busy:{number % 10}", bytes(2000), seconds=60)

worker = threading.Thread(target=keep_busy)
worker.start()
to_child, from_parent = os.pipe()
to_parent, from_child = os.pipe()
child = os.fork()
os.close(to_parent if child == 0 else from_child)  # whoever waits for the other learns of its end
os.close(from_parent if child == 0 else to_child)
if child == 0:
    store.put("child:1", b"1", seconds=60)
    os.write(from_child, b"1")
    os.read(to_child, 1)
    store.put("child:2", b"1", seconds=60)
    os._exit(0 if store.get("parent:before") else 1)
os.read(to_parent, 1)
busy.set()
worker.join()
store.pause()  # the parent lets go of the file, as if it had ended
store.resume()
os.write(from_parent, b"1")
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
fresh = SqliteStore(path, clock=SystemClock())
print(code, *(key for key in ("parent:before", "child:1", "child:2") if fresh.get(key)))
"""


def test_parent_and_child_of_a_fork_lose_nothing(tmp_path: Path):
    said = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", _FORKS, tmp_path / "short-lived.sqlite"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )

    assert said.stdout.split() == ["0", "parent:before", "child:1", "child:2"]


def test_all_files_are_the_gateways_alone_whatever_the_umask(tmp_path: Path, clock: HeldClock):
    before = os.umask(0)
    try:
        store = SqliteStore(tmp_path / "short-lived.sqlite", clock=clock)
        store.put("a:1", b"value", seconds=60)
    finally:
        os.umask(before)

    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert files == dict.fromkeys(("short-lived.sqlite", "short-lived.sqlite-wal", "short-lived.sqlite-shm"), 0o600)


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path):
    path = tmp_path / "kept.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE kept (value)")
    before = path.read_bytes()

    sqlite_files.make(path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_whoever_makes_the_file_second_uses_the_first(tmp_path: Path, monkeypatch):
    """Two processes that both saw no file: what the other has made in the meantime stays."""
    path = tmp_path / "both.sqlite"
    sqlite_files.make(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE first (value)")
    monkeypatch.setattr(Path, "exists", lambda _: False)

    sqlite_files.make(path)

    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("first",)]


def test_only_a_durable_store_waits_for_the_disk(tmp_path: Path):
    for durable, level in ((True, 2), (False, 0)):
        store = SqliteStore(tmp_path / f"{durable}.sqlite", clock=HeldClock(), durable=durable)
        store.add("a:1", b"x", seconds=60)
        assert store._connection().execute("PRAGMA synchronous").fetchone() == (level,)


def test_a_store_of_marks_alone_does_not_grow_for_ever(tmp_path: Path):
    clock = HeldClock()
    store = SqliteStore(tmp_path / "marks.sqlite", clock=clock)
    for number in range(1000):
        store.add(f"a:{number}", b"1", seconds=1)
        clock.forward(seconds=1)
    with closing(sqlite3.connect(tmp_path / "marks.sqlite")) as beside:
        assert beside.execute("SELECT count(*) FROM held").fetchone()[0] <= 200
