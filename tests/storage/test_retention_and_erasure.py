"""Records that were kept long enough go, and one person's can be taken out, with the chain of the ledger whole."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import migrate, schema
from gateway.storage.anomalies import SqlAnomalies
from gateway.storage.contracts import AnomalyRow, LedgerRow, Seen, SubjectRow
from gateway.storage.engine import open_engine
from gateway.storage.erasure import Erasure
from gateway.storage.ledger_verification import verify
from gateway.storage.retention import Limits, Purged, Retention
from gateway.storage.sealing import SecretKey
from gateway.storage.subjects import SqlSubjects
from tests.support.ledger import LEDGER_KEY, sql_ledger

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
FENNA, DAAN = "f" * 64, "d" * 64
ROW = LedgerRow(
    NOW, "R1", "rekentuin", "po", "99XA", "student", "released", None, "A-1", 1, "2026.2", "eck_id", FENNA, "{}"
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine("sqlite:///lasting.sqlite", directory=tmp_path)
    migrate.upgrade(made)
    yield made
    made.dispose()


def filled(engine: Engine, *, days: tuple[int, ...] = (0, 1, 2, 3, 4, 5)) -> None:
    with closing(sql_ledger(engine)) as ledger:
        for day in days:
            ledger.append(replace(ROW, at=NOW + timedelta(days=day), subject_hash=DAAN if day % 2 else FENNA))
    for day in days:
        at = NOW + timedelta(days=day)
        SqlAnomalies(engine).record(AnomalyRow(at, "R1", "eck_id_malformed", "po", "99XA", DAAN if day % 2 else FENNA))
        SqlSubjects(engine).keep(SubjectRow(DAAN if day % 2 else FENNA, f"service-{day}", "p1", at))


def limits(days: float) -> Limits:
    moment = NOW + timedelta(days=days)
    return Limits(moment, moment, moment, moment, moment, moment.date())


def count(engine: Engine, table) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_what_is_older_goes_and_the_rest_verifies(engine: Engine):
    filled(engine)
    retention = Retention(engine, [LEDGER_KEY])
    assert retention.purge(limits(2.5), delete_them=False) == Purged(3, 3, 3, 0, 0, 0)
    assert count(engine, schema.ledger) == 6
    assert retention.purge(limits(2.5), delete_them=True) == Purged(3, 3, 3, 0, 0, 0)
    assert [count(engine, one) for one in (schema.ledger, schema.anomalies, schema.subjects)] == [3, 3, 3]
    assert verify(engine, [LEDGER_KEY]).flaws == ()
    filled(engine, days=(6, 7))
    assert retention.purge(limits(4.5), delete_them=True).ledger == 2
    assert verify(engine, [LEDGER_KEY]).flaws == ()
    assert retention.purge(limits(4.5), delete_them=True) == Purged(0, 0, 0, 0, 0, 0)


def test_all_may_be_old(engine: Engine):
    filled(engine)
    assert Retention(engine, [LEDGER_KEY]).purge(limits(100), delete_them=True).ledger == 6
    assert verify(engine, [LEDGER_KEY]).flaws == ()


def test_a_late_row_keeps_those_behind_it(engine: Engine):
    """Rows of one writer are not quite in the order of time: no gap may come into the chain."""
    filled(engine, days=(0, 3, 1, 4))
    assert Retention(engine, [LEDGER_KEY]).purge(limits(2), delete_them=True).ledger == 1
    assert verify(engine, [LEDGER_KEY]).flaws == ()


def test_without_its_key_a_chain_is_left_alone(engine: Engine):
    filled(engine)
    other = SecretKey("l9", b"another key of the ledger, long enough..")
    purged = Retention(engine, [other]).purge(limits(2.5), delete_them=True)
    assert (purged.ledger, purged.keys_missing) == (0, ("l1",))
    assert count(engine, schema.ledger) == 6


def test_rows_of_before_the_chain_go_too(engine: Engine):
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO ledger (at, reference, service, idp, outcome, decision, writer, number) "
                "VALUES ('2020-01-01 00:00:00.000000', 'R0', 's', 'i', 'released', '{}', '', 1)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO ledger_writers (writer, serial, key_id, began, number, head, seal) "
                "VALUES ('', 0, '', '2020-01-01 00:00:00.000000', 1, '', '')"
            )
        )
    filled(engine, days=(0,))
    assert Retention(engine, [LEDGER_KEY]).purge(limits(-1), delete_them=True).ledger == 1
    assert verify(engine, [LEDGER_KEY]).flaws == ()


def test_one_person_is_forgotten_and_the_chain_stays_whole(engine: Engine):
    filled(engine)
    with closing(sql_ledger(engine)) as ledger:
        erasure = Erasure(engine, ledger, [LEDGER_KEY])
        before = erasure.count(FENNA)
        done = erasure.forget(FENNA, now=NOW)
    assert (before.ledger, before.anomalies, before.subjects) == (3, 3, 3)
    assert (done.ledger, done.anomalies, done.subjects, done.left) == (3, 3, 3, ())
    found = verify(engine, [LEDGER_KEY])
    assert (found.rows, found.erased, found.flaws) == (7, 3, ())
    assert erasure.count(FENNA).ledger == 0
    assert erasure.count(DAAN).ledger == 3, "nobody else lost anything"


def test_a_trace_that_is_left_is_found(engine: Engine):
    filled(engine)
    with closing(sql_ledger(engine)) as ledger:
        ledger.append(replace(ROW, subject_hash=None, decision=f'{{"{FENNA}":1}}'))
        done = Erasure(engine, ledger, [LEDGER_KEY]).forget(FENNA, now=NOW)
    assert done.left == ("ledger.decision",)


def test_nothing_is_erased_when_the_erasure_cannot_be_recorded(engine: Engine):
    class Full:
        def append(self, row: LedgerRow, *, seen: Seen | None = None) -> None:
            raise SluisError(ErrorCode.LEDGER_UNAVAILABLE)

    filled(engine)
    with pytest.raises(SluisError):
        Erasure(engine, Full(), [LEDGER_KEY]).forget(FENNA, now=NOW)
    assert count(engine, schema.subjects) == 6
    assert Erasure(engine, Full(), [LEDGER_KEY]).count(FENNA).ledger == 3
