"""The values of large files as they were read before: to read YAML takes most of the start of a large federation.

What is kept counts when a keyed hash by a key of the gateway says that it was read here, from this very text.
"""

import hmac
import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from gateway.domain.key_ring import KeyState
from gateway.settings.models.keys import Keys
from gateway.settings.private_keys import secret_octets
from gateway.storage.sealing import SecretKey, keyed_hash

KEPT = "var/read"
"""Where the values are kept, relative to the configuration."""
LARGE = 200_000
"""Characters of a file from which on its values are kept; smaller ones are read as fast as looked up."""
_FORMAT = "1"
_PAIRS, _DAY, _MOMENT = "\0pairs", "\0day", "\0moment"
"""What JSON does not know is kept under these keys, and so is a mapping that has such a key itself."""


@dataclass(frozen=True, slots=True)
class ReadBefore:
    """Of one configuration directory."""

    directory: Path
    key: SecretKey

    def find(self, file: str, text: str) -> Any:
        """The values of this text; None when they are not known. `file` is its name in the directory."""
        if len(text) < LARGE:
            return None
        try:
            mark, _, content = self._path(file).read_text("utf-8").partition("\n")
        except (OSError, ValueError):
            return None
        if not hmac.compare_digest(mark.encode(), self._mark(file, text, content).encode()):
            return None
        return json.loads(content, object_hook=_out)

    def keep(self, file: str, text: str, value: Any) -> None:
        """Keep what was read of a text. A directory that cannot be written to costs time at the next start alone."""
        if len(text) < LARGE:
            return
        content = json.dumps(_in(value), ensure_ascii=True, separators=(",", ":"))
        target = self._path(file)
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        with suppress(OSError):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
                out.write(f"{self._mark(file, text, content)}\n{content}")
            fresh.replace(target)

    def _path(self, file: str) -> Path:
        return self.directory / KEPT / f"{file.replace('/', '--')}.json"

    def _mark(self, file: str, text: str, content: str) -> str:
        digest = sha256(text.encode()).hexdigest()
        return keyed_hash(self.key, "settings read before", _FORMAT, file, digest, content).hex()


def read_before(directory: Path, keys: Keys | None) -> ReadBefore | None:
    """What is kept in a directory, marked with the key that seals; None where that cannot be read."""
    active = [] if keys is None else [entry for entry in keys.sealing if entry.state is KeyState.ACTIVE]
    try:
        return ReadBefore(directory, SecretKey(active[0].id, secret_octets(active[0].secret, directory)))
    except (IndexError, ValueError):
        return None


def _in(value: Any) -> Any:
    if isinstance(value, dict):
        if all(type(key) is str and not key.startswith("\0") for key in value):
            return {key: _in(one) for key, one in value.items()}
        return {_PAIRS: [[key, _in(one)] for key, one in value.items()]}
    if isinstance(value, list):
        return [_in(one) for one in value]
    if isinstance(value, datetime):
        return {_MOMENT: value.isoformat()}
    return {_DAY: value.isoformat()} if isinstance(value, date) else value


def _out(found: dict[str, Any]) -> Any:
    if len(found) == 1:
        ((key, value),) = found.items()
        if key == _PAIRS:
            return {of: one for of, one in value}  # noqa: C416 - a pair is a list
        if key == _DAY:
            return date.fromisoformat(value)
        if key == _MOMENT:
            return datetime.fromisoformat(value)
    return found
