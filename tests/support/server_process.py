"""Servers that a test kills, freezes and starts again, at the same address and on the same files."""

import os
import pwd
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event

from tests.support.child_process import Address, listens

PAUSE = 0.05
PATIENCE = 2400
"""How often a condition is asked for, `PAUSE` seconds apart: a loaded machine is slow."""


def eventually(true: Callable[[], bool], what: str) -> None:
    """Wait for it. Raises AssertionError when it does not come true within two minutes."""
    pause = Event()
    for _ in range(PATIENCE):
        if true():
            return
        pause.wait(PAUSE)
    raise AssertionError(f"it never came true: {what}")


def children(process: int) -> list[int]:
    """Those that a process has started itself."""
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def tree(process: int) -> list[int]:
    """A process and all that descend from it, the parents first."""
    return [process, *(one for child in children(process) for one in tree(child))]


class ServerProcess:
    """One server. Everything that is not said to stop it leaves it running; `close` always ends it."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        address: Address,
        directory: Path,
        ready: Callable[[], bool] = lambda: True,
        user: str | None = None,
    ) -> None:
        self.address = address
        self._command = command
        self.directory = directory
        self._ready = ready
        self._user = user
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process that was started."""
        assert self._child is not None
        return self._child.pid

    @property
    def has_ended(self) -> bool:
        """By itself, or as it was told."""
        return self._child is None or self._child.poll() is not None

    def start(self) -> None:
        """Return when it takes connections."""
        with (self.directory / "server.log").open("ab") as out:
            child = self._child = subprocess.Popen(
                self._command,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                user=self._user,
                group=pwd.getpwnam(self._user).pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
                start_new_session=True,
            )
        eventually(
            lambda: child.poll() is not None or (listens(self.address) and self._ready()),
            f"{self._command[0]} listens at {self.address.url}",
        )
        assert child.poll() is None, (self.directory / "server.log").read_text()[-2000:]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it in this way, and wait for its end."""
        if self._child is not None:
            self._child.send_signal(how)
            self._child.wait(120)
            self._child = None

    def kill(self) -> None:
        """As a power cut does: it, and all that it started."""
        if self._child is not None:
            # What it started may outlive it, and keeps its group.
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait(120)
            self._child = None
            # Those of its group that are still dying would take connections meant for whoever comes next.
            eventually(lambda: not listens(self.address), f"nobody listens at {self.address.url}")

    def freeze(self) -> None:
        """It stays, with all that it started, and answers nothing."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, how: signal.Signals) -> None:
        """PostgreSQL gives each of its processes a group of its own."""
        for process in tree(self.pid):
            os.kill(process, how)

    def close(self) -> None:
        self.kill()
