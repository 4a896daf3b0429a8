"""The ledger, on SQLite and on PostgreSQL: CPU that its row adds to a login, and rows a second that one machine takes.

A row and the note that its answer has left, as a login makes them. A second process and more threads in each write at
once when rows a second are counted: each row is durable before its thread goes on.
"""

import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from multiprocessing.synchronize import Barrier
from pathlib import Path

from gateway.domain.attribute import Attribute
from gateway.release.record import Rule, Ruling, dump
from gateway.storage import migrate
from gateway.storage.contracts import LedgerRow
from gateway.storage.engine import open_engine
from gateway.storage.ledger import SqlLedger
from tests.support.ledger import sql_ledger
from tests.support.postgresql_server import postgresql_process, url_of

_ROUNDS, _ROWS = 10, 200
_PROCESSES, _THREADS = 2, 16
_AT_ONCE = int(os.environ.get("BENCH_LEDGER_ROWS", "6000"))
_ROW = LedgerRow(
    datetime(2026, 9, 7, 8, 30, tzinfo=UTC), "7K3M91X20D", "leesplein", "po", "99XA", "student", "released", None,
    "A-1", 1, "2026.1", "eck_id", "h" * 64, dump(dict.fromkeys(list(Attribute)[:12], Ruling(Rule.RELEASED_BASE))),
)  # fmt: skip


def measure() -> dict[str, object]:
    """Both databases; PostgreSQL where its wheel is."""
    return {"ledger": {f"{name}_{key}": value for name, url in database_urls() for key, value in measured(url).items()}}


def measured(url: str, *, rounds: int = _ROUNDS, at_once: int = _AT_ONCE) -> dict[str, float]:
    """Of an empty database: `cpu_ms` a login of the gateway alone, its median over rounds, and `rows_per_s`."""
    engine = open_engine(url, directory=Path())
    migrate.upgrade(engine)
    ledger = sql_ledger(engine)
    _write(ledger, _rows(_ROWS))
    spent = []
    rows = _rows(_ROWS)
    for _ in range(rounds):
        begun = time.process_time()
        _write(ledger, rows)
        spent.append((time.process_time() - begun) * 1000 / _ROWS)
    ledger.close()
    engine.dispose()
    return {"cpu_ms": round(statistics.median(spent), 3), "rows_per_s": round(_rows_per_second(url, at_once))}


def _rows(count: int) -> list[LedgerRow]:
    return [replace(_ROW, reference=f"{number:010}") for number in range(count)]


def _write(ledger: SqlLedger, rows: Sequence[LedgerRow]) -> None:
    for row in rows:
        places = ledger.answers.expect()
        ledger.append(row)
        ledger.answers.have_left(places)


def _rows_per_second(url: str, rows: int) -> float:
    """Wall clock, from when every process is ready until the last row of all is durable."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(_PROCESSES + 1), context.Barrier(_PROCESSES + 1)
    share = rows // _PROCESSES // _THREADS
    writers = [context.Process(target=_writer, args=(url, share, ready, done)) for _ in range(_PROCESSES)]
    for one in writers:
        one.start()
    ready.wait(120)
    begun = time.perf_counter()
    done.wait(600)
    spent = time.perf_counter() - begun
    for one in writers:
        one.join()
    return share * _THREADS * _PROCESSES / spent


def _writer(url: str, share: int, ready: Barrier, done: Barrier) -> None:
    engine = open_engine(url, directory=Path())
    ledger = sql_ledger(engine)
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda _: _write(ledger, _rows(1)), range(_THREADS)))
        ready.wait(120)
        list(pool.map(lambda _: _write(ledger, _rows(share)), range(_THREADS)))
    done.wait(600)
    ledger.close()
    engine.dispose()


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as scratch:
        yield f"sqlite:///{scratch}/lasting.sqlite"


def database_urls() -> Iterator[tuple[str, str]]:
    with _sqlite() as url:
        yield "sqlite", url
    if find_spec("pgserver"):
        with postgresql_process() as server:
            yield "postgresql", url_of(server)
