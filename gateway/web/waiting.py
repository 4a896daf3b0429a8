"""How long a request has waited for its turn, and whether that was too long.

Requests wait in the kernel until a thread of a worker is free. Served in order, each at any cost, they would all come
too late once more come than the gateway can answer: browsers are gone by then, and their users ask again. So a request
that has waited too long is turned away, which costs a small part of a login; a login that has begun may wait longer,
because turning it away would waste what was done for it.

A rush that the gateway will have worked off in a moment is waited out. Where a queue stands, as it does while more come
than can be answered, everybody in it would wait as long as anybody may, and be told only then. So from then on a share
of those who begin is turned away at their turn, however short they waited: as large a share as keeps the queue short.
What is answered stays the same, for a short queue keeps as many hands busy as a long one. (That a queue stands when
nobody waits briefly is the idea of CoDel, RFC 8289; the share is had as in PIE, RFC 8033.)
"""

import math
import socket
import sys
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import InitVar, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_OF_MACHINES = ("/health/", "/metrics", "/static/")
"""A busy gateway is alive, and its pages need their style."""
_BRIEFLY, _SHORT, _STANDS = 1 / 64, 1 / 8, 3 / 4
"""Of what who begins may wait: what is next to no wait; what they are to wait in a queue that is kept short; how long
it is no queue yet but a rush. With the 2 s that are the default: 31 ms, a quarter of a second, 1.5 s."""
_LEARNS_EVERY, _LEARNS_FROM_CHANGE = 0.05, 2.0
_SMALLEST_SHARE, _LARGEST_SHARE = 0.1, 0.97
_TCP_INFO = getattr(socket, "TCP_INFO", None)
_LAST_RECEIVED = slice(52, 56)
"""`tcpi_last_data_recv` of Linux's `struct tcp_info`: milliseconds since the client's last octets came."""


def waited(environ: "WSGIEnvironment") -> float:
    """Seconds since the last part of this request came; 0 where the system does not tell."""
    connection = environ.get("gunicorn.socket")
    if connection is None or _TCP_INFO is None:
        return 0.0
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _LAST_RECEIVED.stop)
    except OSError:
        # Not TCP: a socket of this machine.
        return 0.0
    return int.from_bytes(info[_LAST_RECEIVED], sys.byteorder) / 1000


class Queue:
    """The requests that wait for this process, as far as those tell whose turn came. `now` only goes forward.

    Threads may tell of several turns at once: which of them counts as the last matters to none.
    """

    def __init__(self, patience: float, now: Callable[[], float] = time.monotonic) -> None:
        """`patience` is how many seconds who begins may wait at most."""
        self._patience = patience
        self._now = now
        self._last_turn = self._since = self._learned = -math.inf
        self._waited = self._share = self._owed = 0.0

    def turn(self, waited: float) -> None:
        """A request has its turn that waited so many seconds."""
        now = self._now()
        had_ended = now - waited > self._last_turn
        if waited < self._patience * _BRIEFLY or had_ended:
            self._since = now
        self._last_turn = now
        if now - self._learned >= _LEARNS_EVERY:
            self._learn(waited / self._patience, min(1.0, now - self._learned))
            self._learned = now

    def is_too_long(self) -> bool:
        """Whether one who begins is among those to turn away, so that it gets short; asked at their turn."""
        if self._share < _SMALLEST_SHARE or self._last_turn - self._since < self._patience * _STANDS:
            return False
        self._owed += self._share
        turned_away = self._owed >= 1.0
        self._owed -= turned_away
        return turned_away

    def _learn(self, waited: float, seconds: float) -> None:
        """The share grows while they wait longer than they are to, and with each wait that is longer than before."""
        change = (waited - _SHORT) * seconds + (waited - self._waited) * _LEARNS_FROM_CHANGE
        self._share = min(_LARGEST_SHARE, max(0.0, self._share + change))
        self._waited = waited


@dataclass(frozen=True, slots=True)
class Patience:
    """How long requests may wait. `starts` are the paths with which a login begins."""

    starts: AbstractSet[str]
    start_waits: timedelta
    other_waits: timedelta
    now: InitVar[Callable[[], float]] = time.monotonic
    _queue: Queue = field(init=False)

    def __post_init__(self, now: Callable[[], float]) -> None:
        object.__setattr__(self, "_queue", Queue(self.start_waits.total_seconds(), now))

    def is_over(self, environ: "WSGIEnvironment") -> bool:
        """Whether this request has waited so long that it is to be turned away."""
        path = environ["PATH_INFO"]
        too_long = self.too_long(waited(environ), start=path in self.starts)
        return too_long and not path.startswith(_OF_MACHINES)

    def too_long(self, seconds: float, *, start: bool) -> bool:
        """Whether a request whose turn it is has waited too long; asked once for each, in the order of their turns."""
        self._queue.turn(seconds)
        if not start:
            return seconds > self.other_waits.total_seconds()
        return seconds > self.start_waits.total_seconds() or self._queue.is_too_long()
