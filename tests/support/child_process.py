"""Servers that a test starts: on a loopback address of their own, awaited without sleeping, stopped for certain."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

ATTEMPTS = 2400
"""How often a server is asked whether it listens, `PAUSE` seconds apart."""
PAUSE = 0.05
STOP_WITHIN = 10
"""Seconds that a server has to stop by itself."""


@dataclass(frozen=True, slots=True)
class Address:
    """A loopback address, one a site: cookies do not tell ports apart."""

    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


def free_address(host: str) -> Address:
    """An address on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return Address(host, probe.getsockname()[1])


@contextmanager
def serving(
    command: Sequence[str | Path],
    *,
    address: Address,
    log: Path,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    ready: Callable[[], bool] = lambda: True,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in the foreground until the block ends. What it prints goes to `log`.

    `user` is whom it runs as, with that user's group, where we may choose. `ready` is asked once it listens. Raises
    RuntimeError, with the end of the log, when it does not listen at `address` or does not get ready.
    """
    with log.open("wb") as out:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], **(environment or {})},
            user=user,
            group=user,
            extra_groups=[] if user else None,
            start_new_session=True,
        )
    try:
        _await(child, address, log, ready)
        yield child
    finally:
        _stop(child)


def _await(child: subprocess.Popen[bytes], address: Address, log: Path, ready: Callable[[], bool]) -> None:
    pause = Event()
    for _ in range(ATTEMPTS):
        if child.poll() is not None:
            break
        if listens(address) and ready():
            return
        pause.wait(PAUSE)
    raise RuntimeError(f"{child.args!r} does not listen at {address.url}:\n{log.read_text()[-2000:]}")


def listens(address: Address) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address.host, address.port)) == 0


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, 9)
        child.wait(STOP_WITHIN)
