"""The contract of the short-lived store, kept by every backend alike."""

import multiprocessing
import sqlite3
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.clock import SystemClock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage.contracts import Value
from gateway.storage.sealed_store import SealedStore
from gateway.storage.sealing import CannotOpen, Sealer, SecretKey, keyed_hash
from gateway.storage.sqlite_store import SqliteStore
from tests.storage.conftest import KEY, LOOKUP, Backend, store_at
from tests.support.held import HeldClock, SeededRandomness

OTHER = SecretKey("s2", b"another sealing key of the tests, longer")


def test_what_was_put_can_be_got_again_and_again(backend: Backend):
    backend.store.put("a:1", b"\x00\xffvalue", seconds=60)
    assert backend.store.get("a:1") == b"\x00\xffvalue"
    assert backend.store.get("a:1") == b"\x00\xffvalue"
    assert backend.store.get("a:2") is None


def test_put_goes_over_what_was_there(backend: Backend):
    backend.store.put("a:1", b"old", seconds=5)
    backend.store.put("a:1", b"new", seconds=60)
    backend.forward(10)
    assert backend.store.get("a:1") == b"new"


def test_take_takes_once(backend: Backend):
    backend.store.put("a:1", b"value", seconds=60)
    assert backend.store.take("a:1") == b"value"
    assert backend.store.take("a:1") is None
    assert backend.store.get("a:1") is None


def test_add_adds_once(backend: Backend):
    assert backend.store.add("a:1", b"first", seconds=60)
    assert not backend.store.add("a:1", b"second", seconds=60)
    assert backend.store.get("a:1") == b"first"


def test_several_are_added_in_one_call_each_by_itself(backend: Backend):
    backend.store.put("a:taken", b"before", seconds=60)
    values = [
        Value("a:1", b"one", 60),
        Value("a:taken", b"over it", 60),
        Value("b:1", b"two", 5),
        Value("a:1", b"", 60),
    ]

    assert list(backend.store.add_all(values)) == [True, False, True, False]

    assert [backend.store.get(one.key) for one in values] == [b"one", b"before", b"two", b"one"]
    backend.forward(5)
    assert backend.store.get("b:1") is None
    assert backend.store.get("a:1") == b"one"
    assert list(backend.store.add_all([])) == []


def test_several_are_read_and_taken_in_one_call(backend: Backend):
    backend.store.put("a:1", b"one", seconds=60)
    backend.store.put("b:1", b"two", seconds=5)
    backend.store.put("a:0", b"", seconds=60)
    keys = ["a:1", "a:none", "b:1", "a:0", "a:1"]

    assert list(backend.store.get_all(keys)) == [b"one", None, b"two", b"", b"one"]
    backend.forward(5)
    assert list(backend.store.get_all(keys)) == [b"one", None, None, b"", b"one"]
    assert list(backend.store.take_all(["b:1", *keys])) == [None, b"one", None, None, b"", None]
    assert list(backend.store.get_all(keys)) == [None] * 5
    assert list(backend.store.get_all([])) == list(backend.store.take_all([])) == []


def test_of_fifty_who_take_several_one_gets_each(backend: Backend):
    keys = [f"a:{number}" for number in range(3)]
    for key in keys:
        backend.store.put(key, b"value", seconds=60)
    with ThreadPoolExecutor(50) as pool:
        taken = list(pool.map(lambda _: backend.store.take_all(keys), range(50)))
    assert [sum(one is not None for one in each) for each in zip(*taken, strict=True)] == [1, 1, 1]


def test_of_fifty_who_add_several_one_gets_each(backend: Backend):
    wanted = [Value(f"a:{number}", b"", 60) for number in range(3)]
    with ThreadPoolExecutor(50) as pool:
        added = list(pool.map(lambda _: backend.store.add_all(wanted), range(50)))
    assert [sum(one) for one in zip(*added, strict=True)] == [1, 1, 1]


def test_values_end_with_their_lifetime(backend: Backend):
    backend.store.put("a:1", b"value", seconds=60)
    backend.forward(59)
    assert backend.store.get("a:1") == b"value"
    backend.forward(1)
    assert backend.store.get("a:1") is None
    assert backend.store.take("a:1") is None
    assert backend.store.add("a:1", b"again", seconds=60)


def test_empty_and_large_values(backend: Backend):
    backend.store.put("a:0", b"", seconds=60)
    backend.store.put("a:1", bytes(200_000), seconds=60)
    assert backend.store.get("a:0") == b""
    assert backend.store.take("a:1") == bytes(200_000)


def test_long_keys(backend: Backend):
    backend.store.put("a:" + "k" * 500, b"v", seconds=60)
    assert backend.store.get("a:" + "k" * 500) == b"v"


