"""What lies in a configuration directory and is not read: nearly always a slip of the pen."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from gateway.settings.problems import Place, Problem, warning

FILES = ("gateway.yaml", "keys.yaml", "policy.yaml")
DIRECTORIES = ("metadata", "identity-providers", "services", "schools", "agreements")
_OTHERS = frozenset({"keys", "var"})


def strange_files(directory: Path) -> Iterator[Problem]:
    """A warning for every file and directory whose name is nearly one that the gateway reads."""
    for path in sorted(directory.iterdir()):
        if path.name.startswith("."):
            continue
        if path.name in DIRECTORIES:
            yield from _in_entries(path)
        elif path.is_dir() and path.name not in _OTHERS:
            close = difflib.get_close_matches(path.name, DIRECTORIES, n=1)
            if close:
                yield _unread(path.name, f"did you mean {close[0]}?")
        elif path.suffix in (".yaml", ".yml") and path.name not in FILES:
            close = difflib.get_close_matches(path.stem, [Path(file).stem for file in FILES], n=1)
            hint = f"did you mean {close[0]}.yaml?" if close else f"the gateway reads {', '.join(FILES)}"
            yield _unread(path.name, hint)


def _in_entries(directory: Path) -> Iterator[Problem]:
    if not directory.is_dir():
        yield Problem(Place(directory.name, 1), "this is not a directory", "make it one, with .yaml files in it")
        return
    for path in sorted(directory.iterdir()):
        if path.name.startswith("."):
            continue
        file = f"{directory.name}/{path.name}"
        if path.suffix == ".yml":
            yield _unread(file, f"name it {path.stem}.yaml")
        elif path.is_dir() and any(path.glob("*.y*ml")):
            yield _unread(file, f"put its .yaml files in {directory.name} itself")


def _unread(file: str, instead: str) -> Problem:
    return warning(Place(file, 1), "this is not read", instead)
