"""`keys.yaml`, written: by `sluis init`, and later edited by hand in the same form."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

import yaml

from gateway.settings.models.keys import Keys

KEYS_FILE = "keys.yaml"
_HEAD = """\
# The gateway's keys, by reference: the secrets stand in the files named here, or in the environment ({env: NAME}).
# A new key: add an entry in state next, then `sluis init DIR --keys-only`. docs/guides/operator.md has the steps.
# next: announced. active: in use. previous: still checks, opens and derives. retired: not read any more.
"""


def keys_text(keys: Keys) -> str:
    """The text of the file: for every list a key below the other, oldest first."""
    dumped = keys.model_dump(exclude_none=True)
    lists = {kind: [_plain(entry) for entry in entries] for kind, entries in dumped.items() if entries}
    return _HEAD + yaml.dump(lists, Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=200)


def write_keys_file(directory: Path, keys: Keys) -> None:
    """Put the file in place at once, as a whole: whoever reads meanwhile reads the old or the new one."""
    fresh = directory / f".{KEYS_FILE}.new"
    with fresh.open("w", encoding="utf-8") as file:
        file.write(keys_text(keys))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(directory / KEYS_FILE)


class _Dumper(yaml.SafeDumper):
    """Writes every moment where it stands, and in UTC."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def moment(self, value: dt.datetime) -> yaml.ScalarNode:
        """As the model reads it."""
        return self.represent_scalar("tag:yaml.org,2002:timestamp", f"{value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}")


_Dumper.add_representer(dt.datetime, _Dumper.moment)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return str(value) if isinstance(value, str) else value
