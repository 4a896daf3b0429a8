"""The process that answers requests: gunicorn's threaded worker, whose threads wait for the requests themselves.

gunicorn has the main thread see each request come and hand it to another, and wait up to two seconds for a client that
does not close its side of an answered connection, while all others wait too. Here the main thread accepts connections
and looks after those that ended; the kernel wakes one of the answering threads for what comes on any of them (epoll,
one event at a time), the last that fell asleep first, so that few threads do the work of a quiet hour.

No thread waits for a client: what comes is put together until a request is whole (`gateway.cli.coming`), and answers
fit in what the kernel keeps of a connection. A request that is not whole in time is not waited for.
"""

import os
import select
import socket
import struct
import time
from contextlib import suppress
from email.utils import formatdate
from selectors import EVENT_READ

import structlog
from gunicorn import util
from gunicorn.http import wsgi
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import TConn, ThreadWorker

from gateway.cli.coming import Coming

log = structlog.get_logger("sluis")

_SIGN_OF_LIFE_EVERY = 1.0
"""Seconds; the arbiter stops a worker that gave none for `timeout`, which is 30 of them."""
_LOOK_EVERY = 1.0
"""Seconds between looks for connections that nobody uses any more."""
_HEAD_WITHIN, _WHOLE_WITHIN = 10.0, 30.0
"""Seconds from a request's first octet until its headers are there, and all of it: 50 kB by a bad line in a bus."""
_READ_AT_ONCE = 65536
_MOST_OF_ALL = 64 * 1024 * 1024
"""Bytes of requests that are not whole yet, of all connections of a worker."""
_KEPT_BY_THE_KERNEL = 256 * 1024
"""Bytes of an answer that a thread needs not wait for."""
_TAKEN_WITHIN = struct.pack("ll", 10, 0)
"""Seconds for which a thread waits while a client takes nothing of a larger answer."""
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_ONCE = select.EPOLLIN | select.EPOLLONESHOT


class _Date:
    """The header of each answer (RFC 9110, section 6.6.1), made once a second."""

    def __init__(self) -> None:
        self._made = 0, ""

    def now(self) -> str:
        """The present second."""
        second, text = self._made
        if second != (now := int(time.time())):
            text = formatdate(now, usegmt=True)
            self._made = now, text
        return text


