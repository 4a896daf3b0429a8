"""Whether the files of a configuration have changed, for those who have it read anew without being told."""

import os
from collections.abc import Iterator
from pathlib import Path

_NOT_OURS = "var"
"""What the gateway writes itself. Fetched metadata has a watch of its own."""

Seen = dict[str, tuple[int, int, int]]
"""By the path of a file: when it was changed (nanoseconds), its bytes and its number."""


class Changes:
    """Of one directory, since it was made or `forget` was called."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._taken = self._before = self._look()

    def forget(self) -> None:
        """What is there now is about to be read."""
        self._taken = self._before = self._look()

    def settled(self) -> bool:
        """Whether files are other than they were, and the same as at the last question: nobody is half-way.

        Once yes, it is no until they change again.
        """
        now = self._look()
        still = now == self._before
        self._before = now
        if not still or now == self._taken:
            return False
        self._taken = now
        return True

    def _look(self) -> Seen:
        return dict(_files(str(self._directory), top=True))


def _files(directory: str, *, top: bool = False) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Hidden files and directories are left out: editors and orchestrators put what is half-written there."""
    try:
        entries = [*os.scandir(directory)]
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or (top and entry.name == _NOT_OURS):
            continue
        try:
            if entry.is_dir():
                yield from _files(entry.path)
            else:
                found = entry.stat()
                yield entry.path, (found.st_mtime_ns, found.st_size, found.st_ino)
        except OSError:
            continue
