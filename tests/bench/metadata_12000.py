"""A federation of 10,000 identity providers and 2,000 services: start, memory, logins, and a refresh beside them.

Logins go to twenty schools and twenty services in turn, in this federation and in one of ten entities each, in
alternation, so that both find the machine in the same state. `ready_s` is from the command to the first answer of
`/health/ready` (cold: no index is there), `rss_mb` what one worker and the process above it take together, `cpu_ratio`
CPU of a login here to one there, `refresh_p99_ratio` the p99 of logins while a changed aggregate is fetched, verified
and taken, to that of as many logins before.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.cli.gently import out_of_the_way
from gateway.cli.init import write_configuration
from tests.bench.parties import Driver
from tests.bench.worker import HOST, Worker, free_port, served
from tests.support.large_federation import SOURCE, LargeFederation
from tests.support.metadata_server import MetadataServer, metadata_server
from tests.support.patient import patient

_LARGE = (10_000, 2_000)
_SMALL = (10, 10)
_TURNS = 20
_ROUNDS = int(os.environ.get("BENCH_METADATA_ROUNDS", "20"))
_LOGINS = 50
_QUIET = 500


@dataclass(slots=True)
class _Gateway:
    """One that is served, and who logs in to it."""

    federation: LargeFederation
    worker: Worker
    driver: Driver
    turn: int = 0

    def login(self) -> float:
        """One login at the next school and service: how long it took, in milliseconds."""
        number, driver = self.turn % min(_TURNS, self.federation.services), self.driver
        self.turn += 1
        driver.service, driver.service_key = self.federation.service(number), self.federation.key(number)
        driver.idp = driver.only = self.federation.idp(number)
        driver.idp_key, driver.brin = self.federation.key(number), str(self.federation.brin(number))
        begun = time.perf_counter()
        driver.login()
        return (time.perf_counter() - begun) * 1000

    def cpu_ms(self) -> float:
        """CPU of a login, over some."""
        before = self.worker.cpu_ms()
        for _ in range(_LOGINS):
            self.login()
        return (self.worker.cpu_ms() - before) / _LOGINS


def measure() -> dict[str, object]:
    """All of it; `BENCH_METADATA_ROUNDS` rounds of logins."""
    with tempfile.TemporaryDirectory() as scratch, metadata_server(HOST) as server, ExitStack() as stack:
        large, small = LargeFederation(*_LARGE), LargeFederation(*_SMALL)
        server.body = large.document()
        directory, port = _written(Path(scratch) / "large", large, f"url: {server.url}")
        _fetch(directory)
        cold = _cold(directory, port)
        begun = time.perf_counter()
        worker = stack.enter_context(served(directory, port))
        warm = time.perf_counter() - begun
        here = _Gateway(large, worker, Driver(HOST, port))
        there = stack.enter_context(_beside(Path(scratch) / "small", small))
        for one in (here, there):
            one.cpu_ms()
        rounds = [(here.cpu_ms(), there.cpu_ms()) for _ in range(_ROUNDS)]
        found: dict[str, object] = {
            "ready_s": round(warm, 1),
            "ready_cold_s": round(cold, 1),
            "document_mb": round(len(server.body) / 1e6, 1),
            "rss_mb": round(here.worker.shared_memory_mb()),
            "cpu_ratio": round(sum(one for one, _ in rounds) / sum(other for _, other in rounds), 2),
        }
        return {"metadata_12000": found | _refreshed(here, server, directory)}


def _written(directory: Path, federation: LargeFederation, where: str) -> tuple[Path, int]:
    port = free_port()
    write_configuration(directory, base_url=f"http://{HOST}:{port}", rsa_bits=2048, environment="test")
    gateway_yaml = patient(directory) / "gateway.yaml"
    gateway_yaml.write_text(gateway_yaml.read_text("utf-8").replace("workers: 2", "workers: 1"), "utf-8")
    federation.write(directory, where)
    return directory, port


def _fetch(directory: Path) -> None:
    subprocess.run([sys.executable, "-m", "gateway.cli", "metadata", "fetch", directory], check=True)


def _cold(directory: Path, port: int) -> float:
    for name in ("index.json", "entities"):
        (directory / "var/metadata" / SOURCE / name).unlink()
    begun = time.perf_counter()
    with served(directory, port):
        return time.perf_counter() - begun


@contextmanager
def _beside(directory: Path, federation: LargeFederation) -> Iterator[_Gateway]:
    directory, port = _written(directory, federation, "file: all.xml")
    (directory / "metadata/all.xml").write_bytes(federation.document())
    with served(directory, port) as worker:
        yield _Gateway(federation, worker, Driver(HOST, port))


def _refreshed(gateway: _Gateway, server: MetadataServer, directory: Path) -> dict[str, object]:
    """Logins without pause while a new version is fetched in a process beside, and taken by new workers."""
    gateway.driver.keeps = False
    quiet = [gateway.login() for _ in range(_QUIET)]
    server.body = gateway.federation.document(changed=1)
    log = directory / "var/sluis.log"
    reloads = log.read_bytes().count(b'"reloaded"')
    walls: list[float] = []
    command = [sys.executable, "-m", "gateway.cli", "metadata", "fetch", str(directory)]
    begun = time.perf_counter()
    # As the gateway's own process that fetches does it.
    fetching = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=out_of_the_way)  # noqa: PLW1509
    while fetching.poll() is None:
        walls.append(gateway.login())
    if fetching.returncode:
        raise SystemExit("the changed aggregate was not taken")
    fetched, while_fetched = time.perf_counter() - begun, len(walls)
    # Whoever watches the sources sees it by itself, and has the gateway take it.
    while log.read_bytes().count(b'"reloaded"') == reloads or gateway.worker.after_reload() == gateway.worker:
        walls.append(gateway.login())
    walls += [gateway.login() for _ in range(_LOGINS)]
    return {
        "refresh_s": round(time.perf_counter() - begun, 1),
        "refresh_fetch_s": round(fetched, 1),
        "refresh_logins": len(walls),
        "p99_ms": round(_p99(quiet), 1),
        "refresh_p99_ms": round(_p99(walls), 1),
        "refresh_p99_ratio": round(_p99(walls) / _p99(quiet), 2),
        "fetch_p99_ratio": round(_p99(walls[:while_fetched]) / _p99(quiet), 2),
        "take_p99_ratio": round(_p99(walls[while_fetched:]) / _p99(quiet), 2),
    }


def _p99(walls: list[float]) -> float:
    return statistics.quantiles(walls, n=100)[98]
