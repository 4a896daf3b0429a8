"""SAML at both ends: a signed AuthnRequest in, a signed Response and assertion in and out, eleven attributes."""

import os
import statistics
import time

from tests.bench.bare_crypto import cpu_ms, one_login
from tests.bench.parties import IDP_KEY, Driver, one_worker
from tests.bench.worker import HOST, Worker

_WARM_UP = 200
_LOGINS = int(os.environ.get("BENCH_LOGINS", "2000"))
_REFUSED = 200
_MEMORY_LOGINS = int(os.environ.get("BENCH_MEMORY_LOGINS", "10000"))


def measure() -> dict[str, object]:
    """Logins and the bare cryptography in turns, so that both find the machine in the same state."""
    with one_worker() as (port, worker):
        return _measured(Driver(HOST, port), worker)


def _measured(driver: Driver, worker: Worker) -> dict[str, object]:
    for _ in range(_WARM_UP):
        driver.login()
    spent, crypto, walls = _complete(driver, worker)
    quantiles = statistics.quantiles(walls, n=100)
    logins = {
        "cpu_ms_per_login": round(spent, 2),
        "ratio_to_crypto": round(spent / crypto, 2),
        "p50_ms": round(quantiles[49], 2),
        "p95_ms": round(quantiles[94], 2),
        "p99_ms": round(quantiles[98], 2),
        "logins_per_s_core": round(1000 / spent),
        "refused_cpu_ms": round(_refused(driver, worker), 2),
    }
    return {"saml_saml": logins, "crypto_ms": round(crypto, 2), "memory": _memory(driver, worker)}


def _complete(driver: Driver, worker: Worker) -> tuple[float, float, list[float]]:
    """CPU milliseconds of the gateway a login, of the bare cryptography, and how long each login took."""
    bare = one_login(driver.last_answer, IDP_KEY.private_key)
    before, walls, bare_ms = worker.cpu_ms(), [], []
    for _ in range(_LOGINS):
        begun = time.perf_counter()
        driver.login()
        walls.append((time.perf_counter() - begun) * 1000)
        bare_ms.append(cpu_ms(bare))
    return (worker.cpu_ms() - before) / _LOGINS, statistics.mean(bare_ms), walls


def _refused(driver: Driver, worker: Worker) -> float:
    """What a login costs that must be refused: speed is never bought with a check left out."""
    before = worker.cpu_ms()
    for kind in range(_REFUSED):
        driver.refused_login(kind)
    return (worker.cpu_ms() - before) / _REFUSED


def _memory(driver: Driver, worker: Worker) -> dict[str, object]:
    before = worker.memory_mb()
    for _ in range(_MEMORY_LOGINS):
        driver.login()
    return {
        "logins": _MEMORY_LOGINS,
        "rss_mb_before": round(before, 1),
        "rss_mb_after": round(worker.memory_mb(), 1),
    }
