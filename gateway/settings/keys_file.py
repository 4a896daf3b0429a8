"""`keys.yaml`, written: by `sluis init`, and later edited by `sluis keys` and by hand in the same form."""

import datetime as dt
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from gateway.settings.models.keys import KeyEntry, Keys

KEYS_FILE = "keys.yaml"
_HEAD = """\
# The gateway's keys, by reference: the secrets stand in the files named here, or in the environment ({env: NAME}).
# `sluis keys new|activate|retire|status` changes them. docs/guides/key-rollover.md has the steps.
# next: announced. active: in use. previous: still checks, opens and derives. retired: not read any more.
"""


def keys_text(keys: Keys) -> str:
    """The text of the file: for every list a key below the other, oldest first."""
    dumped = keys.model_dump(exclude_none=True)
    lists = {kind: [_plain(entry) for entry in entries] for kind, entries in dumped.items() if entries}
    return _HEAD + yaml.dump(lists, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=200)


def write_keys_file(directory: Path, keys: Keys) -> None:
    """Put the file in place."""
    replace_keys_file(directory, keys_text(keys))


def replace_keys_file(directory: Path, text: str) -> None:
    """Put this text in place at once, as a whole: whoever reads meanwhile reads the old or the new one.

    A file that was there gives its owner, its group and its mode; a new one is for its owner alone.
    """
    path, fresh = directory / KEYS_FILE, directory / f".{KEYS_FILE}.new"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        if path.exists():
            before = path.stat()
            with suppress(PermissionError):
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
            os.fchmod(file.fileno(), before.st_mode & 0o660 | 0o600)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def entry_lines(entry: KeyEntry) -> list[str]:
    """The `key: value` lines of an entry, each value on the line of its key."""
    dumped = entry.model_dump(exclude_none=True)
    return [f"{key}: {_in_line(_plain(value))}" for key, value in dumped.items()]


class _Dumper(yaml.SafeDumper):
    """Writes every moment where it stands, and in UTC."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def moment(self, value: dt.datetime) -> yaml.ScalarNode:
        """As the model reads it."""
        return self.represent_scalar("tag:yaml.org,2002:timestamp", f"{value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}")


_Dumper.add_representer(dt.datetime, _Dumper.moment)


def _in_line(value: Any) -> str:
    written = yaml.dump(value, Dumper=_Dumper, sort_keys=False, default_flow_style=True, width=10_000)
    # A scalar of its own is a document that YAML ends.
    return written.removesuffix("...\n").strip()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return str(value) if isinstance(value, str) else value
