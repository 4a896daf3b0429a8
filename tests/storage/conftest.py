"""Every backend of the short-lived store, with a way to let its time pass."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from gateway.domain.clock import SystemClock
from gateway.domain.randomness import SystemRandomness
from gateway.storage import migrate
from gateway.storage.contracts import ShortLivedStore
from gateway.storage.redis_address import parse
from gateway.storage.redis_options import RedisOptions
from gateway.storage.redis_store import RedisStore, open_redis
from gateway.storage.sealed_store import SealedStore
from gateway.storage.sealing import SecretKey
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock, SeededRandomness
from tests.support.redis_server import Sentinels, cluster, cluster_url, redis_server, sentinels, url_of
from tests.support.server_process import ServerProcess
from tests.support.upgraded_once import really_upgrade

KEY = SecretKey("s1", b"a sealing key of the tests, long enough.")
_OPTIONS = RedisOptions()
LOOKUP = SecretKey("p1", b"a look-up key of the tests, long enough.")


@dataclass(frozen=True)
class Backend:
    """A store, how long its values still live, a way to let seconds pass, and all that lies in it."""

    store: ShortLivedStore
    forward: Callable[[float], None]
    dump: Callable[[], bytes]


@pytest.fixture(autouse=True, scope="package")
def every_migration() -> Iterator[None]:
    """They are the matter here, and run."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrate, "upgrade", really_upgrade)
        yield


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def redis_sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinels]:
    with sentinels(tmp_path_factory.mktemp("sentinels")) as running:
        yield running


@pytest.fixture(scope="session")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ServerProcess]]:
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def store_at(url: str, options: RedisOptions = _OPTIONS, *, prefix: str = "sluis:") -> RedisStore:
    """As the gateway opens one."""
    return open_redis(parse(url), options, clock=SystemClock(), randomness=SystemRandomness(), prefix=prefix)


def sqlite_backend(directory: Path, clock: HeldClock) -> Backend:
    path = directory / "short-lived.sqlite"

    def dump() -> bytes:
        return b"".join(one.read_bytes() for one in sorted(directory.glob("short-lived.sqlite*")))

    return Backend(SqliteStore(path, clock=clock), lambda seconds: clock.forward(seconds=seconds), dump)


def redis_backend(url: str, *servers: str) -> Backend:
    """The store at this URL, which keeps everything on these servers."""
    clients = [redis.Redis.from_url(server) for server in servers]
    for client in clients:
        client.flushall()

    def forward(seconds: float) -> None:
        """Redis has a clock of its own: what would be left of each lifetime is set instead."""
        for client in clients:
            for key in client.scan_iter():
                left = client.pttl(key) - int(seconds * 1000)
                client.delete(key) if left <= 0 else client.pexpire(key, left)

    def dump() -> bytes:
        return b"".join(bytes(key) + bytes(client.get(key)) for client in clients for key in client.scan_iter())

    return Backend(store_at(url), forward, dump)


def _made(kind: str, request: pytest.FixtureRequest) -> Backend:
    match kind:
        case "redis":
            url = request.getfixturevalue("redis_url")
            return redis_backend(url, url)
        case "sentinel":
            watched: Sentinels = request.getfixturevalue("redis_sentinels")
            return redis_backend(watched.url, url_of(watched.master()))
        case "cluster":
            nodes: list[ServerProcess] = request.getfixturevalue("redis_cluster")
            return redis_backend(cluster_url(nodes), *map(url_of, nodes))
        case _:
            return sqlite_backend(request.getfixturevalue("tmp_path"), request.getfixturevalue("clock"))


@pytest.fixture(params=["sqlite", "redis", "sentinel", "cluster", "sqlite sealed", "redis sealed", "cluster sealed"])
def backend(request: pytest.FixtureRequest) -> Backend:
    kind, _, sealed = request.param.partition(" ")
    made = _made(kind, request)
    if not sealed:
        return made
    return Backend(
        SealedStore(made.store, keys=(KEY,), lookup=LOOKUP, randomness=SeededRandomness()), made.forward, made.dump
    )
