"""The lasting records on a real PostgreSQL: upgraded once by many, lost by no crash, back by itself."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import SystemRandomness
from gateway.domain.sector import Sector
from gateway.storage import bounded_connection, ledger_counts, migrate, schema
from gateway.storage.anomalies import SqlAnomalies
from gateway.storage.bounded_connection import BoundedConnection, without_haste
from gateway.storage.contracts import AnomalyRow, LedgerRow, Seen, SubjectRow
from gateway.storage.engine import open_engine
from gateway.storage.ledger_verification import verify
from gateway.storage.outbox import LEASE_SECONDS, SqlOutbox
from gateway.storage.sealing import SecretKey
from gateway.storage.seen_eck_ids import SqlSeenEckIds
from gateway.storage.subjects import SqlSubjects
from gateway.storage.vault_entry import VaultEntry
from tests.support.at_once import check_held, check_reported
from tests.support.held import HeldClock
from tests.support.ledger import LEDGER_KEY, keep_seen, sql_ledger
from tests.support.postgresql_server import postgresql_process, url_of
from tests.support.server_process import ServerProcess, eventually
from tests.support.vault import vault_in

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
ROW = LedgerRow(
    NOW, "R1", "rekentuin", "po", "99XA", "student", "released", None, "A-1", 1, "2026.1", "eck_id", "h", "{}"
)

SEEN = Seen(account="a" * 64, school="99XA", sector="po", mark="m", since=NOW)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with postgresql_process() as running:
        yield running


@pytest.fixture
def engine(server: ServerProcess) -> Iterator[Engine]:
    made = open_engine(url_of(server), directory=Path())
    with made.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    yield made
    made.dispose()


def test_of_four_upgrades_at_once_one_works_and_all_find_it_done(engine: Engine, server: ServerProcess):
    assert not migrate.status(engine).fits

    def upgrade(_: int) -> bool:
        mine = open_engine(url_of(server), directory=Path())
        migrate.upgrade(mine)
        fits = migrate.status(mine).fits
        mine.dispose()
        return fits

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(upgrade, range(4)))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_what_was_seen_of_accounts_is_written_with_the_rows_of_two_replicas(engine: Engine, server: ServerProcess):
    migrate.upgrade(engine)
    accounts = [f"{number:064}" for number in range(6)]
    store = SqlSeenEckIds(engine, LEDGER_KEY)
    seen = [Seen(account=one, school="99XA", sector="po", mark=one[1:], since=NOW, odd=True) for one in accounts]
    with ExitStack() as stack:
        ledgers = [stack.enter_context(closing(sql_ledger(engine))) for _ in range(2)]
        pool = stack.enter_context(ThreadPoolExecutor(8))
        both_ways = list(zip(ledgers, (seen, seen[::-1]), strict=True))
        logins = [(ledger, row) for _ in range(20) for ledger, rows in both_ways for row in rows]
        list(pool.map(lambda login: login[0].append(ROW, seen=login[1]), logins))
    assert [store.find(one) for one in accounts] == seen
    assert store.others(accounts[0][1:], accounts[1]) == [("99XA", "po")]
    found = verify(engine, [LEDGER_KEY])
    assert (found.writers, found.rows, found.flaws) == (2, 240, ())


@pytest.mark.parametrize("check", [check_reported, check_held])
def test_two_accounts_that_show_an_eck_id_for_the_first_time_at_once(engine: Engine, check: Callable[[Engine], None]):
    migrate.upgrade(engine)
    check(engine)


def test_the_first_subject_stands_and_an_anomaly_is_kept_once_a_day(engine: Engine):
    migrate.upgrade(engine)
    subjects, anomalies = SqlSubjects(engine), SqlAnomalies(engine)
    row = SubjectRow("a" * 64, "rekentuin", "p1", NOW)
    with ThreadPoolExecutor(8) as pool:
        kept = set(pool.map(lambda number: subjects.keep(replace(row, key_id=f"p{number}")), range(16)))
    assert len(kept) == 1
    for _ in range(2):
        anomalies.record(AnomalyRow(NOW, "R1", "eck_id_malformed", "po", "99XA", None))
    with engine.connect() as connection:
        assert len(connection.execute(select(schema.anomalies)).all()) == 1


@pytest.mark.parametrize("statement", ["UPDATE ledger SET code = 'x'", "DELETE FROM ledger", "TRUNCATE ledger"])
def test_the_ledger_is_append_only(statement: str, engine: Engine):
    migrate.upgrade(engine)
    with closing(sql_ledger(engine)) as ledger:
        ledger.append(ROW)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement))


def test_a_server_that_does_not_answer_is_given_up_unless_nobody_is_in_haste(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    with engine.connect():
        pass
    monkeypatch.setattr(bounded_connection, "SECONDS", 0.3)
    with pytest.raises(DBAPIError), engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(4)"))
    monkeypatch.setattr(bounded_connection, "SECONDS", 30.0)
    with engine.begin() as connection:
        without_haste(connection)
        monkeypatch.setattr(bounded_connection, "SECONDS", 0.0)
        assert connection.execute(text("SELECT pg_sleep(0.1)")).all(), "it took as long as it took"
        monkeypatch.setattr(bounded_connection, "SECONDS", 30.0)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
        assert connection.connection.driver_connection.is_hasty


def test_a_url_with_options_of_its_own_says_how_long_to_wait(server: ServerProcess):
    engine = open_engine(f"{url_of(server)}?options=-c%20statement_timeout%3D60s", directory=Path())
    with engine.connect() as connection:
        assert not isinstance(connection.connection.driver_connection, bounded_connection.BoundedConnection)
        without_haste(connection)
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
    engine.dispose()


def test_a_login_does_not_wait_for_a_statement_without_end(engine: Engine):
    with engine.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "5s"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "restarted"])
def test_what_was_kept_outlives_the_server_and_the_gateway_goes_on(
    how: signal.Signals, engine: Engine, server: ServerProcess
):
    migrate.upgrade(engine)
    subjects, ledger = SqlSubjects(engine), sql_ledger(engine)
    row = SubjectRow("a" * 64, "rekentuin", "p1", NOW)
    for number in range(20):
        subjects.keep(replace(row, service=f"s{number}"))
        ledger.append(replace(ROW, reference=f"R{number}"))
    server.kill() if how is signal.SIGKILL else server.stop(how)
    with pytest.raises(SluisError) as caught:
        subjects.find(row.account, "s1")
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    with pytest.raises(SluisError) as unready:
        ledger.append(ROW)
    assert unready.value.code is ErrorCode.LEDGER_UNAVAILABLE
    server.start()

    found = [subjects.find(row.account, f"s{number}") for number in range(20)]
    assert all(found)
    with engine.connect() as connection:
        assert set(connection.scalars(select(schema.ledger.c.reference))) == {f"R{number}" for number in range(20)}
    migrate.check(engine)
    ledger.close()


def test_connections_of_before_an_outage_are_closed_and_not_left_lying(engine: Engine, server: ServerProcess):
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(engine.connect())
    server.kill()
    eventually(lambda: _dead_connections(server) == 4, "the system knows that the server is gone")
    with pytest.raises(DBAPIError), engine.connect():
        pass
    server.start()
    for _ in range(5):
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
    assert _dead_connections(server) == 0


def _dead_connections(server: ServerProcess) -> int:
    """How many are open here whose other end is gone: CLOSE_WAIT."""
    there = f":{server.address.port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[2].endswith(there) and row[3] == "08" for row in rows)


def test_a_login_finds_what_it_looks_for_though_the_server_ended_its_connections(engine: Engine):
    migrate.upgrade(engine)
    keep_seen(engine, SEEN)
    store = SqlSeenEckIds(engine, LEDGER_KEY)
    assert store.find(SEEN.account) == SEEN
    with engine.connect() as connection:
        mine = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        connection.execute(text(mine))
        connection.rollback()
        assert store.find(SEEN.account) == SEEN


def test_of_a_connection_that_fails_under_a_question_another_answers(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    migrate.upgrade(engine)
    keep_seen(engine, SEEN)
    failed = []

    class Failing(BoundedConnection):
        def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
            if "seen_eck_ids" in str(query) and not failed:
                failed.append(True)
                self.pgconn.finish()
            return super().execute(query, *arguments, **options)

    monkeypatch.setattr(bounded_connection, "BoundedConnection", Failing)
    engine.dispose()
    assert SqlSeenEckIds(engine, LEDGER_KEY).find(SEEN.account) == SEEN
    assert failed


def test_a_question_that_the_database_cannot_answer_says_so(engine: Engine):
    migrate.upgrade(engine)
    store = SqlSeenEckIds(engine, LEDGER_KEY)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE seen_eck_ids"))
    with pytest.raises(SluisError) as caught:
        store.find(SEEN.account)
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


def test_logins_are_counted_without_the_haste_of_a_login(engine: Engine):
    migrate.upgrade(engine)
    with closing(sql_ledger(engine)) as ledger:
        for reference, account in (("R1", "f"), ("R1", "f"), ("R2", "f"), ("R3", "d")):
            ledger.append(replace(ROW, reference=reference, subject_hash=account * 64))
        ledger.append(replace(ROW, reference="R4", subject_hash=None))
    since, until = ROW.at - timedelta(hours=1), ROW.at + timedelta(hours=1)
    found = list(ledger_counts.counted(engine, since=since, until=until, school="99XA"))
    assert sorted((one.logins, one.subject is None) for one in found) == [(1, False), (1, True), (2, False)]
    assert {(one.key_id, one.kind.service) for one in found} == {("l1", ROW.service)}
    assert ledger_counts.began(engine) == ROW.at
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "5s", "only while it counts"


def test_the_vault_writes_over_finds_and_shreds(engine: Engine):
    migrate.upgrade(engine)
    vault = vault_in(engine)
    fenna = VaultEntry(account="f" * 64, school="99XA", eck_ids={Sector.PO: "eck-fenna"})
    assert vault.put([[replace(fenna, eck_ids={Sector.PO: "eck-old"})], [fenna]], at_once=True) == 2
    assert vault.find(fenna.account, "99XA", today=NOW.date()) == fenna
    assert vault.held_by_others([replace(fenna, account="e" * 64)]) == {"e" * 64}
    assert list(vault.reseal()) == ["99XA"]
    assert (vault.shred("99XA"), vault.find(fenna.account, "99XA", today=NOW.date())) == (1, None)


def test_the_outbox_gives_each_letter_to_one_of_many(engine: Engine):
    migrate.upgrade(engine)
    clock = HeldClock()
    key = SecretKey("s1", b"a sealing key of the tests, long enough.")
    box = SqlOutbox(engine, keys=(key,), clock=clock, randomness=SystemRandomness())
    kept = box.keep("klas", [str(number).encode() for number in range(12)])
    clock.forward(seconds=LEASE_SECONDS)
    with ThreadPoolExecutor(4) as pool:
        taken = [one for letters in pool.map(lambda _: box.take(most=12), range(4)) for one in letters]
    assert sorted(taken, key=lambda one: one.id) == sorted(kept, key=lambda one: one.id)
    for one in taken:
        box.done(one)
    assert box.waiting() == 0
