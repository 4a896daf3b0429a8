"""Account links at rest: sealed, bound to their two accounts, one in each place."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text, update

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import LinkKind, LinkState
from gateway.storage import schema
from gateway.storage.contracts import LinkRow
from gateway.storage.erasure import Erasure
from gateway.storage.links import SqlLinks
from gateway.storage.retention import Limits, Retention
from gateway.storage.sealing import SecretKey, sealed_with
from tests.support.held import SeededRandomness
from tests.support.ledger import LEDGER_KEY, sql_ledger
from tests.support.vault import SEALING, database

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
NEW = SecretKey("s2", b"the sealing key that comes after, long enough.")
MO = LinkRow(
    id="1" * 40,
    kind=LinkKind.USER_HELD,
    state=LinkState.LIVE,
    holder="a" * 64,
    linked="b" * 64,
    school="99YA",
    made=NOW,
    seen=NOW,
    until=date(2027, 9, 7),
    content=b"what the school said of Mo",
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as made:
        yield made


@pytest.fixture
def links(engine: Engine) -> SqlLinks:
    made = SqlLinks(engine, keys=[SEALING], randomness=SeededRandomness())
    assert made.make(MO)
    return made


def test_what_was_made_is_found_from_both_sides(links: SqlLinks) -> None:
    assert links.of_holder(MO.holder, "99YA") == MO
    assert links.of_holder(MO.holder, "99YB") is None
    assert links.of_linked(MO.linked) == (MO,)
    assert links.of_linked(MO.holder) == ()


def test_the_file_says_nothing(links: SqlLinks, engine: Engine, tmp_path: Path) -> None:
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert MO.id.encode() in raw
    assert b"what the school said" not in raw


@pytest.mark.parametrize("column", ["holder", "linked"])
def test_one_that_is_moved_to_another_account_does_not_open(column: str, links: SqlLinks, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(schema.account_links).values({column: "c" * 64}))
    with pytest.raises(SluisError) as caught:
        links.all()
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


@pytest.mark.parametrize("change", [{"holder": "c" * 64}, {"linked": "c" * 64}], ids=str)
def test_another_in_its_place_is_not_made(change: dict[str, str], links: SqlLinks) -> None:
    other = replace(MO, id="2" * 40, **change)
    assert not links.make(other)
    assert links.all() == [MO]
    assert links.make(other, instead_of=[MO.id])
    assert links.all() == [other]


def test_what_was_revoked_does_not_come_back(links: SqlLinks) -> None:
    longer = replace(MO, until=date(2028, 9, 7), state=LinkState.SUSPENDED, content=b"later")
    assert links.change(longer, was=LinkState.LIVE)
    assert links.all(link=MO.id) == [longer]
    assert links.revoke([MO.id]) == 1
    assert not links.change(MO, was=LinkState.LIVE)
    assert links.all() == []


def test_those_of_a_school_or_of_an_account(links: SqlLinks) -> None:
    assert links.make(replace(MO, id="2" * 40, school="99YB", linked="c" * 64))
    assert [one.school for one in links.all(school="99YB")] == ["99YB"]
    assert [one.school for one in links.all(account=MO.holder)] == ["99YA", "99YB"]
    assert [one.school for one in links.all(account=MO.linked)] == ["99YA"]


def test_sealed_anew_with_the_active_key(links: SqlLinks, engine: Engine) -> None:
    renewed = SqlLinks(engine, keys=[NEW, SEALING], randomness=SeededRandomness())
    assert renewed.reseal() == 1
    with engine.connect() as connection:
        [sealed] = connection.execute(text("SELECT sealed FROM account_links")).scalars()
    assert sealed_with(sealed) == "s2"
    assert SqlLinks(engine, keys=[NEW], randomness=SeededRandomness()).all() == [MO]


@pytest.mark.parametrize("account", [MO.holder, MO.linked])
def test_who_is_forgotten_is_linked_no_more(account: str, links: SqlLinks, engine: Engine) -> None:
    ledger = sql_ledger(engine)
    erasure = Erasure(engine, ledger, [LEDGER_KEY])
    assert erasure.count(account).links == 1
    done = erasure.forget(account, now=NOW)
    ledger.close()
    assert (done.links, done.left) == (1, ())
    assert links.all() == []


def test_one_that_ended_is_purged(links: SqlLinks, engine: Engine) -> None:
    retention = Retention(engine, [LEDGER_KEY])
    assert retention.purge(Limits(NOW, NOW, NOW, NOW, NOW, MO.until), delete_them=True).links == 0
    after = Limits(NOW, NOW, NOW, NOW, NOW, date(2027, 9, 8))
    assert retention.purge(after, delete_them=False).links == 1
    assert links.all() == [MO]
    assert retention.purge(after, delete_them=True).links == 1
    assert links.all() == []


def test_a_database_that_is_gone(links: SqlLinks, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE account_links"))
    for ask in (links.all, lambda: links.make(MO), lambda: links.change(MO, was=LinkState.LIVE)):
        with pytest.raises(SluisError) as caught:
            ask()
        assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
