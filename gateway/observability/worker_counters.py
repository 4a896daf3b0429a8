"""The files in which the workers of one gateway count, and what becomes of those that a worker leaves behind.

Each worker has files of its own in one directory, and whoever is asked for the metrics adds all of them up. A reload
brings new workers: without care there would be ever more files, all of which every question reads.
"""

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from prometheus_client.mmap_dict import MmapedDict

log = structlog.get_logger("sluis")

_LOCK = ".lock"
_GONE = "gone"
"""Stands in the names of files where the process id of a worker stands else."""


def fold(directory: Path) -> None:
    """Add what workers counted that are gone to one file, and drop the states that they told of themselves.

    Files of processes that live stay as they are. While somebody reads, only the states go that count for the living
    alone, whose files a reader does not miss: for the others the next time will do.
    """
    for path in directory.glob("gauge_live*.db"):
        if not _lives(_process_of(path)):
            path.unlink(missing_ok=True)
    with _locked(directory, fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
        if not alone:
            return
        for path in sorted(directory.glob("*_*.db")):
            if path.stem.endswith(_GONE) or _lives(_process_of(path)):
                continue
            kind = path.stem.partition("_")[0]
            if kind != "gauge":
                _add(path, directory / f"{kind}_{_GONE}.db")
            path.unlink(missing_ok=True)


@contextmanager
def reading(directory: Path) -> Iterator[None]:
    """While it lasts no file is folded into another, which would be missed or counted twice."""
    with _locked(directory, fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(directory: Path, how: int) -> Iterator[bool]:
    lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, how)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)


def _process_of(path: Path) -> int:
    return int(path.stem.rpartition("_")[2])


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _add(one: Path, to: Path) -> None:
    try:
        counted = [*MmapedDict.read_all_values_from_file(str(one))]  # type: ignore[no-untyped-call]
    except (RuntimeError, UnicodeDecodeError, struct.error):
        # A worker that was killed while it wrote; with such a file the metrics could not be read at all.
        log.warning("counters_lost", file=one.name)
        return
    total = MmapedDict(str(to))  # type: ignore[no-untyped-call]
    try:
        for key, value, moment, _ in counted:
            before, _ = total.read_value(key)  # type: ignore[no-untyped-call]
            total.write_value(key, before + value, moment)  # type: ignore[no-untyped-call]
    finally:
        total.close()  # type: ignore[no-untyped-call]
