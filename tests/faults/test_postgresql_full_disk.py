"""PostgreSQL's disk is full: the one on which its tables lie, or the one of its log of changes (WAL).

A limit on what its processes may write stands in for the disk, so that nothing need be mounted: a write that fails is
the same to PostgreSQL, whatever the system calls it.
"""

import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from gateway.storage.ledger_verification import verify
from tests.faults.page import Fault, note
from tests.faults.people import AtSchool, nothing_acknowledged_is_lost, well
from tests.support.ledger import ROW
from tests.support.outages import OnServers
from tests.support.postgresql_server import url_of
from tests.support.server_process import ServerProcess, children, eventually

WITHOUT_POSTGRESQL = (503, {"lasting": "ledger_unavailable"})
_LARGE = 1_500_000
"""Bytes of the ledger's table. Whatever else is written in a few logins, changes too, goes into smaller files."""


def may_write(server: ServerProcess, most: str) -> None:
    """Bytes of a file, or `unlimited`: for all processes of the server, and those that it starts from now on.

    Asked for by a program that runs as who the server is, for root is not always root of the machine.
    """
    user = pwd.getpwuid(Path(f"/proc/{server.pid}").stat().st_uid)
    for process in (server.pid, *children(server.pid)):
        command = ("prlimit", f"--pid={process}", f"--fsize={most}:")
        # Any but the first may have ended meanwhile.
        own = process == server.pid
        subprocess.run(command, user=user.pw_uid, group=user.pw_gid, extra_groups=(), check=own, capture_output=True)


@contextmanager
def no_room_behind(size: int, server: ServerProcess) -> Iterator[None]:
    may_write(server, str(size))
    try:
        yield
    finally:
        may_write(server, "unlimited")


@pytest.fixture
def large_ledger(stores: OnServers) -> Iterator[int]:
    """Bytes of the ledger's table, of which each row fills a page: the next one needs room that there is not."""
    with psycopg.connect(url_of(stores.postgresql).replace("+psycopg", ""), autocommit=True) as operator:
        operator.execute("ALTER TABLE ledger SET (fillfactor = 10)")
        while _size(operator) < _LARGE:
            stores.parts.ledger.append(ROW)
        # Its next file of changes is as long as all of them from the start; it is written from its beginning.
        operator.execute("SELECT pg_switch_wal()")
        stores.parts.ledger.append(ROW)
        stores.acknowledged.clear()
        yield _size(operator)
        operator.execute("ALTER TABLE ledger RESET (fillfactor)")


def _size(operator: psycopg.Connection) -> int:
    found = operator.execute("SELECT pg_relation_size('ledger')").fetchone()
    assert found
    return int(found[0])


def test_no_table_may_grow(stores: OnServers, large_ledger: int) -> None:
    pupil, failures = AtSchool.sent_by(stores), float(stores.metric("sluis_ledger_failures_total") or 0)
    with no_room_behind(large_ledger, stores.postgresql):
        saw = pupil.comes_back()
        assert "SAMLResponse" in saw.page, "the service is told that it did not work out"
        assert {str(AtSchool.sent_by(stores).comes_back()) for _ in range(2)} == {str(saw)}
        assert stores.ready() == WITHOUT_POSTGRESQL, "it still reads, and no login can end"
        assert stores.acknowledged == []
        assert float(stores.metric("sluis_ledger_failures_total")) == failures + 3
    assert stores.ready() == (200, {}), "nobody had to try first"
    recovered = well(stores)
    lost = pupil.ending()
    nothing_acknowledged_is_lost(stores)
    assert verify(stores.parts.engine, stores.parts.keys.ledger.all).flaws == ()
    note(Fault.POSTGRESQL_DISK_FULL, saw=saw, lost=lost, well=recovered)


def test_its_log_of_changes_has_no_room(stores: OnServers) -> None:
    """PostgreSQL goes down by itself then, and does not come up without room: somebody makes it, and starts it."""
    stores.person().login()
    pupil, before = AtSchool.sent_by(stores), list(stores.acknowledged)
    may_write(stores.postgresql, "0")
    try:
        saw = pupil.comes_back()
        eventually(lambda: stores.postgresql.has_ended, "PostgreSQL goes down")
        assert {str(AtSchool.sent_by(stores).comes_back()) for _ in range(2)} == {str(saw)}
        assert stores.ready() == WITHOUT_POSTGRESQL
        assert stores.acknowledged == before
    finally:
        stores.postgresql.kill()
        stores.postgresql.start()
    recovered = well(stores)
    lost = pupil.ending()
    nothing_acknowledged_is_lost(stores)
    assert verify(stores.parts.engine, stores.parts.keys.ledger.all).flaws == ()
    note(Fault.POSTGRESQL_LOG_FULL, saw=saw, lost=lost, well=recovered)
