"""Twice as many logins as one worker can carry: how many are completed all the same, and what the others are told.

The people are threads of one process, and late themselves. So requests are signed before their time comes, how long an
answer took is what the kernel saw, and how late the people were is said beside it. The worker stays on its core, as one
does where every core has one, and the people on the others, where there are others: they come from elsewhere.
"""

import os
import signal
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from lxml import etree

from tests.bench.parties import Driver, one_worker
from tests.bench.worker import HOST, Worker

_SECONDS = 20.0
_TIMES = 2.0
_AT_ONCE = 4
_BROWSERS = 400
_LATE, _TOO_LONG = 400, 4.0
"""People who come while the worker stands still, and the seconds for which it does."""


def measure() -> dict[str, object]:
    """What one worker carries with its threads busy, then twice that, in requests that come whoever still waits."""
    with one_worker(_on_one_core) as (port, worker), _people_elsewhere(worker):
        _closed(port, 3.0)
        before = worker.cpu_ms()
        carried = _closed(port, 8.0)
        login_ms = (worker.cpu_ms() - before) / (carried * 8.0)
        turned_away_ms = _turned_away(port, worker)
        tally = _open(port, carried * _TIMES)
    completed = tally.endings["completed"] / _SECONDS
    return {
        "overload": {
            "carried_per_s": round(carried, 1),
            "offered_per_s": round(carried * _TIMES, 1),
            "completed_per_s": round(completed, 1),
            "completed_of_carried": round(completed / carried, 2),
            "login_ms": round(login_ms, 2),
            "turned_away_ms": round(turned_away_ms, 2),
            **{f"{ending}_logins": count for ending, count in sorted(tally.endings.items())},
            "told_busy_within_p50_ms": round(_quantile(tally.told, 50) * 1000),
            "told_busy_within_p95_ms": round(_quantile(tally.told, 95) * 1000),
            "asked_within_p95_ms": round(_quantile(tally.asked, 95) * 1000),
            "answered_within_p95_ms": round(_quantile(tally.answered, 95) * 1000),
            "people_late_p95_ms": round(_quantile(tally.late, 95) * 1000),
        }
    }


def _on_one_core(directory: Path) -> None:
    with (directory / "gateway.yaml").open("a") as file:
        file.write("cpu_affinity: true\n")


@contextmanager
def _people_elsewhere(worker: Worker) -> Iterator[None]:
    """The cores of this process are those that the worker is not on."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, (cores - os.sched_getaffinity(worker.process)) or cores)
    yield
    os.sched_setaffinity(0, cores)


def _quantile(seconds: list[float], percent: int) -> float:
    return statistics.quantiles(seconds, n=100)[percent - 1] if len(seconds) > 1 else 0.0


@dataclass
class _Tally:
    """What became of people. Times in seconds."""

    endings: Counter[str] = field(default_factory=Counter)
    told: list[float] = field(default_factory=list)
    """Until who was turned away at the start heard it."""
    asked: list[float] = field(default_factory=list)
    """Until who was let in was sent to school."""
    answered: list[float] = field(default_factory=list)
    """From the school's answer until the service had its own."""
    late: list[float] = field(default_factory=list)
    """How long after its time a login began."""


def _closed(port: int, seconds: float) -> float:
    """Logins a second when each that ended is followed by the next, in a connection of its own as other browsers'."""
    until, counts = time.monotonic() + seconds, []

    def person(number: int) -> None:
        driver = _driver(port, number)
        done = 0
        while time.monotonic() < until:
            driver.login()
            driver.close()
            done += 1
        counts.append(done)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(person, range(_AT_ONCE)))
    return sum(counts) / seconds


def _turned_away(port: int, worker: Worker) -> float:
    """CPU milliseconds of the worker for each who is told to come back: it stands still until all waited too long."""
    drivers = [_driver(port, 500 + number) for number in range(_LATE)]
    people = [(driver, driver.request()) for driver in drivers]
    os.kill(worker.process, signal.SIGSTOP)
    with ThreadPoolExecutor(_LATE) as pool:
        waiting = [pool.submit(driver.open, request) for driver, request in people]
        threading.Event().wait(_TOO_LONG)
        before = worker.cpu_ms()
        os.kill(worker.process, signal.SIGCONT)
        told = [one.result()[0] for one in waiting]
    spent = worker.cpu_ms() - before
    for driver in drivers:
        driver.close()
    if told != [503] * _LATE:
        raise SystemExit(f"not all were turned away: {Counter(told)}")
    return spent / _LATE


def _open(port: int, rate: float) -> _Tally:
    """Logins that begin at this rate, whatever became of those before; each is another browser's."""
    tally, lock = _Tally(), threading.Lock()
    drivers = [_driver(port, 1000 + number) for number in range(int(rate * _SECONDS))]
    people = [(driver, driver.request()) for driver in drivers]
    pause, begun = threading.Event(), time.monotonic()

    def person(driver: Driver, request: str, due: float) -> None:
        late = time.monotonic() - due
        ending, within = _ending(driver, request)
        with lock:
            tally.endings[ending] += 1
            tally.late.append(late)
            if ending == "busy":
                tally.told += within
            else:
                tally.asked += within[:1]
                tally.answered += within[1:]

    with ThreadPoolExecutor(_BROWSERS) as pool:
        for number, (driver, request) in enumerate(people):
            due = begun + number / rate
            pause.wait(max(0.0, due - time.monotonic()))
            pool.submit(person, driver, request, due)
    return tally


def _driver(port: int, number: int) -> Driver:
    driver = Driver(HOST, port, accept="text/html")
    driver.begin_at(number * 1_000_000)
    return driver


def _ending(driver: Driver, request: str) -> tuple[str, list[float]]:
    """How a login ends: completed, `busy` at its start, `busy_later`, or failed; and how long each answer took."""
    within: list[float] = []
    try:
        status, location, _ = driver.open(request)
        within.append(driver.answered_within)
        if status == 503:
            return "busy", within
        attempt, asked = driver.at_the_door(status, location)
        status, _ = driver.answer(attempt, etree.tostring(driver.response(asked)))
        within.append(driver.answered_within)
        return {200: "completed", 503: "busy_later"}.get(status, "failed"), within
    except (OSError, HTTPException, AssertionError):
        return "failed", within
    finally:
        driver.close()
