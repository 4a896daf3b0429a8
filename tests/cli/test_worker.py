"""The worker answers whoever asks, and nobody who is idle or gone holds up the others or its end."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config

from gateway.cli import worker as worker_module
from tests.support.running_worker import (
    GRACE,
    KEPT,
    LAST,
    Beat,
    Running,
    answered,
    hello,
    running_worker,
)


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running_worker(monkeypatch) as made:
        yield made


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
        assert may_answer.wait(GRACE)
        return hello(environ, start)

    running = Running(slow, monkeypatch)
    with running.connected() as client:
        client.sendall(KEPT)
        assert asked.wait(GRACE)
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
        assert any(not running.worker._open or pause.wait(0.01) for _ in range(GRACE * 100))


def test_tells_that_it_lives_once_a_second(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    running.stop()
    beat = running.worker.tmp = Beat()
    times = [10**9, 10**9 + 0.2, 10**9 + 0.99, 10**9 + 1.0, 10**9 + 1.5, 10**9 + 2.1]
    monkeypatch.setattr(time, "monotonic", iter(times).__next__)
    for _ in times:
        running.worker.notify()
    assert beat.told == 3


class Wire:
    """A connection's other end: what was sent, call by call."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def sendall(self, octets: bytes) -> None:
        self.sent.append(bytes(octets))


def _sent(*pieces: bytes, headers: tuple[tuple[str, str], ...] = (), method: str = "GET") -> list[bytes]:
    """What leaves for an answer of these pieces, after its status and server lines."""
    wire = Wire()
    asked = SimpleNamespace(version=(1, 1), method=method, should_close=lambda: False)
    answer = worker_module._Response(asked, wire, Config())
    answer.start_response("200 OK", list(headers))
    for piece in pieces:
        answer.write(piece)
    answer.close()
    return wire.sent


def test_an_answer_of_one_piece_leaves_in_one_call() -> None:
    [sent] = _sent(b"hello", headers=(("Content-Length", "5"),))
    assert sent.startswith(b"HTTP/1.1 200 OK\r\n")
    assert sent.endswith(b"\r\n\r\nhello")


def test_an_answer_without_a_body_leaves_as_well() -> None:
    [sent] = _sent(headers=(("Content-Length", "0"),))
    assert sent.endswith(b"Content-Length: 0\r\n\r\n")
    [sent] = _sent(b"hello", headers=(("Content-Length", "5"),), method="HEAD")
    assert sent.endswith(b"Content-Length: 5\r\n\r\n")


def test_an_answer_of_unknown_length_leaves_in_chunks() -> None:
    head, *chunks = _sent(b"hello", b"you")
    assert head.endswith(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert b"".join(chunks) == b"5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n"
