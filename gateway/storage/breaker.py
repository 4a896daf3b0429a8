"""A circuit breaker: what does not answer is not waited for again and again."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.domain.clock import Clock


class Breaker:
    """Decides who may still ask something that does not answer.

    Closed: all go ahead. After `failures` in a row it is open: nobody does, for `pause`; then one goes ahead as probe.

    The probe's success closes it; its failure, or a probe that does not come back within another `pause`, leaves it
    open. One for each process and store; its threads share it. `told` hears of every change: True when it opens.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        failures: int = 3,
        pause: timedelta = timedelta(seconds=1),
        told: Callable[[bool], None] = lambda _opened: None,
    ) -> None:
        self._clock = clock
        self._allowed = failures
        self._pause = pause
        self._told = told
        self._turn = threading.Lock()
        self._failed = 0
        self._opened: datetime | None = None

    def lets_through(self) -> bool:
        """Whether to go ahead. Whoever does says afterwards how it went."""
        with self._turn:
            if self._opened is None:
                return True
            now = self._clock.now()
            # A clock that was set back must not keep it open.
            if self._opened <= now < self._opened + self._pause:
                return False
            self._opened = now
            return True

    def succeeded(self) -> None:
        """It answered, be it with a refusal."""
        with self._turn:
            was_open, self._opened, self._failed = self._opened is not None, None, 0
            if was_open:
                self._told(False)  # noqa: FBT003 - what a listener of one truth value gets

    def failed(self) -> None:
        """It did not answer."""
        with self._turn:
            self._failed += 1
            if self._failed < self._allowed:
                return
            was_open, self._opened = self._opened is not None, self._clock.now()
            if not was_open:
                self._told(True)  # noqa: FBT003 - as above
