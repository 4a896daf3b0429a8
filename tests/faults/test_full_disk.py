"""`sluis serve` when the ledger cannot be written: no release, a plain page, an alarm; and afterwards all as before."""

import re
import shutil
import sqlite3
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import psycopg
import pytest

from gateway.storage import migrate
from gateway.storage.contracts import LedgerRow
from gateway.storage.engine import open_engine
from tests.faults.page import Ending, Fault, Seen, note
from tests.faults.served import Served, configured, served
from tests.support.full_disk import disk_of, full, may_mount, no_file_grows_past
from tests.support.ledger import sql_ledger
from tests.support.postgresql_server import postgresql_process, url_of
from tests.support.server_process import ServerProcess, eventually

_RESPONSE = re.compile(r'name="SAMLResponse" value="([^"]+)"')
_PRIVATE = ("Assertion ", "Success", "Fenna", "ketenid", "sqlite", "psycopg", "Traceback")
ON_ITS_OWN = "sqlite:///ledger/lasting.sqlite"


ROW = LedgerRow(
    datetime(2026, 9, 7, 8, 30, tzinfo=UTC), "7K3M91X20D", "service", "school", "99XA", None, "refused", "role_missing",
    None, None, "1", None, None, "{}",
)  # fmt: skip


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, configured(tmp_path, ON_ITS_OWN)) as running:
        yield running


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[Served, Path]]:
    """The ledger alone on a disk of 4 MB, and that disk."""
    address = configured(tmp_path, ON_ITS_OWN)
    with served(tmp_path, address, on_disk=tmp_path / "ledger") as running:
        yield running, disk_of(running.process.pid, tmp_path / "ledger")


@pytest.fixture
def one_small_disk(tmp_path: Path) -> Iterator[tuple[Served, Path]]:
    """All that the gateway writes on one disk of 4 MB, as `sluis init` has it, and that disk."""
    address = configured(tmp_path, "sqlite:///var/lasting.sqlite")
    with served(tmp_path, address, on_disk=tmp_path / "var") as running:
        yield running, disk_of(running.process.pid, tmp_path / "var")


def nothing_is_released(gateway: Served, trouble: Callable[[], AbstractContextManager[None]]) -> tuple[str, Ending]:
    """Two logins before, two in trouble, two after. What the last saw, and what became of it."""
    before = gateway.failures()
    gateway.login()
    gateway.login()
    assert gateway.failures() == before
    assert gateway.is_ready()
    with trouble():
        for times in (1, 2):
            assert_plain(gateway.refused())
            assert gateway.failures() == before + times
        gateway.driver.language = "en"
        saw = str(Seen(503, gateway.refused()))
        gateway.driver.language = ""
    gateway.login()
    gateway.login()
    assert gateway.failures() == before + 3
    assert gateway.is_ready()
    assert "SAMLResponse" not in gateway.told_again(409), "it was used up"
    assert gateway.log().count('"ledger_unavailable"') >= 2
    assert "Traceback" not in gateway.log() + (gateway.directory / "printed.log").read_text()
    return saw, Ending.ANEW


def assert_plain(page: str) -> None:
    """A page for people, with a reference, and nothing of the person or the machine.

    What the service may be told from there is a status.
    """
    assert "Wacht een minuut en probeer het nog een keer." in page
    assert re.search(r"[0-9A-Z]{10}", page)
    for told in (page, *(b64decode(unescape(one)).decode() for one in _RESPONSE.findall(page))):
        assert [word for word in _PRIVATE if word in told] == []


@contextmanager
def held_open(path: Path) -> Iterator[None]:
    """Somebody reads the ledger: what is written to it goes behind what there is, into room that nobody has yet."""
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM ledger").fetchone()
        yield


