"""A request is answered when all of it is there: nobody who is slow, or sends too much, holds up the others."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from gateway.cli import worker as worker_module
from tests.support.running_worker import (
    GRACE,
    KEPT,
    LAST,
    Running,
    answered,
    echo,
    got,
    hello,
    posted,
    running_worker,
)


def _answers_when(may_answer: threading.Event, asked: threading.Semaphore) -> Callable[..., list[bytes]]:
    """An application that says that it was asked, and waits to be let go on."""

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        asked.release()
        assert may_answer.wait(GRACE)
        return hello(environ, start)

    return slow


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running_worker(monkeypatch) as made:
        yield made


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
        assert any(running.worker._coming or pause.wait(0.01) for _ in range(GRACE * 100))
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
    monkeypatch.setattr(worker_module, "_LOOK_EVERY", 0.01)
    asked, may_answer = threading.Semaphore(0), threading.Event()
    running = Running(_answers_when(may_answer, asked), monkeypatch)
    looked = threading.Event()
    with running.connected() as first, running.connected() as second, running.connected() as third:
        for client in (first, second):
            client.sendall(KEPT)
            assert asked.acquire(timeout=GRACE)
        third.sendall(KEPT)
        pause = threading.Event()
        assert any(len(running.worker._open) == 3 or pause.wait(0.01) for _ in range(GRACE * 100))
        now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 60)
        right = running.worker._close_unused

        def close_unused() -> None:
            right()
            looked.set()

        monkeypatch.setattr(running.worker, "_close_unused", close_unused)
        assert looked.wait(GRACE)
        may_answer.set()
        assert all(answered(client) for client in (first, second, third))
    running.stop()


def test_whoever_sends_without_a_pause_is_ended_as_well(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    with running.connected() as client:
        client.sendall(b"GET / HTTP/1.1\r\nX: ")
        pause = threading.Event()
        assert any(running.worker._coming or pause.wait(0.01) for _ in range(GRACE * 100))
        monkeypatch.setattr(time, "monotonic", lambda: now + 60)
        with suppress(ConnectionError):
            for _ in range(GRACE * 1000):
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


def test_nobody_makes_room_whose_request_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "_LOOK_EVERY", 0.01)
    asked, may_answer = threading.Semaphore(0), threading.Event()
    running = Running(_answers_when(may_answer, asked), monkeypatch)
    clients = [running.connected() for _ in range(6)]
    for client in clients:
        client.sendall(LAST)
    for _ in range(2):
        assert asked.acquire(timeout=GRACE)
    pause = threading.Event()
    assert any(len(running.worker._open) == 6 or pause.wait(0.01) for _ in range(GRACE * 100))
    looked, make_room = threading.Semaphore(0), running.worker._make_room

    def looking() -> None:
        make_room()
        looked.release()

    running.worker.worker_connections = 4
    monkeypatch.setattr(running.worker, "_make_room", looking)
    for _ in range(3):
        assert looked.acquire(timeout=GRACE)
    may_answer.set()
    told = [answered(client) for client in clients]
    for client in clients:
        client.close()
    running.stop()
    assert told == [True] * 6


def test_where_memory_is_short_the_largest_is_let_go(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "_MOST_OF_ALL", 50_000)
    with running.connected() as large, running.connected() as small:
        large.sendall(posted(b"x" * 60_000)[:40_000])
        pause = threading.Event()
        assert any(
            sum(map(len, list(running.worker._coming.values()))) == 40_000 or pause.wait(0.01)
            for _ in range(GRACE * 100)
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
        client.settimeout(GRACE)
        client.connect(running.listener.getsockname())
        client.sendall(KEPT)
        slow.append(client)
    with running.connected() as client:
        client.sendall(KEPT)
        assert answered(client)
    for client in slow:
        assert answered(client)
        client.close()
