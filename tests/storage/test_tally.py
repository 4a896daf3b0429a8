"""Processes that count together, and seldom ask the store."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import tally as tally_module
from gateway.storage.sqlite_store import SqliteStore
from gateway.storage.tally import Tally
from tests.storage.conftest import Backend
from tests.support.held import HeldClock


@dataclass
class Counted:
    """A store that counts what it is asked, and may break."""

    store: SqliteStore
    calls: int = 0
    broken: bool = False

    def count(self, key: str, amount: int, *, seconds: int) -> int:
        self.calls += 1
        if self.broken:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE)
        return self.store.count(key, amount, seconds=seconds)


@dataclass
class Heard:
    alone: int = 0
    over: list[str] = field(default_factory=list)

    def is_alone(self) -> None:
        self.alone += 1


def tally(store: object, clock: Clock, most: int | None, heard: Heard | None = None) -> Tally:
    heard = heard or Heard()
    return Tally(
        "client",
        most=lambda _: most,
        store=store,  # type: ignore[arg-type]
        clock=clock,
        alone=heard.is_alone,
        over=heard.over.append,
    )


def admitted(one_more: Callable[[str], int], times: int, name: str = "a") -> int:
    return sum(one_more(name) == 0 for _ in range(times))


@pytest.fixture
def store(tmp_path: Path, clock: HeldClock) -> Counted:
    return Counted(SqliteStore(tmp_path / "short-lived.sqlite", clock=clock))


@pytest.mark.parametrize("most", [1, 5, 31, 32, 33, 1000])
def test_exactly_so_many_in_a_minute_and_then_again(store: Counted, clock: HeldClock, most: int) -> None:
    counts = tally(store, clock, most)
    assert admitted(counts.one_more, most + 50) == most
    clock.forward(seconds=60)
    assert admitted(counts.one_more, most + 50) == most


def test_each_name_has_a_limit_of_its_own(store: Counted, clock: HeldClock) -> None:
    counts = tally(store, clock, 5)
    assert admitted(counts.one_more, 9, "a") == 5
    assert admitted(counts.one_more, 9, "b") == 5


def test_whoever_is_one_too_many_hears_when_there_is_room(store: Counted, clock: HeldClock) -> None:
    counts = tally(store, clock, 1)
    clock.forward(seconds=13)
    assert counts.one_more("a") == 0
    assert counts.one_more("a") == 47
    assert counts.look("a") == 47
    assert counts.look("b") == 0
    clock.forward(seconds=47)
    assert counts.look("a") == 0
    assert counts.one_more("a") == 0


def test_without_a_limit_nothing_is_counted(store: Counted, clock: HeldClock) -> None:
    counts = tally(store, clock, None)
    assert admitted(counts.one_more, 1000) == 1000
    assert counts.look("a") == 0
    assert store.calls == 0


def test_far_from_the_limit_the_store_is_not_asked(store: Counted, clock: HeldClock) -> None:
    counts = tally(store, clock, 10_000)
    admitted(counts.one_more, 300)
    assert store.calls == 0
    admitted(counts.one_more, 3000)
    assert store.calls <= 13


def test_over_the_limit_the_store_is_not_asked(store: Counted, clock: HeldClock) -> None:
    counts = tally(store, clock, 100)
    admitted(counts.one_more, 100)
    before = store.calls
    assert admitted(counts.one_more, 5000) == 0
    assert store.calls == before


def test_replicas_count_together(backend: Backend, clock: HeldClock) -> None:
    replicas = [tally(backend.store, clock, 1000) for _ in range(4)]
    got_in = sum(replicas[number % 4].one_more("a") == 0 for number in range(4000))
    assert 1000 <= got_in <= 1000 + 4 * 1000 // 32
    assert all(replica.one_more("a") for replica in replicas)


def test_one_replica_hears_of_what_another_let_in(backend: Backend, clock: HeldClock) -> None:
    first, second = tally(backend.store, clock, 320), tally(backend.store, clock, 320)
    admitted(first.one_more, 320)
    assert admitted(second.one_more, 320) < 320 // 32 + 1


def test_without_the_store_each_process_holds_itself_to_the_limit(store: Counted, clock: HeldClock) -> None:
    heard = Heard()
    counts = tally(store, clock, 100, heard)
    store.broken = True
    assert admitted(counts.one_more, 500) == 100
    assert heard.alone > 0
    clock.forward(seconds=60)
    store.broken, heard.alone = False, 0
    assert admitted(counts.one_more, 500) == 100
    assert heard.alone == 0


def test_who_came_too_often_is_told_once_a_minute(store: Counted, clock: HeldClock) -> None:
    heard = Heard()
    counts = tally(store, clock, 2, heard)
    for name in "aaaaabbbbb":
        counts.one_more(name)
    assert heard.over == ["a", "b"]
    clock.forward(seconds=60)
    admitted(counts.one_more, 9)
    assert heard.over == ["a", "b", "a"]


def test_more_names_than_there_is_room_for_are_let_through(
    store: Counted, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally_module, "MOST_NAMES", 3)
    counts = tally(store, clock, 1)
    assert [counts.one_more(name) for name in "abcdefg"] == [0] * 7
    assert [counts.one_more(name) for name in "abcdefg"] == [60, 60, 60, 0, 0, 0, 0]
    assert len(counts._counts) == 3
    clock.forward(seconds=60)
    assert counts.one_more("g") == 0
    assert len(counts._counts) == 1, "those of the minute before are forgotten"