def test_ping(backend: Backend):
    backend.store.ping()


def test_of_fifty_takers_one_gets_it(backend: Backend):
    backend.store.put("a:1", b"value", seconds=60)
    with ThreadPoolExecutor(50) as pool:
        taken = list(pool.map(lambda _: backend.store.take("a:1"), range(50)))
    assert sorted(taken, key=lambda one: one is None) == [b"value"] + [None] * 49


def test_of_fifty_adders_one_succeeds(backend: Backend):
    with ThreadPoolExecutor(50) as pool:
        added = list(pool.map(lambda n: backend.store.add("a:1", str(n).encode(), seconds=60), range(50)))
    assert added.count(True) == 1


def test_counts_add_up(backend: Backend):
    assert backend.store.count("limit:1", 5, seconds=60) == 5
    assert backend.store.count("limit:1", 1, seconds=60) == 6
    assert backend.store.count("limit:2", 1, seconds=60) == 1
    assert backend.store.count("limit:1", 1000, seconds=60) == 1006


def test_a_count_lives_from_the_first_of_it_on(backend: Backend):
    backend.store.count("limit:1", 5, seconds=60)
    backend.forward(40)
    assert backend.store.count("limit:1", 5, seconds=60) == 10
    backend.forward(20)
    assert backend.store.count("limit:1", 1, seconds=60) == 1
    backend.forward(59)
    assert backend.store.count("limit:1", 1, seconds=60) == 2


def test_of_fifty_who_count_none_is_lost(backend: Backend):
    with ThreadPoolExecutor(50) as pool:
        counted = list(pool.map(lambda _: backend.store.count("limit:1", 2, seconds=60), range(50)))
    assert sorted(counted) == list(range(2, 101, 2))


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_keys_are_ascii(kind: str, tmp_path: Path, redis_url: str):
    store = SqliteStore(tmp_path / "s", clock=SystemClock()) if kind == "sqlite" else store_at(redis_url)
    with pytest.raises(ValueError, match="ASCII"):
        store.get("é")


def _take(path: str) -> bool:
    return SqliteStore(Path(path), clock=SystemClock()).take("a:1") is not None


def test_of_several_processes_one_gets_it(tmp_path: Path):
    path = tmp_path / "short-lived.sqlite"
    SqliteStore(path, clock=SystemClock()).put("a:1", b"value", seconds=60)
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(_take, [str(path)] * 8)).count(True) == 1


def test_expired_values_are_cleared_away(tmp_path: Path, clock: HeldClock):
    path = tmp_path / "short-lived.sqlite"
    store = SqliteStore(path, clock=clock)
    for number in range(150):
        store.put(f"old:{number}", b"x", seconds=1)
    clock.forward(minutes=1)
    for number in range(250):
        store.put(f"new:{number}", b"x", seconds=60)
    with sqlite3.connect(path) as database:
        kept = database.execute("SELECT count(*) FROM held").fetchone()[0]
    database.close()
    assert kept == 250


def test_in_a_large_file_all_that_ended_is_cleared_away_in_time(tmp_path: Path, clock: HeldClock):
    path = tmp_path / "short-lived.sqlite"
    store = SqliteStore(path, clock=clock)
    store.add_all([Value(f"{number}:old", b"x", 1) for number in range(5000)])
    clock.forward(minutes=1)
    for number in range(200 * 7):
        store.put(f"{number}:new", b"x", seconds=60)
    with sqlite3.connect(path) as database:
        kept = {key.partition(":")[2] for (key,) in database.execute("SELECT key FROM held")}
    database.close()
    assert kept == {"new"}


def test_the_file_is_the_gateways_alone(tmp_path: Path, clock: HeldClock):
    path = tmp_path / "short-lived.sqlite"
    SqliteStore(path, clock=clock).ping()
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_made(tmp_path: Path, clock: HeldClock):
    (tmp_path / "taken").write_text("a file, no directory")
    unavailable(SqliteStore(tmp_path / "taken" / "short-lived.sqlite", clock=clock))


def test_a_full_file(tmp_path: Path, clock: HeldClock):
    store = SqliteStore(tmp_path / "short-lived.sqlite", clock=clock)
    store.ping()
    store._connection().execute("PRAGMA max_page_count = 5")
    with pytest.raises(SluisError) as caught:
        store.put("a:1", bytes(1_000_000), seconds=60)
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    with pytest.raises(SluisError):
        store.add_all([Value("a:2", b"", 60), Value("a:3", bytes(1_000_000), 60)])
    assert store.get("a:2") is None, "all of them or none"
    store.put("a:4", b"small", seconds=60)


def test_a_redis_that_is_not_there():
    unavailable(store_at("redis://127.0.0.1:1/0"))


