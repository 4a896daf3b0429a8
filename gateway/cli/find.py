"""`sluis find DIR REF`: a login by the reference on its page."""

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from gateway.cli.loading import directory_argument, settings_or_exit
from gateway.observability.reference import tidy

_FIRST = ("timestamp", "event")
_LEFT_OUT = frozenset({*_FIRST, "reference", "level", "worker"})


@click.command("find")
@directory_argument
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="Print the log lines as they are.")
def command(directory: Path, ref: str, *, as_json: bool) -> None:
    """Print what the log says of the login with reference REF; exit 1 when it says nothing."""
    log = settings_or_exit(directory).gateway.log
    if log.file is None:
        click.echo("the log goes to standard error, not to a file: search where that is kept", err=True)
        sys.exit(1)
    wanted = tidy(ref)
    found = sorted(_lines(directory / log.file, wanted), key=lambda line: str(line.get("timestamp")))
    if not found:
        click.echo(f"{wanted} is not in {log.file} or what was rotated from it", err=True)
        sys.exit(1)
    if as_json:
        for line in found:
            click.echo(json.dumps(line, ensure_ascii=False))
    else:
        Console(markup=False, emoji=False).print(_table(wanted, found))


def _lines(log: Path, wanted: str) -> Iterator[dict[str, Any]]:
    for path in sorted(log.parent.glob(f"{log.name}*")):
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", errors="replace") as lines:
            for text in lines:
                line = _read(text) if f'"{wanted}"' in text else {}
                if line.get("reference") == wanted:
                    yield line


def _read(text: str) -> dict[str, Any]:
    """The line; empty when it was cut off, as by a full disk."""
    try:
        line: dict[str, Any] = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return line


def _table(reference: str, found: list[dict[str, Any]]) -> Table:
    table = Table(title=reference)
    for column in ("time", "what", "details"):
        table.add_column(column, overflow="fold")
    for line in found:
        details = ", ".join(f"{key}={value}" for key, value in line.items() if key not in _LEFT_OUT)
        table.add_row(*(str(line.get(key, "")) for key in _FIRST), details)
    return table
