"""A login that a session answers: a signed AuthnRequest in, a signed Response and assertion out, no school."""

import os
import statistics
import time

from gateway.login.loops import MOST
from tests.bench.bare_crypto import cpu_ms, one_login
from tests.bench.parties import IDP_KEY, Driver, one_worker
from tests.bench.worker import HOST, Worker

_BROWSERS = int(os.environ.get("BENCH_BROWSERS", "200"))
_EACH = MOST - 1
"""Logins in each browser beside the one at the school: with more the brake of login loops would hold it."""


def measure() -> dict[str, object]:
    """Browsers that have a session log in again and again, in turns with the bare cryptography of a whole login."""
    with one_worker() as (port, worker):
        return {"sso": _measured(Driver(HOST, port), worker)}


def _measured(driver: Driver, worker: Worker) -> dict[str, object]:
    browsers = []
    for _ in range(_BROWSERS):
        driver.login()
        browsers.append(driver.browser())
    bare = one_login(driver.last_answer, IDP_KEY.private_key)
    before, walls, bare_ms = worker.cpu_ms(), [], []
    for browser in browsers:
        driver.use(browser)
        for _ in range(_EACH):
            begun = time.perf_counter()
            driver.login_in_session()
            walls.append((time.perf_counter() - begun) * 1000)
        bare_ms.append(cpu_ms(bare))
    spent = (worker.cpu_ms() - before) / (_BROWSERS * _EACH)
    crypto = statistics.mean(bare_ms)
    return {
        "cpu_ms_per_login": round(spent, 2),
        "ratio_to_crypto": round(spent / crypto, 2),
        "crypto_ms": round(crypto, 2),
        "p50_ms": round(statistics.median(walls), 2),
        "p95_ms": round(statistics.quantiles(walls, n=100)[94], 2),
    }
