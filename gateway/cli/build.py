"""Which version this is, and of which commit."""

import subprocess
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import gateway

_LENGTH = 12


def said() -> str:
    """`0.1.0 (commit 0123456789ab)`; without the commit where nobody knows it."""
    known = commit()
    return f"{version('sluis')} (commit {known[:_LENGTH]})" if known else version("sluis")


def commit() -> str:
    """The commit that was built, or that lies in this checkout; empty where neither is known."""
    built = files(gateway) / "commit.txt"
    return built.read_text("ascii").strip() if built.is_file() else _of_checkout(Path(gateway.__file__).parents[1])


def _of_checkout(directory: Path) -> str:
    if not (directory / ".git").exists():
        return ""
    command = ("git", "-C", str(directory), "rev-parse", "HEAD")
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - no word of it comes from outside
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
