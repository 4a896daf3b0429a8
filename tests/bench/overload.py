"""Twice as many logins as one worker can carry: how many are completed all the same, and what the others are told."""

import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException

from lxml import etree

from tests.bench.parties import Driver, one_worker
from tests.bench.worker import HOST

_SECONDS = 20.0
_TIMES = 2.0
_AT_ONCE = 4
_BROWSERS = 400


def measure() -> dict[str, object]:
    """What one worker carries with its threads busy, then twice that, in requests that come whoever still waits."""
    with one_worker() as (port, _):
        _closed(port, 3.0)
        carried = _closed(port, 8.0)
        tally = _open(port, carried * _TIMES)
    completed = tally.endings["completed"] / _SECONDS
    return {
        "overload": {
            "carried_per_s": round(carried, 1),
            "offered_per_s": round(carried * _TIMES, 1),
            "completed_per_s": round(completed, 1),
            "completed_of_carried": round(completed / carried, 2),
            **{f"{ending}_logins": count for ending, count in sorted(tally.endings.items())},
            "told_busy_within_p95_ms": round(_p95(tally.told) * 1000),
            "completed_within_p95_ms": round(_p95(tally.completed) * 1000),
        }
    }


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[18] if len(seconds) > 1 else 0.0


@dataclass
class _Tally:
    endings: Counter[str] = field(default_factory=Counter)
    told: list[float] = field(default_factory=list)
    completed: list[float] = field(default_factory=list)


def _closed(port: int, seconds: float) -> float:
    """Logins a second when each that ended is followed by the next."""
    until, counts = time.monotonic() + seconds, []

    def person(number: int) -> None:
        driver = _driver(port, number)
        done = 0
        while time.monotonic() < until:
            driver.login()
            done += 1
        driver.close()
        counts.append(done)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(person, range(_AT_ONCE)))
    return sum(counts) / seconds


def _open(port: int, rate: float) -> _Tally:
    """Logins that begin at this rate, whatever became of those before; each is another browser's."""
    tally, lock = _Tally(), threading.Lock()

    def person(number: int) -> None:
        begun = time.monotonic()
        ending = _ending(_driver(port, 1000 + number))
        took = time.monotonic() - begun
        with lock:
            tally.endings[ending] += 1
            if ending == "completed":
                tally.completed.append(took)
            elif ending == "busy":
                tally.told.append(took)

    pause, begun = threading.Event(), time.monotonic()
    with ThreadPoolExecutor(_BROWSERS) as pool:
        for number in range(int(rate * _SECONDS)):
            pause.wait(max(0.0, begun + number / rate - time.monotonic()))
            pool.submit(person, number)
    return tally


def _driver(port: int, number: int) -> Driver:
    driver = Driver(HOST, port, accept="text/html")
    driver.begin_at(number * 1_000_000)
    return driver


def _ending(driver: Driver) -> str:
    """How a login ends: completed, `busy` at its start, `busy_later`, or failed."""
    try:
        driver.fresh_browser()
        status, location, _ = driver.ask()
        if status == 503:
            return "busy"
        attempt, request = driver.at_the_door(status, location)
        status, _ = driver.answer(attempt, etree.tostring(driver.response(request)))
        return {200: "completed", 503: "busy_later"}.get(status, "failed")
    except (OSError, HTTPException, AssertionError):
        return "failed"
    finally:
        driver.close()
