"""A person's own releases, from the ledger as it lies in the database."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage.contracts import LedgerRow
from gateway.storage.own_releases import OwnReleases
from tests.support.ledger import LEDGER_KEY, sql_ledger
from tests.support.vault import database

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
MO, NOOR = "a" * 64, "b" * 64
ROW = LedgerRow(
    NOW, "R1", "rekentuin", "roc", "99YA", "student", "released", None, "A-1", 1, "2026.2", "eck_id", MO, "{}"
)


@pytest.mark.untraced
def test_the_last_ones_of_these_accounts_at_this_school(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        with closing(sql_ledger(engine)) as ledger:
            for number, row in enumerate(
                (
                    replace(ROW, at=NOW - timedelta(days=40)),
                    ROW,
                    replace(ROW, subject_hash=NOOR),
                    replace(ROW, school="99YB"),
                    replace(ROW, outcome="refused", code="role_missing"),
                    replace(ROW, at=NOW + timedelta(hours=1), service="leesplein"),
                )
            ):
                ledger.append(replace(row, reference=f"R{number}"))
        own = OwnReleases(engine, [LEDGER_KEY])
        since = NOW - timedelta(days=30)
        assert [one.reference for one in own.of([MO], "99YA", since=since, most=9)] == ["R5", "R1"]
        assert [one.reference for one in own.of([MO], "99YA", since=since, most=1)] == ["R5"]
        assert [one.reference for one in own.of([MO, NOOR], "99YA", since=since, most=9)] == ["R5", "R2", "R1"]
        with engine.begin() as connection:
            connection.execute(text("DROP TABLE ledger"))
        with pytest.raises(SluisError) as caught:
            own.of([MO], "99YA", since=since, most=9)
        assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
