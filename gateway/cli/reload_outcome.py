"""What becomes of reloads: told by the process that serves, in a file beside that with its number, to who waits for it.

The file is hidden, so that a gateway that reads its configuration anew by itself does not see it change.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from gateway.cli import pid_file


@dataclass(frozen=True, slots=True)
class Reloads:
    """Of one process: how many have begun, how many are over, and why the last of these was refused, if it was."""

    process: int
    begun: int = 0
    over: int = 0
    refused: str = ""


class Teller:
    """Says what becomes of reloads. Nowhere, without a file for the number of the process: then nobody can ask."""

    def __init__(self, pid_path: Path | None) -> None:
        self._path = None if pid_path is None else _beside(pid_path)
        self._told = Reloads(os.getpid())
        self._refused = ""
        self._tell(self._told)

    def begins(self) -> None:
        """What is changed from now on may or may not be part of it."""
        self._refused = ""
        self._tell(replace(self._told, begun=self._told.begun + 1))

    def refuse(self, why: str) -> None:
        """It comes to nothing."""
        self._refused = why

    def is_over(self) -> None:
        """All that is answered from now on is answered by its outcome."""
        self._tell(replace(self._told, over=self._told.begun, refused=self._refused))

    def _tell(self, told: Reloads) -> None:
        """Whole or not at all. That it cannot be told stops no reload."""
        self._told = told
        if self._path is not None:
            fresh = self._path.with_name(f"{self._path.name}.new")
            with suppress(OSError):
                fresh.write_text(json.dumps(asdict(told)))
                fresh.replace(self._path)


def told_by(pid_path: Path, process: int) -> Reloads:
    """What this process says."""
    try:
        found = Reloads(**json.loads(_beside(pid_path).read_text()))
    except (OSError, ValueError, TypeError):
        return Reloads(process)
    return found if found.process == process else Reloads(process)


def awaited(pid_path: Path, before: Reloads, *, pause: Callable[[], bool]) -> str | None:
    """Wait for the end of a reload that was asked for after `before`: why it was refused, empty when it was not.

    None when `pause`, which waits a moment, says no more. Raises ProcessLookupError when the process has ended.
    """
    while True:
        told = told_by(pid_path, before.process)
        if told.over > before.begun:
            return told.refused
        if pid_file.running(pid_path) != before.process:
            raise ProcessLookupError
        if not pause():
            return None


def _beside(pid_path: Path) -> Path:
    return pid_path.with_name(f".{pid_path.name}.reloads")
