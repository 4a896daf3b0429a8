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
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Worker:
    """The one process of the gateway that answers."""

    process: int

    def cpu_ms(self) -> float:
        """CPU milliseconds of all its threads since it began, to 10 ms."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * _TICK_MS

    def memory_mb(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.process}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(directory: Path, port: int) -> Iterator[Worker]:
    """`sluis serve` on this configuration, which has one worker."""
    gateway = subprocess.Popen([sys.executable, "-m", "gateway.cli", "serve", str(directory)])
    try:
        _wait_until_ready(gateway, port)
        (worker,) = Path(f"/proc/{gateway.pid}/task/{gateway.pid}/children").read_text().split()
        yield Worker(int(worker))
    finally:
        gateway.terminate()
        gateway.wait()


def _wait_until_ready(gateway: "subprocess.Popen[bytes]", port: int) -> None:
    pause = threading.Event()
    for _ in range(150):
        connection = HTTPConnection(HOST, port, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pause.wait(0.2)
        finally:
            connection.close()
        if gateway.poll() is not None:
            break
    raise SystemExit("the gateway did not start")
