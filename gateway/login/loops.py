"""The brake of a login loop: a service that sends a browser back at once, however often it got an answer."""

import json

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdpId, ServiceId
from gateway.login.sso.slots import Slots
from gateway.observability.metrics import Metrics
from gateway.storage.contracts import ShortLivedStore

MOST = 5
"""Logins of one browser at one service through one identity provider."""
SECONDS = 60


class LoopBrake:
    """Counts in any `SECONDS`; each login holds a place for so long."""

    def __init__(self, *, store: ShortLivedStore, randomness: Randomness, metrics: Metrics) -> None:
        self._places = Slots(store, limit=MOST)
        self._randomness = randomness
        self._metrics = metrics

    def check(self, browser: str, service: ServiceId, idp: IdpId) -> None:
        """Raises SluisError LOGIN_LOOP for one login too many."""
        key, start = f"loop:{json.dumps((browser, service, idp))}", self._randomness.bytes(1)[0]
        if not self._places.add(key, b"1", seconds=SECONDS, start=start):
            self._metrics.login_loop(service=service, idp=idp)
            raise SluisError(ErrorCode.LOGIN_LOOP, hint=f"more than {MOST} logins in {SECONDS} seconds")
