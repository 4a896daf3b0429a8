"""What happens to the ledger behind the gateway's back is found: by who can write the database, but has no key."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from gateway.storage import ledger_reading, migrate
from gateway.storage.contracts import LedgerRow
from gateway.storage.engine import open_engine
from gateway.storage.ledger_answers import Place
from gateway.storage.ledger_chain import json_array
from gateway.storage.ledger_verification import Anchor, Finding, Flaw, anchors_of, verify
from gateway.storage.sealing import SecretKey
from tests.support.ledger import LEDGER_KEY, sql_ledger

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
ROW = LedgerRow(
    NOW, "R1", "rekentuin", "po", "99XA", "student", "released", None, "A-1", 1, "2026.2", "eck_id", "a" * 64, "{}"
)
GUARDS = ("ledger_update", "ledger_delete", "ledger_writers_update", "ledger_writers_delete")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine("sqlite:///lasting.sqlite", directory=tmp_path)
    migrate.upgrade(made)
    yield made
    made.dispose()


def write(engine: Engine, count: int = 5) -> None:
    with closing(sql_ledger(engine)) as ledger:
        for number in range(count):
            ledger.append(replace(ROW, reference=f"R{number}"))


def tamper(engine: Engine, *statements: str) -> None:
    """As the owner of the database, past the triggers."""
    with engine.begin() as connection:
        for guard in GUARDS:
            connection.execute(text(f"DROP TRIGGER {guard}"))
        for statement in statements:
            connection.execute(text(statement))


def flaws(engine: Engine, anchors: tuple[Anchor, ...] = ()) -> tuple[Flaw, ...]:
    return verify(engine, [LEDGER_KEY], anchors).flaws


def test_what_was_written_is_found_whole(engine: Engine):
    write(engine)
    write(engine)
    found = verify(engine, [LEDGER_KEY])
    assert (found.writers, found.rows, found.flaws) == (2, 10, ())


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("UPDATE ledger SET code = 'x' WHERE number = 3", Finding.CHANGED),
        ("UPDATE ledger SET at = '2026-09-07 08:31:00.000000' WHERE number = 3", Finding.CHANGED),
        ("UPDATE ledger SET decision = '[]' WHERE number = 3", Finding.CHANGED),
        ("UPDATE ledger SET subject_hash = 'bb' WHERE number = 3", Finding.CHANGED),
        ("DELETE FROM ledger WHERE number = 3", Finding.MISSING),
        ("DELETE FROM ledger WHERE number = 1", Finding.MISSING),
        ("DELETE FROM ledger WHERE number > 3", Finding.CUT_OFF),
        ("UPDATE ledger SET number = number + 100 WHERE number = 2", Finding.MISSING),
        ("UPDATE ledger_writers SET number = 3", Finding.HEAD_FORGED),
        ("UPDATE ledger_writers SET purged = 2", Finding.PURGE_FORGED),
        ("UPDATE ledger SET subject_hash = NULL, subject_salt = NULL WHERE number = 2", Finding.ERASED_UNRECORDED),
        ("UPDATE ledger SET writer = 'stranger' WHERE number = 5", Finding.WRITER_UNKNOWN),
        ("DELETE FROM ledger_writers", Finding.WRITER_UNKNOWN),
    ],
)
def test_what_was_done_to_it_is_found(statement: str, finding: Finding, engine: Engine):
    write(engine)
    tamper(engine, statement)
    assert finding in {one.finding for one in flaws(engine)}


def test_two_rows_that_changed_places(engine: Engine):
    write(engine)
    tamper(
        engine,
        "UPDATE ledger SET number = 99 WHERE number = 2",
        "UPDATE ledger SET number = 2 WHERE number = 3",
        "UPDATE ledger SET number = 3 WHERE number = 99",
    )
    assert {one.finding for one in flaws(engine)} >= {Finding.CHANGED, Finding.OUT_OF_PLACE}


def test_a_writer_that_is_gone_with_all_its_rows(engine: Engine):
    write(engine)
    write(engine)
    tamper(
        engine,
        "DELETE FROM ledger WHERE writer = (SELECT writer FROM ledger_writers WHERE serial = 1)",
        "DELETE FROM ledger_writers WHERE serial = 1",
    )
    assert [one.finding for one in flaws(engine)] == [Finding.WRITER_MISSING]


def test_a_database_that_was_set_back_is_found_by_an_anchor(engine: Engine):
    write(engine)
    heads = [one.head for one in ledger_reading.writers(engine)]
    [anchor] = [Anchor(str(one["writer"]), int(one["number"]), str(one["hash"])) for one in anchors_of(heads)]
    assert flaws(engine, (anchor,)) == ()
    later = replace(anchor, number=anchor.number + 3)
    assert [one.finding for one in flaws(engine, (later,))] == [Finding.BEHIND_ANCHOR]
    other = replace(anchor, hash="0" * 64)
    assert [one.finding for one in flaws(engine, (other,))] == [Finding.BEHIND_ANCHOR]


def test_with_another_key_nothing_is_believed(engine: Engine):
    write(engine)
    other = SecretKey("l1", b"another key of the ledger, long enough..")
    assert {one.finding for one in verify(engine, [other]).flaws} >= {Finding.HEAD_FORGED, Finding.CHANGED}
    missing = SecretKey("l9", b"another key of the ledger, long enough..")
    assert [one.finding for one in verify(engine, [missing]).flaws] == [Finding.KEY_MISSING]


def test_many_threads_write_one_chain(engine: Engine):
    with closing(sql_ledger(engine)) as ledger, ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: ledger.append(replace(ROW, reference=f"R{number}")), range(200)))
    found = verify(engine, [LEDGER_KEY])
    assert (found.writers, found.rows, found.flaws) == (1, 200, ())


def test_one_row_that_the_database_refuses_does_not_stop_the_others(engine: Engine):
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER refuses BEFORE INSERT ON ledger WHEN NEW.reference = 'R7' "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        )

    def append(number: int) -> bool:
        try:
            ledger.append(replace(ROW, reference=f"R{number}"))
        except Exception:  # noqa: BLE001 - any refusal counts
            return False
        return True

    with closing(sql_ledger(engine)) as ledger, ThreadPoolExecutor(8) as pool:
        done = list(pool.map(append, range(20)))
    assert [number for number, ok in enumerate(done) if not ok] == [7]
    found = verify(engine, [LEDGER_KEY])
    assert (found.rows, found.flaws) == (19, ())


def test_a_row_without_an_answer_is_told_from_one_with(engine: Engine):
    ledger = sql_ledger(engine)
    answered = ledger.answers.expect()
    ledger.append(ROW)
    ledger.answers.have_left(answered)
    ledger.answers.expect()
    ledger.append(replace(ROW, reference="R2"))
    ledger.close()
    rows = list(ledger_reading.rows_between(engine, since=NOW, until=NOW.replace(year=2027)))
    left = ledger_reading.answered(engine, since=NOW)
    assert [one.chained.row.reference for one in rows if Place(one.chained.writer, one.chained.number) not in left] == [
        "R2"
    ]


def test_the_subject_is_not_the_hash_of_the_account(engine: Engine):
    """Whoever reads the ledger cannot join it with the other tables."""
    write(engine, 1)
    [row] = ledger_reading.rows_between(engine, since=NOW, until=NOW.replace(year=2027))
    assert row.chained.subject is not None
    assert row.chained.subject != ROW.subject_hash
    assert json.loads(row.chained.row.decision) == {}


@given(st.lists(st.none() | st.integers() | st.text()))
def test_what_the_hash_covers_is_written_as_json(fields):
    written = json_array(fields)
    assert written == json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    assert json.loads(written) == fields
