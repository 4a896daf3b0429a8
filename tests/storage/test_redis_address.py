"""What a Redis URL says, and what is none."""

import pytest

from gateway.storage.redis_address import RedisKind, parse


def test_a_single_server():
    found = parse("rediss://sluis:p%40ss@redis.example:6380/3")

    assert (found.kind, found.tls, found.nodes) == (RedisKind.SINGLE, True, (("redis.example", 6380),))
    assert (found.database, found.user, found.password) == (3, "sluis", "p@ss")


def test_sentinels_and_the_master_that_they_watch():
    found = parse("redis+sentinel://a,b:26380,[::1]:26381/mymaster/2")

    assert found.nodes == (("a", 26379), ("b", 26380), ("::1", 26381))
    assert (found.kind, found.service, found.database, found.tls) == (RedisKind.SENTINEL, "mymaster", 2, False)


def test_a_cluster():
    found = parse("rediss+cluster://:geheim@a:7000,b")

    assert (found.kind, found.tls, found.nodes) == (RedisKind.CLUSTER, True, (("a", 7000), ("b", 6379)))
    assert (found.user, found.password) == (None, "geheim")


def test_a_socket():
    assert parse("unix:///run/redis.sock").path == "/run/redis.sock"


def test_a_password_is_not_shown():
    assert "geheim" not in repr(parse("redis://:geheim@a"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://a", "another kind of store"),
        ("redis://a,b", "several hosts are"),
        ("redis://", "a host is a name"),
        ("redis://a:x", "a host is a name"),
        ("redis://a:0", "a host is a name"),
        ("redis://a:99999", "a host is a name"),
        ("redis+cluster://a,,b", "a host is a name"),
        ("redis+sentinel://a,b", "which master"),
        ("redis+sentinel://a/m/x", "is a number"),
        ("redis+cluster://a/1", "one database"),
        ("redis://a/x", "is a number"),
        ("redis://a/1/2", "is a number"),
        ("redis://a?socket_timeout=9", "no options"),
        ("unix:///", "a socket is"),
        ("unix://host/path", "a socket is"),
    ],
)
def test_what_is_no_address(url: str, said: str):
    with pytest.raises(ValueError, match=said):
        parse(url)