def unavailable(store):
    for call in (
        lambda: store.put("a:1", b"", seconds=1),
        lambda: store.add("a:1", b"", seconds=1),
        lambda: store.add_all([Value("a:1", b"", 1)]),
        lambda: store.get("a:1"),
        lambda: store.take("a:1"),
        lambda: store.get_all(["a:1"]),
        lambda: store.take_all(["a:1"]),
        lambda: store.count("a:1", 1, seconds=1),
        store.ping,
    ):
        with pytest.raises(SluisError) as caught:
            call()
        assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


@pytest.mark.parametrize("backend", ["sqlite sealed", "redis sealed"], indirect=True)
def test_law_5_what_lies_in_a_store_says_nothing(backend: Backend):
    backend.store.put("login:secret-login", b"Fenna de Vries, https://ketenid.nl/pilot/0a0a", seconds=60)
    backend.store.add("assertion:secret-mark", b"Fenna", seconds=60)
    backend.store.add_all([Value("visit:secret-mark", b"Fenna", 60)])
    lies_there = backend.dump()
    assert lies_there
    for plain in (b"Fenna", b"ketenid", b"secret-login", b"secret-mark"):
        assert plain not in lies_there


def test_a_sealed_value_does_not_open_elsewhere(tmp_path: Path, clock: HeldClock):
    plain = SqliteStore(tmp_path / "s", clock=clock)
    store = SealedStore(plain, keys=(KEY,), lookup=LOOKUP, randomness=SeededRandomness())
    store.put("a:1", b"one", seconds=60)
    here, there = (keyed_hash(LOOKUP, "short-lived", key).hex() for key in ("a:1", "a:2"))
    moved = plain.get(here)
    assert moved is not None
    plain.put(there, moved, seconds=60)
    assert store.get("a:2") is None
    assert store.get("a:1") == b"one"


def test_keys_rotate(tmp_path: Path, clock: HeldClock):
    plain = SqliteStore(tmp_path / "s", clock=clock)
    before = SealedStore(plain, keys=(KEY,), lookup=LOOKUP, randomness=SeededRandomness("a"))
    after = SealedStore(plain, keys=(OTHER, KEY), lookup=LOOKUP, randomness=SeededRandomness("b"))
    gone = SealedStore(plain, keys=(OTHER,), lookup=LOOKUP, randomness=SeededRandomness("c"))
    before.put("a:1", b"old", seconds=60)
    assert after.get("a:1") == b"old"
    assert gone.get("a:1") is None
    after.put("a:2", b"new", seconds=60)
    assert gone.get("a:2") == b"new"


@given(st.binary(max_size=60), st.integers(0, 200), st.integers(1, 255))
def test_law_5_a_changed_byte_does_not_open(plain: bytes, at: int, by: int):
    sealer = Sealer((KEY,), SeededRandomness())
    sealed = bytearray(sealer.seal(plain, purpose="p", key="k"))
    assert sealer.open(bytes(sealed), purpose="p", key="k") == plain
    sealed[at % len(sealed)] ^= by
    with pytest.raises(CannotOpen):
        sealer.open(bytes(sealed), purpose="p", key="k")


@pytest.mark.parametrize(("purpose", "key"), [("q", "k"), ("p", "l"), ("p:k", "")])
def test_a_sealed_value_is_bound_to_purpose_and_key(purpose: str, key: str):
    sealer = Sealer((KEY,), SeededRandomness())
    with pytest.raises(CannotOpen):
        sealer.open(sealer.seal(b"x", purpose="p", key="k"), purpose=purpose, key=key)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02\x01a", b"\x01\x02s1", b"\x01\x02xx" + bytes(40)])
def test_what_was_never_sealed_does_not_open(sealed: bytes):
    with pytest.raises(CannotOpen):
        Sealer((KEY,), SeededRandomness()).open(sealed, purpose="p", key="k")


@pytest.mark.parametrize(
    ("key_id", "secret"), [("", bytes(32)), ("x" * 33, bytes(32)), ("é", bytes(32)), ("a", b"short")]
)
def test_keys_that_are_none(key_id: str, secret: bytes):
    with pytest.raises(ValueError, match="a key has"):
        SecretKey(key_id, secret)


def test_a_key_does_not_show_its_secret():
    assert repr(KEY) == "SecretKey(s1)"


def test_two_gateways_on_one_redis(redis_url: str):
    one, other = store_at(redis_url, prefix="one:"), store_at(redis_url, prefix="other:")
    one.put("a:1", b"value", seconds=60)
    assert other.get("a:1") is None
    with redis.Redis.from_url(redis_url) as client:
        assert client.get("one:a:1") == b"value"
