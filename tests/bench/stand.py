"""A gateway with some workers on a Redis and a PostgreSQL of its own, and what each of the three has used so far."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from sqlalchemy import Engine

from gateway.cli.init import write_configuration
from gateway.settings.keys import load_keys
from gateway.settings.loader import load
from gateway.storage import migrate
from gateway.storage.engine import open_engine
from gateway.storage.ledger_verification import Verification, verify
from tests.bench.parties import write_parties
from tests.bench.worker import HOST, free_port, served
from tests.support.patient import PATIENT
from tests.support.postgresql_server import postgresql_process
from tests.support.postgresql_server import url_of as postgresql_url
from tests.support.redis_server import operator, redis_process
from tests.support.redis_server import url_of as redis_url
from tests.support.server_process import ServerProcess, tree

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_STORES = """stores:
  short_lived: {kind: sqlite, path: var/short-lived.sqlite}
  lasting: {url: "sqlite:///var/lasting.sqlite"}
"""


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU milliseconds of each part: all its processes, those that have ended included."""

    gateway: float
    redis: float
    postgresql: float

    def since(self, before: "Cpu") -> "Cpu":
        """What was used since then."""
        return Cpu(*(getattr(self, part) - getattr(before, part) for part in self.__slots__))

    def for_each(self, count: int) -> dict[str, float]:
        """By part, of one among so many."""
        return {f"{part}_ms": round(getattr(self, part) / count, 2) for part in self.__slots__}


@dataclass(frozen=True)
class Stand:
    """All three, running."""

    port: int
    directory: Path
    master: int
    redis: ServerProcess
    postgresql: ServerProcess
    engine: Engine

    def workers(self) -> list[int]:
        """The processes of the gateway that answer; the one that looks after metadata is a program of its own."""
        return [one for one in _children(self.master) if b"watch" not in _read(one, "cmdline")]

    def cpu(self) -> Cpu:
        """What each part has used since it began, to 10 ms a process."""
        return Cpu(*(_used(process) for process in (self.master, self.redis.pid, self.postgresql.pid)))

    def memory_mb(self) -> float:
        """Resident memory of the largest worker."""
        pages = (int(_read(one, "statm").split()[1]) for one in self.workers())
        return max(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def redis_mb(self) -> float:
        """What Redis holds, without what it was before there was anything in it."""
        with operator(self.redis) as asked:
            found = asked.info("memory")
        return float(found["used_memory"] - found["used_memory_startup"]) / 1e6

    def database_mb(self) -> float:
        """The database on disk, its log of changes left out."""
        with self.engine.connect() as connection:
            return float(connection.exec_driver_sql("SELECT pg_database_size('sluis')").scalar_one()) / 1e6

    def stop(self) -> None:
        """The gateway ends, as on SIGTERM; its last answers are on record then. The stores go on."""
        os.kill(self.master, signal.SIGTERM)
        os.waitid(os.P_PID, self.master, os.WEXITED | os.WNOWAIT)

    def log(self) -> str:
        """What the gateway wrote down."""
        return (self.directory / "var/sluis.log").read_text("utf-8")

    def verified(self) -> Verification:
        """The ledger, checked row by row with the gateway's keys."""
        return verify(self.engine, load_keys(load(self.directory)).ledger.all)

    def bound_to(self, cores: set[int]) -> None:
        """All three, with what they start from now on, run on these cores alone, and each worker on one of them."""
        for root in (self.master, self.redis.pid, self.postgresql.pid):
            for process in tree(root):
                _bind(process, cores)
        for number, worker in enumerate(self.workers()):
            _bind(worker, {sorted(cores)[number % len(cores)]})


@contextmanager
def stand(workers: int = 2, add: Callable[[Path], None] = lambda _: None, *, patient: bool = True) -> Iterator[Stand]:
    """All three until the context ends. `add` adds parties. A `patient` gateway turns nobody away for being late."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory() as scratch,
        redis_process(Path(scratch)) as redis,
        postgresql_process() as postgresql,
    ):
        directory = Path(scratch) / "gateway"
        write_configuration(directory, base_url=f"http://{HOST}:{port}", rsa_bits=2048, environment="test")
        write_parties(directory)
        add(directory)
        gateway_yaml = directory / "gateway.yaml"
        changes = {
            "workers: 2": f"workers: {workers}",
            _STORES: (
                f"stores:\n  short_lived: {{kind: redis, url: {redis_url(redis)}}}\n"
                f"  lasting: {{url: {postgresql_url(postgresql)}}}\n"
            ),
        }
        written = reduce(_replaced, changes.items(), gateway_yaml.read_text("utf-8"))
        gateway_yaml.write_text(f"{written.rstrip()}\n{PATIENT if patient else ''}", "utf-8")
        engine = open_engine(postgresql_url(postgresql), directory=directory)
        migrate.upgrade(engine)
        with served(directory, port) as worker:
            yield Stand(port, directory, worker.master, redis, postgresql, engine)
        engine.dispose()


def commit() -> str:
    """Of the checkout that is measured; with a plus where files differ from it."""
    command = ("git", "describe", "--always", "--dirty=+", "--exclude=*")
    done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    return done.stdout.strip() or f"Python {sys.version_info.major}.{sys.version_info.minor}, no checkout"


def _replaced(text: str, change: tuple[str, str]) -> str:
    before, after = change
    if before not in text:
        raise SystemExit(f"the starter configuration has no {before!r} any more")
    return text.replace(before, after)


def _read(process: int, name: str) -> bytes:
    return Path(f"/proc/{process}/{name}").read_bytes()


def _bind(process: int, cores: set[int]) -> None:
    for thread in Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores)


def _children(process: int) -> list[int]:
    return [int(one) for one in _read(process, f"task/{process}/children").split()]


def _used(root: int) -> float:
    """Of a process and its descendants; of those that have ended, what their parent knows."""
    total = 0
    for process in tree(root):
        fields = _read(process, "stat").rpartition(b")")[2].split()
        total += sum(int(one) for one in fields[11 : 15 if process == root else 13])
    return total * _TICK_MS
