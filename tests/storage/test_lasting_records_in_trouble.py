"""Lasting records when the database is not well, and when many come at once."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select

from gateway.domain.clock import SystemClock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import SystemRandomness
from gateway.storage import migrate, schema
from gateway.storage.anomalies import SqlAnomalies
from gateway.storage.contracts import AnomalyRow, LedgerRow, SubjectRow
from gateway.storage.engine import open_engine
from gateway.storage.ledger import Alone, SqlLedger
from gateway.storage.ledger_verification import verify
from gateway.storage.subjects import SqlSubjects
from tests.support.ledger import LEDGER_KEY, sql_ledger

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
RELEASED = LedgerRow(
    NOW, "7K3M91X20D", "leesplein", "po", "99XA", "student", "released", None, "A-1", 1, "2026.1", "eck_id", "h", "{}"
)
SUBJECT = SubjectRow("a" * 64, "leesplein", "p1", NOW)
ANOMALY = AnomalyRow(NOW, "7K3M91X20D", "eck_id_malformed", "po", "99XA", "b" * 64)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine("sqlite:///var/lasting.sqlite", directory=tmp_path)
    migrate.upgrade(made)
    yield made
    made.dispose()


def _full(engine: Engine, directory: Path) -> None:
    """No page more on any connection, and the pages that there are have no room."""

    @event.listens_for(engine, "connect")
    def _no_more(connection, _record) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    engine.dispose()


def _read_only(engine: Engine, directory: Path) -> None:
    @event.listens_for(engine, "connect")
    def _no_writes(connection, _record) -> None:
        connection.execute("PRAGMA query_only = ON")

    engine.dispose()


def _gone(engine: Engine, directory: Path) -> None:
    engine.dispose()
    shutil.rmtree(directory / "var")


def _no_database(engine: Engine, directory: Path) -> None:
    engine.dispose()
    for file in (directory / "var").glob("lasting.sqlite*"):
        file.unlink()
    (directory / "var/lasting.sqlite").write_bytes(b"no database at all. " * 100)


TROUBLES = pytest.mark.parametrize("trouble", [_full, _read_only, _gone, _no_database], ids=lambda one: one.__name__)


@TROUBLES
def test_a_release_that_cannot_be_recorded_is_said_to_be_none(
    trouble: Callable[[Engine, Path], None], engine: Engine, tmp_path: Path
):
    trouble(engine, tmp_path)

    with pytest.raises(SluisError) as caught:
        sql_ledger(engine).append(replace(RELEASED, decision="x" * 50_000))

    assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE
    assert "99XA" not in str(caught.value) + str(caught.value.cause)


@TROUBLES
def test_a_subject_that_cannot_be_kept(trouble: Callable[[Engine, Path], None], engine: Engine, tmp_path: Path):
    trouble(engine, tmp_path)

    subjects = SqlSubjects(engine)

    with pytest.raises(SluisError) as caught:
        _many(lambda account: subjects.keep(replace(SUBJECT, account=account)))

    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


@TROUBLES
def test_an_anomaly_that_cannot_be_kept(trouble: Callable[[Engine, Path], None], engine: Engine, tmp_path: Path):
    trouble(engine, tmp_path)

    anomalies = SqlAnomalies(engine)

    with pytest.raises(SluisError) as caught:
        _many(lambda account: anomalies.record(replace(ANOMALY, account=account)))

    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


@pytest.mark.parametrize("trouble", [_gone, _no_database], ids=lambda one: one.__name__)
def test_a_database_that_does_not_answer_is_no_fit(
    trouble: Callable[[Engine, Path], None], engine: Engine, tmp_path: Path
):
    migrate.check(engine)
    trouble(engine, tmp_path)

    with pytest.raises(SluisError) as caught:
        migrate.check(engine)
    assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE


def test_a_database_of_another_version_is_no_fit(engine: Engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(SluisError) as caught:
        migrate.check(engine)
    assert caught.value.cause == "the schema does not fit: sluis db upgrade"


def _beside(engine: Engine, standing: Alone) -> SqlLedger:
    """Another worker's."""
    return SqlLedger(engine, key=LEDGER_KEY, clock=SystemClock(), randomness=SystemRandomness(), standing=standing)


