"""Consents at rest: one for each person and service, withdrawn, forgotten, purged."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage.consents import SqlConsents
from gateway.storage.contracts import ConsentRow
from gateway.storage.erasure import Erasure
from gateway.storage.retention import Limits, Retention
from tests.support.ledger import LEDGER_KEY, sql_ledger
from tests.support.vault import database

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
MO = ConsentRow("a" * 64, "rekentuin", '{"attributes":{}}', NOW)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as made:
        yield made


@pytest.fixture
def consents(engine: Engine) -> SqlConsents:
    made = SqlConsents(engine)
    for row in (MO, replace(MO, service="leesplein"), replace(MO, account="b" * 64)):
        made.keep(row)
    return made


def test_the_last_one_counts(consents: SqlConsents) -> None:
    later = replace(MO, what="{}", at=NOW + timedelta(days=1))
    consents.keep(later)
    assert consents.find(MO.account, "rekentuin") == later
    assert consents.find(MO.account, "elders") is None


def test_a_person_sees_and_withdraws_their_own(consents: SqlConsents) -> None:
    assert [one.service for one in consents.of_account(MO.account)] == ["leesplein", "rekentuin"]
    assert consents.withdraw(MO.account, "rekentuin")
    assert not consents.withdraw(MO.account, "rekentuin")
    assert [one.service for one in consents.of_account(MO.account)] == ["leesplein"]
    assert consents.find("b" * 64, "rekentuin") is not None


def test_who_is_forgotten_let_nothing_go(consents: SqlConsents, engine: Engine) -> None:
    ledger = sql_ledger(engine)
    erasure = Erasure(engine, ledger, [LEDGER_KEY])
    assert erasure.count(MO.account).consents == 2
    done = erasure.forget(MO.account, now=NOW)
    ledger.close()
    assert (done.consents, done.left) == (2, ())
    assert consents.of_account(MO.account) == ()


def test_old_ones_are_purged(consents: SqlConsents, engine: Engine) -> None:
    later = NOW + timedelta(seconds=1)
    limits = Limits(NOW, NOW, NOW, NOW, later, NOW.date())
    assert Retention(engine, [LEDGER_KEY]).purge(limits, delete_them=False).consents == 3
    assert Retention(engine, [LEDGER_KEY]).purge(replace(limits, consents=NOW), delete_them=True).consents == 0
    assert Retention(engine, [LEDGER_KEY]).purge(limits, delete_them=True).consents == 3
    assert consents.of_account(MO.account) == ()


def test_a_database_that_is_gone(consents: SqlConsents, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE consents"))
    for ask in (lambda: consents.find("a", "b"), lambda: consents.keep(MO)):
        with pytest.raises(SluisError) as caught:
            ask()
        assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
