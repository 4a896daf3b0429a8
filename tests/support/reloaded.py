"""A gateway that runs as `sluis serve`, whose configuration a test changes while people log in to it."""

import itertools
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

from gateway.cli.init import write_configuration
from tests.bench.parties import Driver, write_parties
from tests.support.child_process import Address, free_address, serving
from tests.support.patient import patient

SLUIS = (sys.executable, "-m", "gateway.cli")
SERVING = (
    sys.executable,
    "-c",
    """
import os
os.environ["PROMETHEUS_MULTIPROC_DIR"] = "set before the import, as sluis serve does, which then says where"
import gateway.cli, gateway.cli.server as server
made = server.create_app
def create_app(parts):
    assert not (parts.settings.directory / "no-worker-starts").exists()
    return made(parts)
server.create_app = create_app
gateway.cli.main()
""",
    "serve",
)
"""`sluis serve`, with a way to keep workers from starting."""
ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[2])}
HOST = "127.0.0.32"
_FIRST_IDS = itertools.count(0, 1_000_000)
"""No two answers of the school have one id: the second would be taken for the first, sent again."""


class Person(Driver):
    """Logs in over a new connection for each request, so that nothing is sent again behind our backs."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._count = next(_FIRST_IDS)

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        with closing(HTTPConnection(self.host, self.port, timeout=300)) as self._connection:
            return super()._ask(method, path, body)


@dataclass
class Running:
    """A gateway, and what becomes of its configuration."""

    directory: Path
    address: Address
    process: "subprocess.Popen[bytes]"
    pause: Event = field(default_factory=Event)

    def rename(self, name: str) -> None:
        """The organisation's name, which stands in the metadata."""
        path = self.directory / "gateway.yaml"
        lines = path.read_text().splitlines(keepends=True)
        path.write_text(
            "".join(
                f"organisation: {{name: {name}, url: 'https://example.nl'}}\n"
                if line.startswith("organisation")
                else line
                for line in lines
            )
        )

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def get(self, path: str) -> tuple[int, str]:
        with closing(HTTPConnection(self.address.host, self.address.port, timeout=300)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def becomes(self, wanted: Callable[[], bool]) -> bool:
        """Whether it becomes so within five minutes."""
        return any(wanted() or self.pause.wait(0.1) for _ in range(3000))

    def workers(self) -> set[int]:
        """Their process ids; what looks after metadata beside them is a program of its own."""
        return workers_of(self.process.pid)

    def settled(self) -> set[int]:
        """The workers, once those of the last reload are alone."""
        assert self.becomes(lambda: len(self.workers()) == 2)
        return self.workers()

    def said(self) -> str:
        """All that is written down."""
        return "".join(path.read_text() for path in (self.directory / "var").glob("*.log"))

    def taken(self) -> int:
        """How many reloads were taken."""
        return self.said().count('"reloaded"')

    def shows(self, words: str, path: str = "/saml/metadata/sp") -> bool:
        """Whether every worker shows it soon; ten answers are of both."""
        return self.becomes(lambda: all(words in self.get(path)[1] for _ in range(10)))


def workers_of(pid: int) -> set[int]:
    """The workers of a process that serves, without what looks after metadata beside them."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(one) for one in children if not _looks_after_metadata(one)}


def _looks_after_metadata(pid: str) -> bool:
    try:
        return b"\0watch\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def running(directory: Path, add: Callable[[Path], None] = lambda _: None) -> Iterator[Running]:
    """Served until the block ends. `add` adds to the configuration, or changes it, beforehand."""
    address = free_address(HOST)
    write_configuration(directory, base_url=address.url, rsa_bits=2048, environment="test")
    gateway = directory / "gateway.yaml"
    text = gateway.read_text()
    listen = next(line for line in text.splitlines() if line.startswith("listen:"))
    gateway.write_text(text.replace(listen, f'listen: "{address.host}:{address.port}"'))
    write_parties(patient(directory))
    add(directory)
    (directory / "var").mkdir(exist_ok=True)
    (directory / "var/tmp").mkdir()
    with serving(
        (*SERVING, directory),
        address=address,
        log=directory / "var/printed.log",
        environment={**ENVIRONMENT, "TMPDIR": str(directory / "var/tmp")},
    ) as process:
        served = Running(directory, address, process)
        assert any(served.get("/health/ready")[0] == 200 or served.pause.wait(0.05) for _ in range(2400))
        yield served
