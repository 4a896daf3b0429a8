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


def test_tells_that_it_lives_once_a_second(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    running.stop()
    beat = running.worker.tmp = Beat()
    times = [10**9, 10**9 + 0.2, 10**9 + 0.99, 10**9 + 1.0, 10**9 + 1.5, 10**9 + 2.1]
    monkeypatch.setattr(time, "monotonic", iter(times).__next__)
    for _ in times:
        running.worker.notify()
    assert beat.told == 3
