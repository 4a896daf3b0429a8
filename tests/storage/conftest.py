"""Every backend of the short-lived store, with a way to let its time pass."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from gateway.storage.contracts import ShortLivedStore
from gateway.storage.redis_store import RedisStore
from gateway.storage.sealed_store import SealedStore
from gateway.storage.sealing import SecretKey
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock, SeededRandomness
from tests.support.redis_server import redis_server

KEY = SecretKey("s1", b"a sealing key of the tests, long enough.")
LOOKUP = SecretKey("p1", b"a look-up key of the tests, long enough.")


@dataclass(frozen=True)
class Backend:
    """A store, how long its values still live, a way to let seconds pass, and all that lies in it."""

    store: ShortLivedStore
    forward: Callable[[float], None]
    dump: Callable[[], bytes]


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


def sqlite_backend(directory: Path, clock: HeldClock) -> Backend:
    path = directory / "short-lived.sqlite"

    def dump() -> bytes:
        return b"".join(one.read_bytes() for one in sorted(directory.glob("short-lived.sqlite*")))

    return Backend(SqliteStore(path, clock=clock), lambda seconds: clock.forward(seconds=seconds), dump)


def redis_backend(url: str) -> Backend:
    client = redis.Redis.from_url(url)
    client.flushall()

    def forward(seconds: float) -> None:
        """Redis has a clock of its own: what would be left of each lifetime is set instead."""
        for key in client.scan_iter():
            left = client.pttl(key) - int(seconds * 1000)
            client.delete(key) if left <= 0 else client.pexpire(key, left)

    def dump() -> bytes:
        return b"".join(bytes(key) + bytes(client.get(key)) for key in client.scan_iter())

    return Backend(RedisStore(url), forward, dump)


@pytest.fixture(params=["sqlite", "redis", "sqlite sealed", "redis sealed"])
def backend(request: pytest.FixtureRequest, tmp_path: Path, clock: HeldClock) -> Backend:
    kind, _, sealed = request.param.partition(" ")
    made = sqlite_backend(tmp_path, clock) if kind == "sqlite" else redis_backend(request.getfixturevalue("redis_url"))
    if not sealed:
        return made
    return Backend(
        SealedStore(made.store, keys=(KEY,), lookup=LOOKUP, randomness=SeededRandomness()), made.forward, made.dump
    )
