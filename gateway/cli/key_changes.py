"""Steps in the life of a key, in `keys.yaml`: each is a change of the text that means exactly what it should."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml
from pydantic import ValidationError

from gateway.domain.key_ring import KeyState
from gateway.settings.keys_file import KEYS_FILE, entry_lines, replace_keys_file
from gateway.settings.keys_text import CannotEdit, moved_behind, with_entry, with_state
from gateway.settings.models.keys import KeyEntry, Keys, OidcKey


@dataclass(frozen=True, slots=True)
class KeysFile:
    """`keys.yaml` of a directory, as it is now: its text, and what that means."""

    directory: Path
    text: str
    keys: Keys

    def ring(self, ring: str) -> list[KeyEntry]:
        """The entries of a ring."""
        return list(getattr(self.keys, ring))

    def in_state(self, ring: str, entry: KeyEntry, state: KeyState, since: datetime) -> "KeysFile":
        """The file with a key in another state."""
        entries = self.ring(ring)
        index = entries.index(entry)
        entries[index] = entry.model_copy(update={"state": state, "since": _whole(since)})
        return self._changed(ring, entries, with_state(self.text, ring, index, state=state, since=_whole(since)))

    def with_key(self, ring: str, entry: KeyEntry) -> "KeysFile":
        """The file with one more key, behind the others."""
        return self._changed(ring, [*self.ring(ring), entry], with_entry(self.text, ring, entry_lines(entry)))

    def behind_previous(self, ring: str, entry: KeyEntry) -> "KeysFile":
        """The file with a key behind the other previous ones: the oldest of them stands in front, for ever."""
        entries = self.ring(ring)
        index = entries.index(entry)
        others = [
            place
            for place, one in enumerate(entries)
            if one.state is KeyState.PREVIOUS and algorithm_of(one) == algorithm_of(entry)
        ]
        last = max(others, default=index)
        if last <= index:
            return self
        moved = [*entries[:index], *entries[index + 1 : last + 1], entry, *entries[last + 1 :]]
        return self._changed(ring, moved, moved_behind(self.text, ring, index, last))

    def write(self) -> None:
        """Put the file in place at once, as a whole, with the owner and the mode that it had."""
        replace_keys_file(self.directory, self.text)

    def _changed(self, ring: str, entries: Sequence[KeyEntry], text: str) -> "KeysFile":
        wanted = self.keys.model_copy(update={ring: list(entries)})
        if _meaning(text) != wanted:
            raise CannotEdit("it is written in a way that this command cannot change safely: edit it by hand")
        return KeysFile(self.directory, text, wanted)


def algorithm_of(entry: KeyEntry) -> str:
    """What a ring is split by: the algorithm of a key for tokens; empty for any other."""
    return entry.algorithm if isinstance(entry, OidcKey) else ""


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Two commands that change the keys of one directory take turns."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read_keys_file(directory: Path) -> KeysFile:
    """The file as it is. Raises CannotEdit for one that `sluis check` has errors for."""
    try:
        text = (directory / KEYS_FILE).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise CannotEdit("it cannot be read; `sluis check` says why") from None
    keys = _meaning(text)
    if keys is None:
        raise CannotEdit("it has errors; `sluis check` says which")
    return KeysFile(directory, text, keys)


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _meaning(text: str) -> Keys | None:
    try:
        return Keys.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError):
        return None
