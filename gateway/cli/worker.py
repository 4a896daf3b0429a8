"""The process that answers requests: gunicorn's threaded worker, with less done for each request and a quicker end."""

import time
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ

from gunicorn.workers.gthread import TConn, ThreadWorker

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

    def enqueue_req(self, conn: TConn) -> None:
        """Have a thread answer the request that waits on this connection."""
        self.tpool.submit(self._answer, conn)

    def _answer(self, conn: TConn) -> None:
        """Runs in a thread, which puts back itself what stays open: to ask the main one costs its waking up."""
        stays = self.handle(conn)
        if stays is True and self.alive and self._put_back(conn):
            return
        ended: Future[object] = Future()
        ended.set_result(stays)
        self.method_queue.defer(self.finish_request, conn, ended)

    def _put_back(self, conn: TConn) -> bool:
        """Watch the connection for its next request, unless the worker has ended meanwhile."""
        conn.sock.settimeout(0)
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        try:
            self.poller.register(conn.sock, EVENT_READ, partial(self.on_client_socket_readable, conn))
        except (OSError, ValueError, RuntimeError, KeyError):
            self.keepalived_conns.remove(conn)
            return False
        return True

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait no longer than a second, so that a kept connection that has come to its end is seen to end."""
        super().wait_for_and_dispatch_events(min(timeout, _LOOK_EVERY))
