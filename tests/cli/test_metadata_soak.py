"""Metadata that is refreshed again and again while people log in: all get in, it is used at once, nothing piles up.

The minutes between two refreshes pass on a held clock: the next one comes when the one before is in use, which on a
machine with nothing else to do is about every second.
"""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.cli.refresher import Watch, documents
from gateway.settings.loader import load
from tests.bench.parties import IDP, IDP_KEY, SERVICE, SERVICE_KEY
from tests.support.configuration import aggregate, idp_document, signed, sp_document
from tests.support.held import HeldClock
from tests.support.metadata_server import MetadataServer, metadata_server
from tests.support.reloaded import Person, Running, running
from tests.support.sourced import FEDERATION, Sourced

pytestmark = pytest.mark.untraced

PEOPLE = 6
WARM, REFRESHES = 3, 14
_WHILE_OPEN = ("-wal", "-shm")
"""What SQLite has beside a file for as long as somebody has it open, who may be a worker that had nothing to do yet."""
OF_A_REFRESH = 200
"""Kilobytes; what a refresh may leave in memory besides. The configuration alone has more."""


def _document(number: int) -> bytes:
    """The aggregate of this refresh: the school's door is at another address, and others come and go."""
    others = (idp_document(f"https://other-{number + one}.example/metadata") for one in range(20))
    school = idp_document(IDP, location=_door(number), certificates=(IDP_KEY.certificate,))
    service = sp_document(SERVICE, location="https://service.example/acs", certificates=(SERVICE_KEY.certificate,))
    return signed(aggregate(school, service, *others), FEDERATION)


def _door(number: int) -> str:
    return f"https://po.example/sso/{number}"


@dataclass
class Soaked:
    """A gateway whose parties come from a source, and the one who looks after that source."""

    gateway: Running
    server: MetadataServer
    sourced: Sourced
    watch: Watch
    clock: HeldClock

    def refresh(self, number: int) -> None:
        """The next version is published, found when it is due, and used by every worker."""
        self.server.body = _document(number)
        asked = len(self.server.asked)
        self.clock.forward(minutes=2)
        self.watch.look(self.clock.now())
        assert len(self.server.asked) > asked
        someone = Person(self.gateway.address.host, self.gateway.address.port)
        begins = f"{_door(number)}?"
        assert self.gateway.becomes(lambda: all(someone.ask()[1].startswith(begins) for _ in range(6)))

    def _counting(self) -> set[str]:
        """Whose files of counters there are; those of a worker that has gone are folded soon after."""
        return {path.stem.rpartition("_")[2] for path in (self.gateway.directory / "var").rglob("*_*.db")}

    def held(self) -> dict[str, int]:
        """What the gateway holds once the workers of the last refresh are alone, by kind."""
        self.gateway.settled()
        pid, var = self.gateway.process.pid, self.gateway.directory / "var"
        assert self.gateway.becomes(lambda: not any(var.rglob(".*.[0-9]*"))), "half a file is left"
        assert self.gateway.becomes(lambda: self._counting() <= {*map(str, self.gateway.workers()), str(pid), "gone"})
        return {
            "files": sum(path.is_file() and not path.name.endswith(_WHILE_OPEN) for path in var.rglob("*")),
            "descriptors": len([*Path(f"/proc/{pid}/fd").iterdir()]),
            "mappings": len(Path(f"/proc/{pid}/maps").read_text().splitlines()),
            "kilobytes": _kilobytes(pid),
            "kilobytes of a worker": max(map(_kilobytes, self.gateway.workers())),
        }


def _kilobytes(pid: int) -> int:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1])


@pytest.fixture
def soaked(tmp_path: Path) -> Iterator[Soaked]:
    with metadata_server("127.0.0.34") as server:
        server.body = _document(0)

        def from_a_source(directory: Path) -> None:
            (directory / "metadata").mkdir(exist_ok=True)
            (directory / "metadata/federation.crt").write_bytes(FEDERATION.certificate.public_bytes(Encoding.PEM))
            (directory / "metadata/federation.yaml").write_text(
                f"id: federation\nurl: {server.url}\nrefresh: 1m\ncertificates: [federation.crt]\n"
            )
            for kind, entity in (("identity-providers", IDP), ("services", SERVICE)):
                entry = directory / kind / "bench.yaml"
                named = f"metadata_source: federation\nentity_id: {entity}\n"
                entry.write_text(entry.read_text().replace("metadata: bench.xml\n", named))
            assert Sourced(directory, HeldClock(datetime.now(UTC))).fetch().changed

        with running(tmp_path / "gateway", from_a_source) as gateway:
            clock = HeldClock(datetime.now(UTC))
            sourced = Sourced(gateway.directory, clock)
            watch = Watch(
                load(gateway.directory),
                documents(gateway.directory),
                lambda _: _fetched(sourced),
                gateway.reload,
                random.Random(7),
            )
            yield Soaked(gateway, server, sourced, watch, clock)


def _fetched(sourced: Sourced) -> None:
    fetched = sourced.fetch(seconds=60)
    assert fetched.changed, fetched.problem


@contextmanager
def people_log_in(gateway: Running) -> Iterator[list[int]]:
    """Until the block ends; how many logins each of them had. One that failed fails the test."""
    done = Event()
    logins: list[int] = []

    def log_in() -> int:
        person, count = Person(gateway.address.host, gateway.address.port), 0
        while not done.is_set():
            person.login()
            count += 1
            done.wait(1.5)
        return count

    with ThreadPoolExecutor(PEOPLE) as pool:
        everybody = [pool.submit(log_in) for _ in range(PEOPLE)]
        try:
            yield logins
        finally:
            done.set()
        logins.extend(one.result() for one in everybody)


def test_people_log_in_while_metadata_is_refreshed_again_and_again(soaked: Soaked):
    with people_log_in(soaked.gateway) as logins:
        for number in range(1, WARM + 1):
            soaked.refresh(number)
        before = soaked.held()
        for number in range(WARM + 1, REFRESHES + 1):
            soaked.refresh(number)
        after = soaked.held()
    assert min(logins) > 0
    assert sum(logins) > REFRESHES * 2, "there was a load"
    assert after["files"] <= before["files"]
    assert after["descriptors"] <= before["descriptors"]
    assert after["mappings"] <= before["mappings"] + 10
    for memory in ("kilobytes", "kilobytes of a worker"):
        assert after[memory] - before[memory] < OF_A_REFRESH * (REFRESHES - WARM)
