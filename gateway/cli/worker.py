"""The process that answers requests: gunicorn's threaded worker, whose threads wait for the requests themselves.

gunicorn has the main thread see each request come and hand it to another, and wait up to two seconds for a client that
does not close its side of an answered connection, while all others wait too. Here the main thread accepts connections
and looks after those that ended; the kernel wakes one of the answering threads for what comes on any of them (epoll,
one event at a time), the last that fell asleep first, so that few threads do the work of a quiet hour.
"""

import os
import select
import socket
import time
from selectors import EVENT_READ

from gunicorn.workers.gthread import TConn, ThreadWorker

_SIGN_OF_LIFE_EVERY = 1.0
"""Seconds; the arbiter stops a worker that gave none for `timeout`, which is 30 of them."""
_LOOK_EVERY = 1.0
"""Seconds between looks for connections that nobody uses any more."""
_ONCE = select.EPOLLIN | select.EPOLLONESHOT
_DRAINED_AT_ONCE = 65536
"""Bytes of what a client still sends on a connection that is closing."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker whose threads wait for requests, and that neither idle nor slow browsers hold up. Linux only.

    `keepalived_conns`, a queue in gunicorn, is here the connections on which a request is waited for, by their
    descriptor, the first to end first. Who takes one out, a thread or the main one, has it for itself.
    """

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self._told = 0.0
        self.keepalived_conns: dict[int, TConn] = {}
        self._open: set[TConn] = set()
        self._closing: set[TConn] = set()

    def init_process(self) -> None:
        """Start to serve; returns at the end of the worker's life."""
        self._arrivals = select.epoll()
        self._ended, self._end = os.pipe()
        self._arrivals.register(self._ended, select.EPOLLIN)
        super().init_process()

    def notify(self) -> None:
        """Tell the arbiter that this worker lives: once a second, not at every event."""
        now = time.monotonic()
        if now >= self._told + _SIGN_OF_LIFE_EVERY:
            self._told = now
            super().notify()

    def run(self) -> None:
        """Accept connections until told to stop, then wait for what is being answered, `graceful_timeout` at most."""
        self.poller.register(self.method_queue.fileno(), EVENT_READ, self.method_queue.run_callbacks)
        for _ in range(self.cfg.threads):
            self.tpool.submit(self._answer)
        while self.alive and self.is_parent_alive():
            self.notify()
            self.set_accept_enabled(len(self._open) < self.worker_connections)
            self.wait_for_and_dispatch_events(timeout=_LOOK_EVERY)
            self._close_unused()
        self.set_accept_enabled(False)
        until = time.monotonic() + self.cfg.graceful_timeout
        while self._open and (left := until - time.monotonic()) > 0:
            self.notify()
            self.wait_for_and_dispatch_events(timeout=min(left, _LOOK_EVERY))
            self._close_unused()
        os.close(self._end)
        self.tpool.shutdown(wait=False)
        for listener in self.sockets:
            listener.close()

    def enqueue_req(self, conn: TConn) -> None:
        """Wait for the first request of a connection that was accepted."""
        self._open.add(conn)
        conn.set_timeout()
        self.keepalived_conns[conn.sock.fileno()] = conn
        self._arrivals.register(conn.sock, _ONCE)

    def _answer(self) -> None:
        """The life of an answering thread: until the worker has ended."""
        while True:
            [(descriptor, _)] = self._arrivals.poll(maxevents=1)
            if descriptor == self._ended:
                return
            conn = self.keepalived_conns.pop(descriptor, None)
            if conn is None:
                continue
            try:
                self._attend(conn)
            except OSError:
                # The client has gone.
                self._close(conn)
            except Exception:
                # A thread that died of one connection would be missed by all others.
                self.log.exception("A connection could not be answered.")
                self._close(conn)

    def _attend(self, conn: TConn) -> None:
        """Answer what has come, and wait for what comes next: a request, or the end of a connection that is closing."""
        if conn in self._closing:
            if not conn.sock.recv(_DRAINED_AT_ONCE):
                self._close(conn)
                return
        else:
            stays = self.handle(conn)
            conn.set_timeout()
            if not stays:
                # Closed at once, what the client still sends would take the answer back (RFC 9112, section 9.6).
                self._closing.add(conn)
                conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.settimeout(0)
        self.keepalived_conns[conn.sock.fileno()] = conn
        self._arrivals.modify(conn.sock, _ONCE)

    def _close_unused(self) -> None:
        now = time.monotonic()
        for descriptor, conn in list(self.keepalived_conns.items()):
            if conn.timeout > now:
                return
            if self.keepalived_conns.pop(descriptor, None) is conn:
                self._close(conn)

    def _close(self, conn: TConn) -> None:
        self._open.discard(conn)
        self._closing.discard(conn)
        conn.close()
        if not self.alive:
            # The main thread may be waiting for just this one.
            self.method_queue.defer(lambda: None)