def test_after_a_row_that_could_not_be_written_every_worker_tries_before_it_calls_itself_ready(
    engine: Engine, tmp_path: Path
):
    standing = Alone()
    one, other = _beside(engine, standing), _beside(engine, standing)
    one.append(RELEASED)
    one.check()
    assert _count(engine, schema.ledger) == 1, "nothing is written for it while all is well"
    engine.dispose()
    (tmp_path / "var").rename(tmp_path / "away")
    with pytest.raises(SluisError):
        one.append(RELEASED)
    with pytest.raises(SluisError) as caught:
        other.check()
    assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE
    (tmp_path / "away").rename(tmp_path / "var")
    other.check()
    one.check()

    assert _count(engine, schema.ledger) == 2, "one try that went well is enough for both"
    assert verify(engine, [LEDGER_KEY]).flaws == ()
    with engine.connect() as connection:
        assert len(connection.scalars(select(schema.ledger.c.decision)).all()[-1]) > 1500, "as long as a release's"


def test_a_row_that_the_database_does_not_take_is_no_trouble_of_the_ledger(engine: Engine):
    standing = Alone()
    ledger = _beside(engine, standing)
    with pytest.raises(SluisError):
        ledger.append(replace(RELEASED, outcome=None))  # type: ignore[arg-type] # what no column takes
    assert not standing.ledger_fails


def test_once_the_trouble_is_over_the_ledger_goes_on(engine: Engine, tmp_path: Path):
    ledger = sql_ledger(engine)
    ledger.append(RELEASED)
    engine.dispose()
    (tmp_path / "var").rename(tmp_path / "away")
    with pytest.raises(SluisError):
        ledger.append(RELEASED)
    (tmp_path / "away").rename(tmp_path / "var")
    ledger.append(RELEASED)

    assert _count(engine, schema.ledger) == 2


def test_of_many_who_keep_a_subject_at_once_the_first_stands(engine: Engine):
    subjects = SqlSubjects(engine)

    with ThreadPoolExecutor(10) as pool:
        kept = set(pool.map(lambda number: subjects.keep(replace(SUBJECT, key_id=f"p{number}")), range(30)))

    assert len(kept) == 1
    (stands,) = kept
    found = subjects.find(SUBJECT.account, SUBJECT.service)
    assert found == stands


def test_the_ledger_takes_rows_of_many_at_once(engine: Engine):
    ledger = sql_ledger(engine)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: ledger.append(replace(RELEASED, reference=f"R{number}")), range(60)))

    assert _count(engine, schema.ledger) == 60


def test_a_row_keeps_all_that_was_decided(engine: Engine):
    sql_ledger(engine).append(RELEASED)

    with engine.connect() as connection:
        row = connection.execute(select(schema.ledger)).one()._asdict()
    assert row.pop("id") == 1
    assert row.pop("at").replace(tzinfo=UTC) == NOW
    hashed = row.pop("subject_hash")
    kept = {name: getattr(RELEASED, name) for name in LedgerRow.__dataclass_fields__ if name in row}
    assert {name: row[name] for name in kept} == kept
    assert len(hashed) == 64
    assert hashed != RELEASED.subject_hash


def test_another_day_kind_account_or_identity_provider_is_another_anomaly(engine: Engine):
    anomalies = SqlAnomalies(engine)
    for other in (
        ANOMALY,
        replace(ANOMALY, reference="0000000000", at=NOW + timedelta(hours=15)),
        replace(ANOMALY, at=NOW + timedelta(hours=16)),
        replace(ANOMALY, kind="eck_id_changed"),
        replace(ANOMALY, account="c" * 64),
        replace(ANOMALY, idp="vo"),
    ):
        anomalies.record(other)

    assert _count(engine, schema.anomalies) == 5


def test_a_subject_is_found_as_it_was_kept(engine: Engine):
    assert SqlSubjects(engine).keep(SUBJECT) == SUBJECT
    assert SqlSubjects(engine).find(SUBJECT.account, SUBJECT.service) == SUBJECT


def _many(keep: Callable[[str], object]) -> None:
    """More accounts than a page has room for."""
    for number in range(500):
        keep(f"{number:064}")


def _count(engine: Engine, table) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
