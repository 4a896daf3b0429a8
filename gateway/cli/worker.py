"""The process that answers requests: gunicorn's threaded worker, with less done for each request and a quicker end."""

import time

from gunicorn.workers.gthread import ThreadWorker

_SIGN_OF_LIFE_EVERY = 1.0
"""Seconds; the arbiter stops a worker that gave none for `timeout`, which is 30 of them."""
_LOOK_EVERY = 1.0
"""Seconds between looks for connections that nobody uses any more, while the worker is stopping."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker that touches its file once a second and not at every event, and that idle browsers do not hold up."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self._told = 0.0

    def notify(self) -> None:
        """Tell the arbiter that this worker lives."""
        now = time.monotonic()
        if now >= self._told + _SIGN_OF_LIFE_EVERY:
            self._told = now
            super().notify()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait no longer than a second, so that a kept connection that has come to its end is seen to end."""
        super().wait_for_and_dispatch_events(min(timeout, _LOOK_EVERY))
