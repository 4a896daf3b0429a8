"""How long a request has waited for its turn, and whether that was too long.

Requests wait in the kernel until a thread of a worker is free. Served in order, each at any cost, they would all come
too late once more come than the gateway can answer: browsers are gone by then, and their users ask again. So a request
that has waited too long is turned away, which costs a small part of a login; a login that has begun may wait longer,
because turning it away would waste what was done for it.

A rush that the gateway will have worked off in a moment is waited out. Where a queue stands, as it does while more come
than can be answered, everybody in it would wait as long as anybody may, and be told only then: from then on whoever
wants to begin is told soon. What is answered stays the same, for a short queue keeps as many hands busy as a long one.
(The idea is that of CoDel, RFC 8289: not how long somebody waits, but whether nobody waits briefly.)
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
_SOON, _BRIEF = 8, 16
"""Parts of what who begins may wait: a quarter of a second, and half of that, with the 2 s that are the default."""
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
    """The requests that wait for this process, as far as those tell whose turn came. `now` only goes forward."""

    def __init__(self, brief: float, now: Callable[[], float] = time.monotonic) -> None:
        """`brief` is how many seconds a request waits, at most, where no queue stands."""
        self._brief = brief
        self._now = now
        self._last_turn = -math.inf
        self._since = -math.inf

    def stands(self, waited: float) -> float:
        """Seconds for which it has stood, at the turn of a request that waited so long.

        Threads may tell of several turns at once: which of them counts as the last matters to none.
        """
        now = self._now()
        had_ended = now - waited > self._last_turn
        if waited < self._brief or had_ended:
            self._since = now
        self._last_turn = now
        return now - self._since


@dataclass(frozen=True, slots=True)
class Patience:
    """How long requests may wait. `starts` are the paths with which a login begins.

    A queue that has stood as long as who begins may wait is no rush any more: they then wait an eighth of it.
    """

    starts: AbstractSet[str]
    start_waits: timedelta
    other_waits: timedelta
    now: InitVar[Callable[[], float]] = time.monotonic
    _queue: Queue = field(init=False)

    def __post_init__(self, now: Callable[[], float]) -> None:
        object.__setattr__(self, "_queue", Queue(self.start_waits.total_seconds() / _BRIEF, now))

    def is_over(self, environ: "WSGIEnvironment") -> bool:
        """Whether this request has waited so long that it is to be turned away."""
        path = environ["PATH_INFO"]
        too_long = self.too_long(waited(environ), start=path in self.starts)
        return too_long and not path.startswith(_OF_MACHINES)

    def too_long(self, seconds: float, *, start: bool) -> bool:
        """Whether a request whose turn it is has waited too long; asked once for each, in the order of their turns."""
        stands = self._queue.stands(seconds)
        if not start:
            return seconds > self.other_waits.total_seconds()
        limit = self.start_waits.total_seconds()
        return seconds > (limit / _SOON if stands >= limit else limit)
