"""What traces cost: the logins of `saml_saml` where none is traced, one in a hundred (the default), and every one.

Three gateways in turns, login by login, so that all find the machine in the same state. The collector is in this
process, so that what it costs does not count.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.bench.parties import Driver, one_worker
from tests.bench.worker import HOST, Worker
from tests.support.collector import Collector, collector

_WARM_UP = 100
_LOGINS = int(os.environ.get("BENCH_LOGINS", "2000"))
_SHARES = {"untraced": None, "one_in_100": 0.01, "every_login": 1}
_DELIVERED_AFTER = 30.0
"""Seconds; each worker delivers every two."""


def measure() -> dict[str, object]:
    """`traced`: CPU of each, and how many times that of the untraced one it is."""
    with collector() as there, ExitStack() as stack:
        found = [stack.enter_context(one_worker(_tracing(there, share))) for share in _SHARES.values()]
        drivers, workers = [Driver(HOST, port) for port, _ in found], [worker for _, worker in found]
        _log_in(drivers, _WARM_UP)
        _all_has_come(there, _WARM_UP)
        before = [worker.cpu_ms() for worker in workers]
        _log_in(drivers, _LOGINS)
        _all_has_come(there, _WARM_UP + _LOGINS)
        spent = dict(zip(_SHARES, map(_for_each, workers, before), strict=True))
        spans = len(there.spans) / len({span.trace for span in there.spans})
    ratios = {f"{name}_ratio": round(ms / spent["untraced"], 3) for name, ms in spent.items() if name != "untraced"}
    ms = {f"{name}_cpu_ms": round(ms, 2) for name, ms in spent.items()}
    return {"traced": {**ms, **ratios, "spans_a_login": round(spans, 1)}}


def _tracing(there: Collector, share: float | None) -> Callable[[Path], None]:
    def add(directory: Path) -> None:
        if share is not None:
            with (directory / "gateway.yaml").open("a", encoding="utf-8") as file:
                file.write(f"\ntracing: {{endpoint: '{there.endpoint}', share: {share}}}\n")

    return add


def _log_in(drivers: list[Driver], times: int) -> None:
    for _ in range(times):
        for driver in drivers:
            driver.login()


def _all_has_come(there: Collector, logins: int) -> None:
    """Wait until what the last one made is here: delivering it is part of the cost."""
    pause = threading.Event()
    for _ in range(int(_DELIVERED_AFTER / 0.5)):
        ended = Counter(span.process["process.pid"] for span in there.spans if span.name == "saml_sp.acs")
        if max(ended.values(), default=0) >= logins:
            return
        pause.wait(0.5)
    raise SystemExit("the collector did not get every login")


def _for_each(worker: Worker, before: float) -> float:
    return (worker.cpu_ms() - before) / _LOGINS
