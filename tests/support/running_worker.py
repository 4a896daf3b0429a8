"""A worker that serves in the process of the tests, and what clients send and get."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers import base

from gateway.cli.worker import Worker

GRACE = 60
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
        for name, value in (("threads", 2), ("keepalive", 5), ("graceful_timeout", GRACE), ("loglevel", "critical")):
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
        return socket.create_connection(self.listener.getsockname(), timeout=GRACE)

    def stop(self) -> None:
        self.worker.handle_exit(15, None)
        self.ended.join(GRACE)
        assert not self.ended.is_alive()
        self.worker.poller.close()
        self.worker.method_queue.close()


def hello(_environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", [("Content-Length", "5")])
    return [b"hello"]


@contextmanager
def running_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """One that says `hello`, until the context ends; none of its threads outlives it."""
    made = Running(hello, monkeypatch)
    yield made
    made.stop()
    for thread in made.worker.tpool._threads:
        thread.join(GRACE)
        assert not thread.is_alive(), "an answering thread outlives its worker"


def answered(client: socket.socket) -> bool:
    """Whether an answer comes, whole."""
    got = b""
    with suppress(ConnectionResetError):
        while not got.endswith(b"hello") and (more := client.recv(4096)):
            got += more
    return got.endswith(b"hello")


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
