"""How long a request has waited for its turn, and whether that was too long.

Requests wait in the kernel until a thread of a worker is free. Served in order, each at any cost, they would all come
too late once more come than the gateway can answer: browsers are gone by then, and their users ask again. So a request
that has waited too long is turned away, which costs a small part of a login; a login that has begun may wait longer,
because turning it away would waste what was done for it.
"""

import socket
import sys
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_OF_MACHINES = ("/health/", "/metrics", "/static/")
"""A busy gateway is alive, and its pages need their style."""
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


@dataclass(frozen=True, slots=True)
class Patience:
    """How long requests may wait. `starts` are the paths with which a login begins."""

    starts: AbstractSet[str]
    start_waits: timedelta
    other_waits: timedelta

    def is_over(self, environ: "WSGIEnvironment") -> bool:
        """Whether this request has waited so long that it is to be turned away."""
        path = environ["PATH_INFO"]
        if path.startswith(_OF_MACHINES):
            return False
        limit = self.start_waits if path in self.starts else self.other_waits
        return waited(environ) > limit.total_seconds()
