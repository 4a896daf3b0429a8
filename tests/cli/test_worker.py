"""What the worker leaves out of each request, and how long an idle browser can hold up its end."""

import selectors
import socket
import time
from collections import deque
from types import SimpleNamespace

import pytest

from gateway.cli.worker import Worker


@pytest.fixture
def worker() -> Worker:
    made = Worker.__new__(Worker)
    made._told = 0.0
    made.tmp = SimpleNamespace(told=0)
    made.tmp.notify = lambda: setattr(made.tmp, "told", made.tmp.told + 1)
    return made


def test_tells_that_it_lives_once_a_second(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    times = [1000.0, 1000.2, 1000.99, 1001.0, 1001.5, 1002.1]
    monkeypatch.setattr(time, "monotonic", iter(times).__next__)
    for _ in times:
        worker.notify()
    assert worker.tmp.told == 3


class Poller:
    def __init__(self) -> None:
        self.waits: list[float] = []

    def select(self, timeout: float) -> list[object]:
        self.waits.append(timeout)
        return []


def test_looks_every_second_for_kept_connections_that_have_ended(worker: Worker) -> None:
    worker.poller = Poller()
    for timeout in (20.0, 0.5, 0.0):
        worker.wait_for_and_dispatch_events(timeout=timeout)
    assert worker.poller.waits == [1.0, 0.5, 0.0]


def test_answers_what_has_come(worker: Worker) -> None:
    heard = []
    one, other = socket.socketpair()
    with one, other, selectors.DefaultSelector() as worker.poller:
        worker.poller.register(one, selectors.EVENT_READ, lambda ready: heard.append(ready.recv(9)))
        other.sendall(b"hello")
        worker.wait_for_and_dispatch_events(timeout=20.0)
    assert heard == [b"hello"]


class Kept:
    """A connection whose request was answered."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.ends = False

    def set_timeout(self) -> None:
        self.ends = True


@pytest.fixture
def answering(worker: Worker) -> Worker:
    worker.alive, worker.keepalived_conns = True, deque()
    worker.handle = lambda _: True
    worker.asked = []
    worker.on_client_socket_readable = lambda conn, _: worker.asked.append(conn)
    worker.finished = []
    worker.method_queue = SimpleNamespace(defer=lambda _, conn, ended: worker.finished.append((conn, ended.result())))
    return worker


def test_what_stays_open_is_heard_again(answering: Worker) -> None:
    one, other = socket.socketpair()
    with one, other, selectors.DefaultSelector() as answering.poller:
        kept = Kept(one)
        answering._answer(kept)
        other.sendall(b"the next request")
        answering.wait_for_and_dispatch_events(timeout=20.0)
    assert answering.asked == [kept]
    assert kept.ends, "it is not kept for ever"
    assert not answering.finished


@pytest.mark.parametrize("why", ["it is done", "the worker stops", "the worker has ended"])
def test_what_does_not_stay_is_closed(answering: Worker, why: str) -> None:
    one, other = socket.socketpair()
    with one, other, selectors.DefaultSelector() as answering.poller:
        if why == "it is done":
            answering.handle = lambda _: False
        if why == "the worker stops":
            answering.alive = False
        if why == "the worker has ended":
            answering.poller.close()
        kept = Kept(one)
        answering._answer(kept)
    assert [conn for conn, _ in answering.finished] == [kept]
    assert not answering.keepalived_conns
