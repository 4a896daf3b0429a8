"""Redis behind TLS: whom the gateway believes, and how it shows who it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage.redis_address import parse
from gateway.storage.redis_options import RedisOptions, RedisTls
from gateway.storage.redis_store import RedisStore, open_redis
from tests.support.child_process import Address
from tests.support.held import HeldClock, SeededRandomness
from tests.support.redis_server import redis_process
from tests.support.tls_front import Authority, authority, tls_front


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    with redis_process(tmp_path_factory.mktemp("redis")) as running:
        yield running.address


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return authority(tmp_path, "ours")


def store(at: Address, tls: RedisTls) -> RedisStore:
    options = RedisOptions(seconds=3, tls=tls)
    return open_redis(
        parse(f"rediss://{at.host}:{at.port}/0"), options, clock=HeldClock(), randomness=SeededRandomness()
    )


def refused(at: Address, tls: RedisTls) -> bool:
    try:
        store(at, tls).put("a:1", b"x", seconds=60)
    except SluisError as error:
        return error.code is ErrorCode.STORE_UNAVAILABLE
    return False


def test_a_server_of_the_authority_that_is_believed(server: Address, ours: Authority):
    with tls_front(server, *ours.issue("redis", "127.0.0.1")) as front:
        there = store(front, RedisTls(ca=ours.ca))
        there.put("a:1", b"value", seconds=60)
        assert there.take("a:1") == b"value"
        there.ping()


def test_a_server_of_another_authority(server: Address, ours: Authority, tmp_path: Path):
    with tls_front(server, *authority(tmp_path, "theirs").issue("redis", "127.0.0.1")) as front:
        assert refused(front, RedisTls(ca=ours.ca))


def test_without_an_authority_of_its_own_the_system_does_not_know_it(server: Address, ours: Authority):
    with tls_front(server, *ours.issue("redis", "127.0.0.1")) as front:
        assert refused(front, RedisTls())


def test_a_certificate_of_another_host(server: Address, ours: Authority):
    with tls_front(server, *ours.issue("redis", "127.0.0.9")) as front:
        assert refused(front, RedisTls(ca=ours.ca))


def test_a_server_that_wants_to_know_its_clients(server: Address, ours: Authority):
    certificate, key = ours.issue("sluis")
    with tls_front(server, *ours.issue("redis", "127.0.0.1"), clients_of=ours.ca) as front:
        assert refused(front, RedisTls(ca=ours.ca))
        store(front, RedisTls(ca=ours.ca, certificate=certificate, key=key)).put("a:2", b"x", seconds=60)


def test_a_server_that_speaks_no_tls(server: Address, ours: Authority):
    assert refused(server, RedisTls(ca=ours.ca))
