"""The file that says which process serves a configuration. It is locked while that process lives: none is stale."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from gateway.settings.loader import Settings


@dataclass(slots=True)
class Held:
    """The lock on a file; `file` is its descriptor, None where none is written."""

    file: int | None

    def let_go(self) -> None:
        """In a worker: the lock is of the process that starts the workers alone."""
        if self.file is not None:
            os.close(self.file)
            self.file = None


def path_of(settings: Settings) -> Path | None:
    """Where it is; None where none is written."""
    file = settings.gateway.pid_file
    return None if file is None else settings.directory / file


@contextmanager
def held(path: Path | None) -> Iterator[Held]:
    """Say that this process serves. Ends it with code 1 when another does already, or the file cannot be written."""
    if path is None:
        yield Held(None)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        click.echo(f"process {path.read_text().strip()} serves this configuration already", err=True)
        sys.exit(1)
    except OSError as cause:
        click.echo(f"{path}: {cause.strerror}; name another file with pid_file, or null", err=True)
        sys.exit(1)
    os.ftruncate(file, 0)
    os.write(file, f"{os.getpid()}\n".encode())
    yield Held(file)


def running(path: Path) -> int | None:
    """The process that serves; None when there is none."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int(path.read_text() or 0) or None
    return None
