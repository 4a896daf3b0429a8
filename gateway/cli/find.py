"""`sluis find [WHERE]... REF`: a login by the reference on its page."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gateway.cli.loading import settings_or_exit
from gateway.cli.log_lines import LogLine, Logs, below, rotated
from gateway.observability.reference import tidy

_FIRST = ("timestamp", "event")
_LEFT_OUT = frozenset({*_FIRST, "reference", "level", "worker"})
_CONFIGURATION = "gateway.yaml"


@click.command("find")
@click.argument("where", metavar="[WHERE]...", nargs=-1, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="Print the log lines as they are.")
def command(where: tuple[Path, ...], ref: str, *, as_json: bool) -> None:
    """Print what the logs say of the login with reference REF; exit 1 when they say nothing.

    WHERE is the directory of a configuration, for the log that it names and what was rotated from it; a log file,
    compressed (.gz) or not; a directory of logs, with all in it; or - for standard input. Several are read as one: the
    logs of all replicas tell one login. Without any it is standard input.
    """
    wanted, logs = tidy(ref), _logs(where)
    if logs.streams and sys.stdin.isatty():
        click.echo("reading the log from standard input", err=True)
    try:
        found = logs.of(wanted)
    except (OSError, EOFError) as error:
        click.echo(f"a log cannot be read: {error}", err=True)
        sys.exit(1)
    if not found:
        click.echo(f"{wanted} is not in {_said(where)}", err=True)
        sys.exit(1)
    if as_json:
        for line in found:
            click.echo(json.dumps(line.said, ensure_ascii=False))
    else:
        Console(markup=False, emoji=False).print(_table(wanted, found))


def _logs(where: Sequence[Path]) -> Logs:
    files: dict[Path, Path] = {}
    for one in where:
        if str(one) != "-":
            files |= {path.resolve(): path for path in _files(one)}
    stdin = [("standard input", sys.stdin.buffer)] if not where or Path("-") in where else []
    return Logs(list(files.values()), stdin)


def _files(where: Path) -> list[Path]:
    if where.is_file():
        return [where]
    if not (where / _CONFIGURATION).is_file():
        return below(where)
    log = settings_or_exit(where).gateway.log
    if log.file is None:
        click.echo("the log goes to standard error, not to a file: search where that is kept", err=True)
        sys.exit(1)
    return rotated(where / log.file)


def _said(where: Sequence[Path]) -> str:
    names = ["standard input" if str(one) == "-" else str(one) for one in where] or ["standard input"]
    return f"the logs of {', '.join(names)}"


def _table(reference: str, found: Sequence[LogLine]) -> Table:
    several = len({line.source for line in found}) > 1
    table = Table(title=reference)
    for column in ("time", "what", "details", *(("log",) if several else ())):
        table.add_column(column, overflow="fold")
    for line in found:
        details = ", ".join(f"{key}={value}" for key, value in line.said.items() if key not in _LEFT_OUT)
        table.add_row(*(str(line.said.get(key, "")) for key in _FIRST), details, *((line.source,) if several else ()))
    return table
