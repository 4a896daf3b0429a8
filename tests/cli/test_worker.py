"""The worker answers whoever asks, and nobody who is idle, slow or gone holds up the others or its end."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers import base

from gateway.cli import worker as worker_module
from gateway.cli.worker import Worker

_GRACE = 60
KEPT, LAST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


class Beat:
    """The worker's sign of life, counted."""

    def __init__(self) -> None:
        self.told = 0

    def notify(self) -> None:
        self.told += 1


class Running:
    """A worker with two threads that serves in this process."""

    def __init__(self, app: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(base.Worker, "init_process", lambda _: None)
        self.listener = socket.create_server(("127.0.0.1", 0))
        config = Config()
        for name, value in (("threads", 2), ("keepalive", 5), ("graceful_timeout", _GRACE), ("loglevel", "critical")):
            config.set(name, value)
        # Its parent is whoever started this process.
        ppid = os.getppid()
        self.worker = Worker(1, ppid, [self.listener], SimpleNamespace(), 30, config, Logger(config))
        self.worker.tmp.close()
        self.worker.tmp = Beat()
        self.worker.init_process()
        self.worker.wsgi = app
        self.ended = threading.Thread(target=self.worker.run)
        self.ended.start()

    def connected(self) -> socket.socket:
        return socket.create_connection(self.listener.getsockname(), timeout=_GRACE)

    def stop(self) -> None:
        self.worker.handle_exit(15, None)
        self.ended.join(_GRACE)
        assert not self.ended.is_alive()
        self.worker.poller.close()
        self.worker.method_queue.close()


def hello(_environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", [("Content-Length", "5")])
    return [b"hello"]


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    made = Running(hello, monkeypatch)
    yield made
    made.stop()
    for thread in made.worker.tpool._threads:
        thread.join(_GRACE)
        assert not thread.is_alive(), "an answering thread outlives its worker"


def answered(client: socket.socket) -> bool:
    """Whether an answer comes, whole."""
    got = b""
    with suppress(ConnectionResetError):
        while not got.endswith(b"hello") and (more := client.recv(4096)):
            got += more
    return got.endswith(b"hello")


def test_answers_request_after_request_on_one_connection(running: Running) -> None:
    with running.connected() as client:
        for _ in range(5):
            client.sendall(KEPT)
            assert answered(client)


def test_clients_that_never_close_their_side_hold_up_nobody(running: Running) -> None:
    rude = [running.connected() for _ in range(6)]
    for client in rude:
        client.sendall(LAST)
    for client in rude:
        assert answered(client)
        assert client.recv(1) == b"", "the gateway has said all"
    assert len(running.worker._closing) == 6, "and waits for none of them"
    with running.connected() as client:
        client.sendall(KEPT)
        assert answered(client)
    for client in rude:
        client.sendall(b"more, that nobody asked for")
        client.close()


def test_idle_connections_hold_no_thread(running: Running) -> None:
    idle = [running.connected() for _ in range(5)]
    with running.connected() as client:
        client.sendall(KEPT)
        assert answered(client)
    for client in idle:
        client.close()


def test_a_client_that_resets_its_connection_is_let_go(running: Running) -> None:
    client = running.connected()
    client.sendall(LAST)
    assert answered(client)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.close()
    with running.connected() as other:
        other.sendall(KEPT)
        assert answered(other)


def test_what_fails_in_one_connection_costs_no_thread(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    right = running.worker.handle
    broken = iter([RuntimeError("broken")] * 5)

    def handle(conn: Any) -> bool:
        for error in broken:
            raise error
        return bool(right(conn))

    monkeypatch.setattr(running.worker, "handle", handle)
    for _ in range(5):
        with running.connected() as client:
            client.sendall(KEPT)
            assert not answered(client)
    with running.connected() as client:
        client.sendall(KEPT)
        assert answered(client)


def test_a_kept_connection_is_answered_once_more_while_the_worker_stops(running: Running) -> None:
    with running.connected() as client:
        client.sendall(KEPT)
        assert answered(client)
        running.worker.handle_exit(15, None)
        client.sendall(KEPT)
        assert answered(client)
        assert client.recv(1) == b""


def test_what_is_being_answered_is_answered_before_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, may_answer = threading.Event(), threading.Event()

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        asked.set()
        assert may_answer.wait(_GRACE)
        return hello(environ, start)

    running = Running(slow, monkeypatch)
    with running.connected() as client:
        client.sendall(KEPT)
        assert asked.wait(_GRACE)
        running.worker.handle_exit(15, None)
        may_answer.set()
        assert answered(client)
        client.close()
        running.stop()


def test_connections_that_nobody_uses_end_when_their_time_is_over(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running.connected() as idle, running.connected() as rude:
        rude.sendall(LAST)
        assert answered(rude)
        assert rude.recv(1) == b""
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 6)
        assert idle.recv(1) == b""
        # What is still sent when it is closed comes back as an error.
        with suppress(ConnectionError):
            while running.worker._open:
                rude.send(b"x")
        pause = threading.Event()
        assert any(not running.worker._open or pause.wait(0.01) for _ in range(_GRACE * 100))


def echo(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    """What came, and `hello`."""
    body = environ["wsgi.input"].read() + b"hello"
    start("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def posted(body: bytes, *more: bytes) -> bytes:
    head = (b"POST / HTTP/1.1", b"Host: a", b"Content-Length: %d" % len(body), *more)
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def got(client: socket.socket) -> bytes:
    """All that comes, until `hello` or the end."""
    all_of_it = b""
    while not all_of_it.endswith(b"hello") and (more := client.recv(4096)):
        all_of_it += more
    return all_of_it


@pytest.mark.parametrize(
    "first", [b"GET / HT", b"GET / HTTP/1.1\r\nHost: a\r\n", posted(b"x" * 20)[:-5]], ids=["line", "headers", "body"]
)
def test_requests_that_trickle_in_hold_no_thread(running: Running, first: bytes) -> None:
    running.worker.wsgi = echo
    slow = [running.connected() for _ in range(6)]
    for client in slow:
        client.sendall(first)
    with running.connected() as client:
        client.sendall(KEPT)
        assert answered(client)
    for client in slow:
        client.sendall(b"xxxxx" if b"POST" in first else b"TP/1.1\r\n\r\n" if first.endswith(b"HT") else b"\r\n")
        assert answered(client), "whoever ends it is answered"
        client.close()


@pytest.mark.parametrize(("first", "within"), [(b"GET / HT", 10), (posted(b"x" * 20)[:-5], 30)], ids=["head", "body"])
def test_what_is_not_whole_in_time_is_not_waited_for(
    running: Running, monkeypatch: pytest.MonkeyPatch, first: bytes, within: int
) -> None:
    monkeypatch.setattr(worker_module, "_LOOK_EVERY", 0.01)
    now = time.monotonic()
    with running.connected() as client:
        client.sendall(first)
        pause = threading.Event()
        assert any(running.worker._coming or pause.wait(0.01) for _ in range(_GRACE * 100))
        monkeypatch.setattr(time, "monotonic", lambda: now + within - 2)
        with running.connected() as other:
            other.sendall(KEPT)
            assert answered(other)
        assert running.worker._coming
        monkeypatch.setattr(time, "monotonic", lambda: now + within + 60)
        assert got(client).startswith(b"HTTP/1.1 408 ")
    assert not running.worker._coming


def test_a_request_for_which_no_thread_is_free_is_not_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, may_answer = threading.Semaphore(0), threading.Event()

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        asked.release()
        assert may_answer.wait(_GRACE)
        return hello(environ, start)

    monkeypatch.setattr(worker_module, "_LOOK_EVERY", 0.01)
    running = Running(slow, monkeypatch)
    looked = threading.Event()
    with running.connected() as first, running.connected() as second, running.connected() as third:
        for client in (first, second):
            client.sendall(KEPT)
            assert asked.acquire(timeout=_GRACE)
        third.sendall(KEPT)
        pause = threading.Event()
        assert any(len(running.worker._open) == 3 or pause.wait(0.01) for _ in range(_GRACE * 100))
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 60)
        right = running.worker._close_unused

        def close_unused() -> None:
            right()
            looked.set()

        monkeypatch.setattr(running.worker, "_close_unused", close_unused)
        assert looked.wait(_GRACE)
        may_answer.set()
        assert all(answered(client) for client in (first, second, third))
    running.stop()


def test_whoever_sends_without_a_pause_is_ended_as_well(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    with running.connected() as client:
        client.sendall(b"GET / HTTP/1.1\r\nX: ")
        pause = threading.Event()
        assert any(running.worker._coming or pause.wait(0.01) for _ in range(_GRACE * 100))
        monkeypatch.setattr(time, "monotonic", lambda: now + 60)
        with suppress(ConnectionError):
            for _ in range(_GRACE * 1000):
                client.sendall(b"x")
                pause.wait(0.001)
            pytest.fail("it is still listened to")


def test_requests_that_come_in_one_piece_are_answered_one_by_one(running: Running) -> None:
    running.worker.wsgi = echo
    with running.connected() as client:
        client.sendall(posted(b"one ") + posted(b"two ") + LAST)
        said = b""
        while more := client.recv(4096):
            said += more
    assert said.count(b"HTTP/1.1 200 OK") == 3
    assert said.index(b"one hello") < said.index(b"two hello")


def test_a_body_that_nobody_read_is_no_part_of_what_comes_next(running: Running) -> None:
    with running.connected() as client:
        client.sendall(posted(b"GET /elsewhere HTTP/1.1\r\n\r\n"))
        assert answered(client)
        client.sendall(LAST)
        assert answered(client)
        assert client.recv(1) == b""


def test_chunks_are_put_together(running: Running) -> None:
    running.worker.wsgi = echo
    with running.connected() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none")
        client.sendall(b"\r\n4\r\n two\r\n0\r\n\r\n")
        assert got(client).endswith(b"one twohello")


def test_a_client_is_told_once_to_go_on(running: Running) -> None:
    running.worker.wsgi = echo
    whole = posted(b"body ", b"Expect: 100-continue")
    with running.connected() as client:
        client.sendall(whole[:-5])
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(whole[-5:])
        said = got(client)
    assert said.startswith(b"HTTP/1.1 200 OK")
    assert said.endswith(b"body hello")


def test_a_body_that_is_too_large_is_not_waited_for(running: Running) -> None:
    with running.connected() as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nx")
        assert answered(client), "from the headers alone; the gateway refuses it"
        assert client.recv(1) == b"", "and what follows is no request"


def test_headers_without_end_are_refused(running: Running) -> None:
    with running.connected() as client:
        client.sendall(b"GET / HTTP/1.1\r\n" + b"X: 0123456789abcdef\r\n" * 4000)
        assert client.recv(4096).startswith(b"HTTP/1.1 431 ")
        assert client.recv(1) == b""


def test_a_request_that_is_none_is_refused(running: Running) -> None:
    with running.connected() as client:
        client.sendall(b"nonsense\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_where_connections_are_short_whoever_dawdles_makes_room(running: Running) -> None:
    running.worker.worker_connections = 5
    slow = [running.connected() for _ in range(20)]
    for client in slow:
        client.sendall(b"GET / HT")
    with running.connected() as client:
        client.sendall(KEPT)
        assert answered(client)
    for client in slow:
        client.close()


def test_where_memory_is_short_the_largest_is_let_go(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "_MOST_OF_ALL", 50_000)
    with running.connected() as large, running.connected() as small:
        large.sendall(posted(b"x" * 60_000)[:40_000])
        pause = threading.Event()
        assert any(
            sum(map(len, list(running.worker._coming.values()))) == 40_000 or pause.wait(0.01)
            for _ in range(_GRACE * 100)
        )
        small.sendall(posted(b"x" * 60_000)[:20_000])
        assert got(large).startswith(b"HTTP/1.1 408 ")
        small.sendall(b"x" * len(posted(b"x" * 60_000)[20_000:]))
        assert answered(small)


def test_a_client_that_takes_its_answer_slowly_holds_no_thread(running: Running) -> None:
    body = b"x" * 150_000 + b"hello"

    def large(_environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    running.worker.wsgi = large
    slow = []
    for _ in range(6):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(_GRACE)
        client.connect(running.listener.getsockname())
        client.sendall(KEPT)
        slow.append(client)
    with running.connected() as client:
        client.sendall(KEPT)
        assert answered(client)
    for client in slow:
        assert answered(client)
        client.close()


def test_tells_that_it_lives_once_a_second(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    running.stop()
    beat = running.worker.tmp = Beat()
    times = [10**9, 10**9 + 0.2, 10**9 + 0.99, 10**9 + 1.0, 10**9 + 1.5, 10**9 + 2.1]
    monkeypatch.setattr(time, "monotonic", iter(times).__next__)
    for _ in times:
        running.worker.notify()
    assert beat.told == 3
