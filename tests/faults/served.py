"""`sluis serve` as an operator has it, at which people log in over a wire."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from lxml import etree

from gateway.cli.init import write_configuration
from tests.bench.parties import Driver, write_parties
from tests.support.child_process import Address, free_address, serving
from tests.support.full_disk import on_a_small_disk, worker_of
from tests.support.patient import patient

SLUIS = (sys.executable, "-m", "gateway.cli")
HOST = "127.0.0.47"


@dataclass(slots=True)
class Served:
    """A gateway with one worker, at which people log in."""

    directory: Path
    address: Address
    process: "subprocess.Popen[bytes]"
    driver: Driver
    answer: tuple[str, bytes] = ("", b"")

    @property
    def worker(self) -> int:
        return worker_of(self.process.pid)

    def login(self) -> None:
        self.driver.login()

    def refused(self) -> str:
        """The page of a login that must not end at the service; sent again afterwards, it still does not."""
        attempt, request = self.driver.begin()
        self.answer = attempt, etree.tostring(self.driver.response(request))
        return self.told_again()

    def told_again(self, expected: int = 503) -> str:
        """The page when the school's answer of the last login that was refused is sent once more."""
        status, page = self.driver.answer(*self.answer)
        assert status == expected
        return page

    def refused_to_begin(self) -> str:
        """The page of a login that cannot even begin."""
        status, _, page = self.driver.ask()
        assert status == 503
        return page

    def failures(self) -> int:
        """What the alarm counts."""
        [counted] = re.findall(r"^sluis_ledger_failures_total (\S+)$", self._get("/metrics"), re.MULTILINE) or ["0"]
        return int(float(counted))

    def is_ready(self) -> bool:
        """Whether it says so; it then holds the database open besides the ledger, as it does at work."""
        return '"problems"' not in self._get("/health/ready")

    def log(self) -> str:
        return (self.directory / "var/sluis.log").read_text()

    def _get(self, path: str) -> str:
        with closing(HTTPConnection(self.address.host, self.address.port, timeout=120)) as connection:
            connection.request("GET", path)
            return connection.getresponse().read().decode()


def configured(directory: Path, lasting: str) -> Address:
    """Write what it serves: one worker, embedded stores for what is short-lived. Where it will listen."""
    address = free_address(HOST)
    write_configuration(directory, base_url=address.url, rsa_bits=2048, environment="test")
    path = directory / "gateway.yaml"
    text = path.read_text("utf-8").replace("workers: 2", "workers: 1").replace("sqlite:///var/lasting.sqlite", lasting)
    path.write_text(text.replace('["127.0.0.1/32", "::1/128"]}', '["127.0.0.0/8"]}'), "utf-8")
    write_parties(patient(directory))
    for name in ("var", "ledger"):
        (directory / name).mkdir(exist_ok=True)
    return address


@contextmanager
def served(
    directory: Path,
    address: Address,
    *,
    sluis: tuple[str, ...] = SLUIS,
    on_disk: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """It, until the context ends; with an empty disk of 4 MB at `on_disk`."""
    command = (*sluis, "serve", str(directory))
    command = command if on_disk is None else on_a_small_disk(on_disk, command)
    with (
        serving(command, address=address, log=directory / "printed.log", environment=environment) as process,
        closing(Driver(address.host, address.port)) as driver,
    ):
        yield Served(directory, address, process, driver)
