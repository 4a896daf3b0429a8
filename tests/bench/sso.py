"""A login that a session answers: a signed AuthnRequest in, a signed Response and assertion out, no school."""

import os

from gateway.login.loops import MOST
from tests.bench.in_turns import in_turns
from tests.bench.parties import Driver, one_worker
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
    turns = (browser for browser in browsers for _ in range(_EACH))

    def again() -> None:
        driver.use(next(turns))
        driver.login_in_session()

    return in_turns(again, driver.last_answer, worker, times=_BROWSERS * _EACH).figures()