def test_a_ledger_that_may_not_grow(gateway: Served):
    """As an unprivileged process can have it: what would be written behind the end of the ledger's file fails."""
    ledger = gateway.directory / "ledger/lasting.sqlite"
    with held_open(ledger):
        behind = _filled(gateway)

        @contextmanager
        def no_room() -> Iterator[None]:
            with no_file_grows_past(behind.stat().st_size, gateway.worker):
                yield

        saw, lost = nothing_is_released(gateway, no_room)
    note(Fault.DISK_OF_THE_LEDGER_FULL, saw=saw, lost=lost, well="at the next try")


def _filled(gateway: Served) -> Path:
    """The file that the ledger grows in, which is by now larger than all others of the gateway."""
    engine = open_engine(ON_ITS_OWN, directory=gateway.directory)
    writer = sql_ledger(engine)
    behind = gateway.directory / "ledger/lasting.sqlite-wal"
    while not behind.exists() or behind.stat().st_size < 6_000_000:
        writer.append(ROW)
    writer.close()
    engine.dispose()
    return behind


if may_mount():

    def test_a_ledger_on_a_full_disk(small_disk: tuple[Served, Path]):
        gateway, disk = small_disk
        saw, lost = nothing_is_released(gateway, lambda: full(disk))
        note(Fault.DISK_OF_THE_LEDGER_FULL, saw=saw, lost=lost, well="at the next try")

    def test_everything_on_one_full_disk(one_small_disk: tuple[Served, Path]):
        """Not even that a login begins can be kept; the log has no room either."""
        gateway, disk = one_small_disk
        gateway.login()
        assert gateway.is_ready()
        for language in ("", "en"):
            with full(disk):
                gateway.driver.language = ""
                assert_plain(gateway.refused_to_begin())
                gateway.driver.language = language
                saw = str(Seen(503, gateway.refused_to_begin()))
        gateway.login()
        note(Fault.DISK_FULL, saw=saw, lost=Ending.BEGINS, well="at the next try")


def test_a_ledger_that_is_gone_or_read_only(gateway: Served):
    place, elsewhere = gateway.directory / "ledger", gateway.directory / "elsewhere"

    @contextmanager
    def gone() -> Iterator[None]:
        place.rename(elsewhere)
        yield
        elsewhere.rename(place)

    @contextmanager
    def read_only() -> Iterator[None]:
        with gone():
            place.mkdir()
            _read_only_copy(elsewhere / "lasting.sqlite", place / "lasting.sqlite")
            yield
            shutil.rmtree(place)

    nothing_is_released(gateway, gone)
    nothing_is_released(gateway, read_only)


def _read_only_copy(ledger: Path, copy: Path) -> None:
    """One that nobody can write, root neither: its header asks for a newer SQLite of whoever wants to.

    https://www.sqlite.org/fileformat2.html, 1.3.3: the byte at 18.
    """
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    with copy.open("r+b") as file:
        file.seek(18)
        file.write(b"\x03")
    with closing(sqlite3.connect(copy)) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM ledger_writers WHERE 0")


@contextmanager
def no_writes(server: ServerProcess) -> Iterator[None]:
    """As a server that lost its disk, or that became a standby, has it."""
    _set_read_only(server, "on")
    yield
    _set_read_only(server, "off")


def _set_read_only(server: ServerProcess, to: str) -> None:
    """For transactions that begin from now on, whoever's connection it is."""
    with psycopg.connect(url_of(server).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {to}")
        connection.execute("SELECT pg_reload_conf()")
    eventually(lambda: _is_read_only(server) == to, "a new transaction sees it")


def _is_read_only(server: ServerProcess) -> str:
    with psycopg.connect(url_of(server).replace("+psycopg", ""), autocommit=True) as connection:
        found = connection.execute("SHOW default_transaction_read_only").fetchone()
    return str(found and found[0])


def test_a_ledger_on_a_postgresql_that_only_reads(tmp_path: Path):
    with postgresql_process() as server:
        url = url_of(server)
        engine = open_engine(url, directory=tmp_path)
        migrate.upgrade(engine)
        engine.dispose()
        with served(tmp_path, configured(tmp_path, url)) as gateway:
            nothing_is_released(gateway, lambda: no_writes(server))
