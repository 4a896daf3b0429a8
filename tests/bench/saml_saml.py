"""SAML at both ends: a signed AuthnRequest in, a signed Response and assertion in and out, eleven attributes.

Each login is in another browser. `saml_saml` is of pupils who have been here before, as on every day but one of a year;
`saml_saml_first` of pupils whose first login it is: what their school says of them is looked for and put on record.
"""

import os

from tests.bench.in_turns import in_turns
from tests.bench.parties import Driver, one_worker
from tests.bench.worker import HOST, Worker

_WARM_UP = 200
_REFUSED = 200
_MEMORY_LOGINS = int(os.environ.get("BENCH_MEMORY_LOGINS", "10000"))


def measure() -> dict[str, object]:
    """Logins, then what must be refused, then what the worker holds after many."""
    with one_worker() as (port, worker):
        return _measured(Driver(HOST, port), worker)


def _measured(driver: Driver, worker: Worker) -> dict[str, object]:
    driver.pupils = _WARM_UP
    for _ in range(_WARM_UP):
        driver.login()
    turns = in_turns(driver.login, driver.last_answer, worker)
    logins = turns.figures() | {
        "p99_ms": turns.percentile(99),
        "logins_per_s_core": round(1000 / turns.spent),
        "refused_cpu_ms": round(_refused(driver, worker), 2),
    }
    driver.pupils = 0
    first = in_turns(driver.login, driver.last_answer, worker).figures()
    return {
        "saml_saml": logins,
        "saml_saml_first": first,
        "crypto_ms": round(turns.crypto, 2),
        "memory": _memory(driver, worker),
    }


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
