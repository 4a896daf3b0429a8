"""The outbox: what waits outlives the process, is taken by one at a time, and tells nobody who reads the table."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import migrate, outbox
from gateway.storage.engine import open_engine
from gateway.storage.outbox import LEASE_SECONDS, SqlOutbox
from gateway.storage.sealing import SecretKey
from tests.support.held import HeldClock, SeededRandomness

KEY = SecretKey("s1", b"a sealing key of the tests, long enough.")
OTHER = SecretKey("s2", b"another sealing key of the tests, as long")


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("outbox")
    engine = open_engine("sqlite:///lasting.sqlite", directory=directory)
    migrate.upgrade(engine)
    engine.dispose()
    return directory


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def box(made_once, clock):
    engine = open_engine("sqlite:///lasting.sqlite", directory=made_once)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))
    yield opened(engine, clock)
    engine.dispose()


def opened(engine, clock, *keys):
    return SqlOutbox(engine, keys=keys or (KEY,), clock=clock, randomness=SeededRandomness())


def test_whoever_keeps_a_letter_tries_first_and_another_after_a_crash(box, clock):
    [kept] = box.keep("klas", [b"who"])
    assert box.take(most=10) == ()
    clock.forward(seconds=LEASE_SECONDS)
    assert box.take(most=10) == (kept,)
    assert box.take(most=10) == (), "nobody else has it now"
    clock.forward(seconds=LEASE_SECONDS)
    assert box.take(most=10) == (kept,), "unless whoever took it is gone"


def test_what_is_done_is_gone_and_what_is_postponed_comes_back_once_its_time_is_there(box, clock):
    first, second = box.keep("klas", [b"one", b"two"])
    box.done(first)
    box.postpone(second, seconds=90)
    assert box.waiting() == 1
    clock.forward(seconds=89)
    assert box.take(most=10) == ()
    clock.forward(seconds=1)
    [again] = box.take(most=10)
    assert (again.id, again.content, again.tries) == (second.id, b"two", 1)


def test_the_table_says_nothing_of_whom(box, made_once):
    box.keep("klas", [b"a name of somebody"])
    with sqlite3.connect(made_once / "lasting.sqlite") as raw:
        assert b"somebody" not in b"".join(bytes(row[0]) for row in raw.execute("SELECT sealed FROM outbox"))


def test_a_letter_whose_key_is_gone_is_thrown_away(box, clock):
    box.keep("klas", [b"who"])
    clock.forward(seconds=LEASE_SECONDS)
    assert opened(box._engine, clock, OTHER).take(most=10) == ()
    assert box.waiting() == 0


def test_it_does_not_grow_without_bound(box, monkeypatch):
    monkeypatch.setattr(outbox, "MOST", 3)
    assert len(box.keep("klas", [b"1", b"2"])) == 2
    assert len(box.keep("klas", [b"3", b"4"])) == 1
    assert box.keep("klas", [b"5"]) == ()


def test_a_database_that_is_gone(tmp_path, clock):
    box = opened(open_engine("sqlite:///lasting.sqlite", directory=tmp_path), clock)
    for call in (box.waiting, lambda: box.keep("klas", [b"1"]), lambda: box.take(most=1)):
        with pytest.raises(SluisError) as raised:
            call()
        assert raised.value.code is ErrorCode.STORE_UNAVAILABLE
