"""Disks that fill up: by a limit on what a process may write, and really, where we may mount one."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TMPFS = "mount -t tmpfs -o size=4m,mode=0755 tmpfs"
_FILLER = "filler"


def worker_of(master: int) -> int:
    """The one worker of a gateway."""
    [worker] = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return int(worker)


@contextmanager
def no_file_grows_past(size: int, process: int) -> Iterator[None]:
    """For a process of ours that runs: what it writes behind so many bytes of a file fails, as on a full disk."""
    before = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, before)


def may_mount() -> bool:
    """Whether we can have a file system of our own: as root, or in a user namespace where the machine lets us."""
    probe = (*_namespace(), "sh", "-c", f"{_TMPFS} /mnt")
    return bool(shutil.which("unshare")) and subprocess.run(probe, capture_output=True, check=False).returncode == 0


def on_a_small_disk(directory: Path, command: tuple[str, ...]) -> tuple[str, ...]:
    """The command, which finds an empty disk of 4 MB at this directory; nobody else sees it, and it goes with it."""
    mount = f'{_TMPFS} "$0" && exec "$@"'
    return (*_namespace(), "sh", "-c", mount, str(directory), *command)


def disk_of(process: int, directory: Path) -> Path:
    """That disk, from outside."""
    return Path(f"/proc/{process}/root{directory}")


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left on this disk."""
    filler = disk / _FILLER
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    try:
        yield
    finally:
        filler.unlink()


def _namespace() -> tuple[str, ...]:
    return ("unshare", "-m") if os.getuid() == 0 else ("unshare", "-Urm")
