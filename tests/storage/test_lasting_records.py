"""Ledger, anomalies and subjects on SQL: durable, append-only, and without anything that must not be there."""

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DatabaseError

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import migrate, schema
from gateway.storage.anomalies import SqlAnomalies
from gateway.storage.contracts import AnomalyRow, LedgerRow, SubjectRow
from gateway.storage.engine import open_engine
from gateway.storage.subjects import SqlSubjects
from tests.support.ledger import sql_ledger

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
ROW = LedgerRow(
    NOW, "R1", "rekentuin", "po", "99XA", "student", "released", None, "A-1", 1, "2026.1", "eck_id", "h", "{}"
)


@pytest.fixture
def engine(tmp_path: Path):
    made = open_engine("sqlite:///var/lasting.sqlite", directory=tmp_path)
    migrate.upgrade(made)
    yield made
    made.dispose()


def test_a_fresh_database_is_brought_up_to_date(tmp_path: Path):
    made = open_engine("sqlite:///lasting.sqlite", directory=tmp_path)
    before = migrate.status(made)
    assert (before.current, before.fits) == (None, False)
    migrate.upgrade(made)
    after = migrate.status(made)
    assert after.fits
    migrate.upgrade(made)
    assert migrate.status(made) == after
    made.dispose()


def test_several_upgrades_at_once(tmp_path: Path):
    def upgrade(_: int) -> bool:
        made = open_engine("sqlite:///lasting.sqlite", directory=tmp_path)
        migrate.upgrade(made)
        fits = migrate.status(made).fits
        made.dispose()
        return fits

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(upgrade, range(4)))


def test_migrations_make_the_tables_that_the_code_uses(engine: Engine):
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_the_ledger_keeps_rows(engine: Engine):
    sql_ledger(engine).append(ROW)
    sql_ledger(engine).append(replace(ROW, reference="R2", outcome="refused", code="brin_missing"))
    with engine.connect() as connection:
        rows = connection.execute(select(schema.ledger).order_by(schema.ledger.c.id)).all()
    assert [(row.reference, row.code) for row in rows] == [("R1", None), ("R2", "brin_missing")]


@pytest.mark.parametrize("statement", ["UPDATE ledger SET code = 'x'", "DELETE FROM ledger"])
def test_the_ledger_is_append_only(engine: Engine, statement: str):
    sql_ledger(engine).append(ROW)
    with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


def test_a_ledger_that_cannot_be_written(engine: Engine, tmp_path: Path):
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(SluisError) as caught:
        sql_ledger(engine).append(replace(ROW, decision="x" * 500_000))
    assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE


def test_a_database_without_tables(tmp_path: Path):
    made = open_engine("sqlite:///empty.sqlite", directory=tmp_path)
    for call, code in (
        (lambda: sql_ledger(made).append(ROW), ErrorCode.LEDGER_UNAVAILABLE),
        (lambda: SqlSubjects(made).find("a", "s"), ErrorCode.STORE_UNAVAILABLE),
        (lambda: SqlSubjects(made).keep(SubjectRow("a", "s", "p1", NOW)), ErrorCode.STORE_UNAVAILABLE),
        (lambda: SqlAnomalies(made).record(AnomalyRow(NOW, "R", "k", "po", None, None)), ErrorCode.STORE_UNAVAILABLE),
    ):
        with pytest.raises(SluisError) as caught:
            call()
        assert caught.value.code is code
    made.dispose()


def test_the_first_subject_stands(engine: Engine):
    subjects = SqlSubjects(engine)
    assert subjects.find("account", "rekentuin") is None
    first = subjects.keep(SubjectRow("account", "rekentuin", "p1", NOW))
    second = subjects.keep(SubjectRow("account", "rekentuin", "p2", NOW))
    assert (first.key_id, second.key_id) == ("p1", "p1")
    assert subjects.find("account", "leesplein") is None


def test_an_anomaly_is_kept_once_a_day(engine: Engine):
    anomalies = SqlAnomalies(engine)
    row = AnomalyRow(NOW, "R1", "eck_id_malformed", "po", "99XA", "account")
    for one in (row, row, replace(row, at=NOW.replace(day=8)), replace(row, account=None)):
        anomalies.record(one)
    with engine.connect() as connection:
        assert len(connection.execute(select(schema.anomalies)).all()) == 3


def test_another_database_than_sqlite_is_not_opened_before_it_is_used(tmp_path: Path):
    """No name is looked up, and no file made, before the first statement."""
    made = open_engine("postgresql+psycopg://nobody.invalid/sluis", directory=tmp_path)
    assert made.dialect.name == "postgresql"
    assert list(tmp_path.iterdir()) == []
    made.dispose()


_APPENDS = """
import sys
from dataclasses import replace
from pathlib import Path
from gateway.storage.engine import open_engine
from tests.storage.test_lasting_records import ROW
from tests.support.ledger import sql_ledger
ledger = sql_ledger(open_engine("sqlite:///var/lasting.sqlite", directory=Path(sys.argv[1])))
number = 0
while True:
    ledger.append(replace(ROW, reference=f"N{number}"))
    print(number, flush=True)
    number += 1
"""


def test_no_acknowledged_row_is_lost_when_the_process_is_killed(engine: Engine, tmp_path: Path):
    child = subprocess.Popen(
        [sys.executable, "-c", _APPENDS, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert child.stdout is not None
    acknowledged = [int(child.stdout.readline()) for _ in range(40)][-1]
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    database = sqlite3.connect(tmp_path / "var" / "lasting.sqlite")
    kept = {row[0] for row in database.execute("SELECT reference FROM ledger")}
    database.close()
    assert {f"N{number}" for number in range(acknowledged + 1)} <= kept
