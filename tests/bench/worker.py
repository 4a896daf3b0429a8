"""A gateway with one worker, and what it has used so far."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

HOST = "127.0.0.1"
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""A gateway that is installed does not compile itself at every start, nor does the one that is measured."""
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Worker:
    """The one process of the gateway that answers, and the one above it."""

    process: int
    master: int

    def cpu_ms(self) -> float:
        """CPU milliseconds of all its threads since it began, to 10 ms."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK_MS

    def memory_mb(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.process}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def shared_memory_mb(self) -> float:
        """Resident memory of this process and the one above, what they share counted once."""
        rolled = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in (self.process, self.master)]
        lines = [line for text in rolled for line in text.splitlines() if line.startswith("Pss:")]
        return sum(int(line.split()[1]) for line in lines) * 1024 / 1e6

    def after_reload(self) -> "Worker":
        """The worker that answers now."""
        return Worker(_workers(self.master)[-1], self.master)


def _workers(master: int) -> list[int]:
    """Children of the process above that came from it without a program of their own."""
    children = map(int, Path(f"/proc/{master}/task/{master}/children").read_text().split())
    return [one for one in children if b"watch" not in Path(f"/proc/{one}/cmdline").read_bytes()]


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(directory: Path, port: int) -> Iterator[Worker]:
    """`sluis serve` on this configuration, which has one worker."""
    gateway = subprocess.Popen([sys.executable, "-m", "gateway.cli", "serve", str(directory)], env=_ENVIRONMENT)
    try:
        _wait_until_ready(gateway, port)
        yield Worker(_workers(gateway.pid)[0], gateway.pid)
    finally:
        gateway.terminate()
        gateway.wait()


def _wait_until_ready(gateway: "subprocess.Popen[bytes]", port: int) -> None:
    pause = threading.Event()
    for _ in range(1500):
        connection = HTTPConnection(HOST, port, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200 and _workers(gateway.pid):
                return
        except OSError:
            pause.wait(0.2)
        finally:
            connection.close()
        if gateway.poll() is not None:
            break
    raise SystemExit("the gateway did not start")
