"""Redis with ACL users, behind Sentinels that are gone, and a Cluster that loses a node."""

from pathlib import Path

import pytest

from gateway.domain.errors import SluisError
from gateway.storage.breaker import Breaker
from gateway.storage.redis_client import NotConnected
from gateway.storage.redis_options import RedisOptions
from gateway.storage.redis_store import RedisStore
from tests.storage.conftest import store_at
from tests.support.held import HeldClock, SeededRandomness
from tests.support.redis_server import cluster, cluster_url, operator, redis_process, sentinels, url_of
from tests.support.server_process import eventually


def _all_put(store: RedisStore, kind: str) -> bool:
    try:
        for number in range(30):
            store.put(f"{kind}:{number}", b"value", seconds=60)
    except SluisError:
        return False
    return True


def test_sentinels_that_are_gone_do_not_end_what_is_connected(tmp_path: Path):
    with sentinels(tmp_path) as watched:
        store = store_at(watched.url)
        store.put("a:1", b"value", seconds=60)
        for sentinel in watched.sentinels:
            sentinel.kill()
        assert store.take("a:1") == b"value"


def test_a_cluster_that_lost_a_node_comes_back_by_itself(tmp_path: Path):
    with cluster(tmp_path) as nodes:
        store = store_at(cluster_url(nodes))
        for number in range(30):
            store.put(f"a:{number}", b"value", seconds=60)
        assert all(operator(node).dbsize() for node in nodes), "keys lie on every node"
        nodes[0].freeze()
        assert not _all_put(store, "a")
        nodes[0].thaw()

        eventually(lambda: _all_put(store, "b"), "every slot answers again")


def test_what_could_not_be_sent_is_tried_again_and_no_more_than_twice(clock: HeldClock):
    pauses: list[float] = []
    tried: list[int] = []

    class Unreachable:
        def set(self, *_: object, **__: object) -> None:
            tried.append(1)
            raise NotConnected("refused")

    store = RedisStore(
        Unreachable,  # type: ignore[arg-type]
        breaker=Breaker(clock=clock),
        randomness=SeededRandomness(),
        pause=pauses.append,
    )
    for _ in range(5):
        with pytest.raises(SluisError):
            store.add("a:1", b"", seconds=1)

    assert len(tried) == 9, "three calls of three tries; then the breaker is open"
    assert len(pauses) == 6
    assert all(0 <= pause <= 0.1 for pause in pauses)
    assert len(set(pauses)) > 1


def test_what_may_have_been_carried_out_is_not_tried_again(tmp_path: Path):
    """The answer to a `take` is lost: with a second try the store would say that there was nothing."""
    with redis_process(tmp_path) as server:
        store = store_at(url_of(server), RedisOptions(seconds=0.3))
        store.put("a:1", b"value", seconds=60)
        server.freeze()
        with pytest.raises(SluisError):
            store.take("a:1")
        server.thaw()
        with operator(server) as asked:
            eventually(lambda: not asked.exists("sluis:a:1"), "it was carried out all the same")


def test_an_acl_user_may_use_its_own_keys_alone(tmp_path: Path):
    with redis_process(tmp_path) as server, operator(server) as asked:
        asked.execute_command(
            "ACL", "SETUSER", "gateway", "on", ">geheim", "~sluis:*", "+set", "+get", "+getdel", "+incrby", "+ping"
        )
        url = url_of(server)
        options = RedisOptions(user="gateway", password="geheim")
        allowed = store_at(url, options)
        allowed.ping()
        assert allowed.count("limit:a", 2, seconds=60) == 2
        with pytest.raises(SluisError):
            store_at(url, options, prefix="other:").ping()
        with pytest.raises(SluisError):
            store_at(url, RedisOptions(user="gateway", password="wrong")).ping()
        store_at(url.replace("redis://", "redis://gateway:geheim@")).ping()
