"""What carries how much: two workers, Redis and PostgreSQL on one core and on two, CPU by part, p99 at 70 % load.

The machine is shared with the parties that log in, and perhaps with others: what counts is CPU a login beside the bare
cryptography of the same minutes. Not among what `make bench` measures by itself; `BENCH_CAPACITY_SECONDS` a phase.
"""

import os
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from lxml import etree

from tests.bench.bare_crypto import cpu_ms, one_login
from tests.bench.parties import IDP_KEY, Driver
from tests.bench.stand import Stand, commit, stand
from tests.bench.worker import HOST

_SECONDS = float(os.environ.get("BENCH_CAPACITY_SECONDS", "30"))
_WARM_UP = 5.0
_AT_ONCE = 4
_LOAD = 0.7
_PAUSES = 20
"""People who log in by the clock, when the turn comes; more than ever wait at once."""
_NUMBERS = iter(range(1, 10_000))
_EACH = 1_000_000


def measure() -> dict[str, object]:
    """All of it, under `capacity`."""
    return {"capacity": measured(_SECONDS)}


def measured(seconds: float) -> dict[str, object]:
    """Phases of so many seconds each."""
    cores = sorted(os.sched_getaffinity(0))
    with stand(2) as running:
        _closed(running, min(_WARM_UP, seconds))
        held, kept = running.redis_mb(), running.database_mb()
        found: dict[str, object] = {"commit": commit(), "cores": len(cores)}
        try:
            one = _on(running, {cores[0]}, seconds)
            both = _on(running, set(cores[:2]), seconds)
        finally:
            _bind(running, set(cores))
        logins = one.logins + both.logins
        found |= {f"one_core_{name}": value for name, value in one.figures().items()}
        found |= {f"two_cores_{name}": value for name, value in both.figures().items()}
        found["growth"] = round(both.per_cpu_second / one.per_cpu_second * min(2, len(cores)), 2)
        found["redis_kb_per_login"] = round((running.redis_mb() - held) * 1000 / logins, 2)
        found["database_kb_per_login"] = round((running.database_mb() - kept) * 1000 / logins, 2)
        found["start_share"] = round(_start_share(running, seconds / 3), 2)
        found |= _latency(running, both.logins / both.seconds * _LOAD, seconds)
    return found


@dataclass
class _Phase:
    """Logins one after the other, as many as go."""

    cores: int
    seconds: float
    logins: int
    cpu: dict[str, float]
    parties_ms: float
    crypto_ms: float

    @property
    def per_cpu_second(self) -> float:
        """Logins for each CPU second of gateway and stores."""
        return 1000 / sum(self.cpu.values())

    def figures(self) -> dict[str, object]:
        """By name."""
        used = (sum(self.cpu.values()) + self.parties_ms) * self.logins / 1000
        return {
            "logins_per_s": round(self.logins / self.seconds, 1),
            **self.cpu,
            "parties_ms": round(self.parties_ms, 2),
            "crypto_ms": round(self.crypto_ms, 2),
            "ratio_to_crypto": round(self.cpu["gateway_ms"] / self.crypto_ms, 2),
            "busy_share": round(used / self.seconds / self.cores, 2),
        }


def _bind(running: Stand, cores: set[int]) -> None:
    running.bound_to(cores)
    for thread in threading.enumerate():
        os.sched_setaffinity(thread.native_id or 0, cores)


def _on(running: Stand, cores: set[int], seconds: float) -> _Phase:
    """Everybody on these cores: the gateway, its stores, and the parties."""
    _bind(running, cores)
    before, own, begun = running.cpu(), time.process_time(), time.monotonic()
    logins, crypto = _closed(running, seconds)
    spent, used = running.cpu().since(before), time.process_time() - own
    parties = used * 1000 / logins - statistics.mean(crypto) * len(crypto) / logins
    return _Phase(
        len(cores), time.monotonic() - begun, logins, spent.for_each(logins), parties, statistics.mean(crypto)
    )


def _closed(running: Stand, seconds: float) -> tuple[int, list[float]]:
    """How many logins, and what the bare cryptography took in between."""
    until, counts, crypto = time.monotonic() + seconds, [0], [0.0]
    crypto.clear()

    def person(_: int) -> None:
        driver = _driver(running)
        bare: Callable[[], None] | None = None
        while time.monotonic() < until or bare is None:
            driver.login()
            counts[0] += 1
            bare = bare or one_login(driver.last_answer, IDP_KEY.private_key)
            crypto.append(cpu_ms(bare))
        driver.close()

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(person, range(_AT_ONCE)))
    return counts[0], crypto


def _start_share(running: Stand, seconds: float) -> float:
    """How much of a login's CPU is the first of its two requests."""
    driver, until = _driver(running), time.monotonic() + seconds
    spent = {"start": 0.0, "answer": 0.0}
    while time.monotonic() < until:
        begun = running.cpu()
        attempts = [(driver.begin(), driver.browser()) for _ in range(50)]
        between = running.cpu()
        for (attempt, request), browser in attempts:
            driver.use(browser)
            driver.answer(attempt, etree.tostring(driver.response(request)))
        spent["start"] += between.since(begun).gateway
        spent["answer"] += running.cpu().since(between).gateway
    driver.close()
    return spent["start"] / sum(spent.values())


@dataclass
class _Tally:
    took: list[float] = field(default_factory=list)
    failed: int = 0


def _latency(running: Stand, rate: float, seconds: float) -> dict[str, object]:
    """Logins that begin at this rate, whatever became of those before: how long the gateway takes for one."""
    tally, lock, idle = _Tally(), threading.Lock(), [_driver(running) for _ in range(_PAUSES)]

    def person() -> None:
        with lock:
            driver = idle.pop() if idle else _driver(running)
        # A connection that lay idle may be closed just now.
        driver.close()
        try:
            begun = time.perf_counter()
            attempt, request = driver.begin()
            first = time.perf_counter() - begun
            response = etree.tostring(driver.response(request))
            begun = time.perf_counter()
            status, _ = driver.answer(attempt, response)
            took = first + time.perf_counter() - begun
        except (OSError, AssertionError):
            status, took = 0, 0.0
        with lock:
            idle.append(driver)
            tally.failed += status != 200
            if status == 200:
                tally.took.append(took * 1000)

    pause, begun = threading.Event(), time.monotonic()
    with ThreadPoolExecutor(_PAUSES * 4) as pool:
        for number in range(int(rate * seconds)):
            pause.wait(max(0.0, begun + number / rate - time.monotonic()))
            pool.submit(person)
    for driver in idle:
        driver.close()
    quantiles = statistics.quantiles(tally.took, n=100)
    return {
        "at_70_percent_per_s": round(rate, 1),
        "at_70_percent_failed": tally.failed,
        "at_70_percent_p50_ms": round(quantiles[49], 1),
        "at_70_percent_p99_ms": round(quantiles[98], 1),
    }


def _driver(running: Stand) -> Driver:
    driver = Driver(HOST, running.port)
    driver.begin_at(next(_NUMBERS) * _EACH)
    return driver
