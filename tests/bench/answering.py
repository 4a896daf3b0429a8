"""How long a client was kept waiting, as its kernel saw it.

A client that shares the cores with the gateway is late itself: its threads read an answer long after it came. When the
request left and when the answer came is known to the kernel, however late somebody asks it.
"""

import socket
import sys

_LAST_SENT, _LAST_RECEIVED = slice(44, 48), slice(52, 56)
"""`tcpi_last_data_sent` and `tcpi_last_data_recv` of Linux's `struct tcp_info`: milliseconds ago."""


def answered_within(connection: socket.socket) -> float:
    """Seconds from the last octets of a request until the last ones of its answer, which has been read; to 4 ms."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_RECEIVED.stop)
    sent, received = (int.from_bytes(info[part], sys.byteorder) for part in (_LAST_SENT, _LAST_RECEIVED))
    return (sent - received) / 1000