class _Response(wsgi.Response):  # type: ignore[misc]
    """An answer whose head leaves with the first of its body, in one call and one packet."""

    headers_sent: bool
    _head = b""

    def send_headers(self) -> None:
        """Have the head ready; it is sent with what follows, or at the end."""
        if not self.headers_sent:
            lines = [*self.default_headers(), *(f"{name}: {value}\r\n" for name, value in self.headers), "\r\n"]
            self._head = "".join(lines).encode("latin-1")
            self.headers_sent = True

    def _emit_body(self, data: bytes) -> None:
        if self.chunked:
            self._send_head()
            super()._emit_body(data)
            return
        head, self._head = self._head, b""
        self.sock.sendall(head + data)

    def close(self) -> None:
        """Send what has not been sent, and say that it was all."""
        self.send_headers()
        self._send_head()
        super().close()

    def _send_head(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self.sock.sendall(head)


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker whose threads wait for requests, and that neither idle nor slow browsers hold up. Linux only.

    `keepalived_conns`, a queue in gunicorn, is here the connections on which something is waited for, by their
    descriptor. Who takes one out, a thread or the main one, has it for itself.
    """

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self._told = self._looked = 0.0
        self.keepalived_conns: dict[int, TConn] = {}
        self._open: set[TConn] = set()
        self._closing: set[TConn] = set()
        self._coming: dict[TConn, Coming] = {}

    def init_process(self) -> None:
        """Start to serve; returns at the end of the worker's life."""
        self._arrivals = select.epoll()
        self._ended, self._end = os.pipe()
        self._arrivals.register(self._ended, select.EPOLLIN)
        util.http_date = _Date().now
        wsgi.Response = _Response
        for listener in self.sockets:
            # Every connection that it accepts has these from it.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KEPT_BY_THE_KERNEL)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _TAKEN_WITHIN)
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
            self._make_room()
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
        conn.sock.settimeout(0)
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
            if conn.timeout <= time.monotonic() or not conn.sock.recv(_READ_AT_ONCE):
                self._close(conn)
                return
        elif not self._take_in(conn):
            return
        self.keepalived_conns[conn.sock.fileno()] = conn
        self._arrivals.modify(conn.sock, _ONCE)

    def _take_in(self, conn: TConn) -> bool:
        """Take what has come of a request, and answer it when it is whole; False when the connection has ended."""
        coming = self._coming.pop(conn, None) or Coming(time.monotonic())
        if not self._read(conn, coming):
            self._close(conn)
            return False
        if coming.invites():
            conn.sock.send(_GO_ON)
        while coming.is_whole:
            if not self._answer_one(conn, coming):
                # Closed at once, what the client still sends would take the answer back (RFC 9112, section 9.6).
                self._closing.add(conn)
                conn.set_timeout()
                conn.sock.shutdown(socket.SHUT_WR)
                return True
            coming = Coming(time.monotonic(), conn.parser.unreader.take_buffered())
        conn.set_timeout()
        if len(coming):
            conn.timeout = coming.begun + (_WHOLE_WITHIN if coming.has_head else _HEAD_WITHIN)
            self._coming[conn] = coming
            self._forget_the_largest()
            if conn.timeout <= time.monotonic():
                # Whoever sends without a pause is seldom found waiting.
                self._refuse_late(conn)
                return False
        return True

    def _read(self, conn: TConn, coming: Coming) -> bool:
        """What is there of this request and perhaps of the next; False when the client will send no more."""
        while not coming.is_whole:
            try:
                octets = conn.sock.recv(_READ_AT_ONCE)
            except BlockingIOError:
                return True
            if not octets:
                return False
            coming.add(octets)
        return True

    def _answer_one(self, conn: TConn, coming: Coming) -> bool:
        """Answer a request; whether the connection stays."""
        if not coming.has_head:
            conn.sock.send(_HEAD_TOO_LARGE)
            return False
        # It reads what came and no socket: what a client leaves out is missing, and is not waited for.
        conn.parser = RequestParser(self.cfg, iter((bytes(coming),)), conn.client)
        conn.initialized = True
        try:
            stays: bool = self.handle(conn)
        finally:
            conn.sock.settimeout(0)
        return stays and not coming.too_large

    def _make_room(self) -> None:
        """Where connections are short, whoever has been waited for longest makes room for others.

        Where nobody is waited for, because all have asked something, those that come wait in the kernel for their turn.
        """
        while len(self._open) >= self.worker_connections:
            waited_for = [one for one in list(self.keepalived_conns.items()) if not self._waits_for_us(one[1])]
            if not waited_for:
                return
            self._end_one(min(waited_for, key=self._since))

    def _forget_the_largest(self) -> None:
        """Where memory is short, the request of which most has come is not waited for."""
        coming = {conn: len(one) for conn, one in list(self._coming.items())}
        if sum(coming.values()) > _MOST_OF_ALL:
            largest = max(coming, key=lambda conn: coming[conn])
            self._end_one((largest.sock.fileno(), largest))

    def _since(self, waiting: tuple[int, TConn]) -> float:
        coming = self._coming.get(waiting[1])
        return coming.begun if coming else float(waiting[1].timeout)

    def _close_unused(self) -> None:
        now = time.monotonic()
        if now < self._looked + _LOOK_EVERY:
            return
        self._looked = now
        late = [waiting for waiting in list(self.keepalived_conns.items()) if waiting[1].timeout <= now]
        late = [waiting for waiting in late if not self._waits_for_us(waiting[1])]
        ended = sum(self._end_one(waiting) for waiting in late)
        if ended:
            log.warning("requests_not_whole_in_time", number=ended)

    def _waits_for_us(self, conn: TConn) -> bool:
        """Whether something came that no thread was free for yet: then it is not the client that is slow."""
        if conn in self._closing:
            return False
        try:
            # A thread that takes it just now may wait on it; the main one never does.
            return bool(conn.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except OSError:
            return False

    def _end_one(self, waiting: tuple[int, TConn]) -> bool:
        """Close it unless somebody took it meanwhile; whether a part of a request had come."""
        descriptor, conn = waiting
        if self.keepalived_conns.pop(descriptor, None) is not conn:
            return False
        if conn in self._coming:
            self._refuse_late(conn)
            return True
        self._close(conn)
        return False

    def _refuse_late(self, conn: TConn) -> None:
        with suppress(OSError):
            conn.sock.send(_TOO_SLOW)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self._open.discard(conn)
        self._closing.discard(conn)
        self._coming.pop(conn, None)
        conn.close()
        if not self.alive:
            # The main thread may be waiting for just this one.
            self.method_queue.defer(lambda: None)
