"""`sluis find [WHERE]... REF`: a login by the reference on its page."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gateway.cli.loading import settings_or_exit
from gateway.cli.log_lines import LogLine, Logs, below, rotated
from gateway.domain.clock import dutch_time
from gateway.domain.errors import CATALOGUE, ErrorCode
from gateway.domain.language import Language
from gateway.observability.reference import is_reference, tidy, trace_of
from gateway.pages.error_texts import text_of
from gateway.pages.texts import say

_FIRST = ("timestamp", "event")
_LEFT_OUT = frozenset({*_FIRST, "reference", "level", "worker"})
_CONFIGURATION = "gateway.yaml"


@click.command("find")
@click.argument("where", metavar="[WHERE]...", nargs=-1, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.argument("ref")
@click.option("--json", "as_json", is_flag=True, help="Print the log lines as they are.")
def command(where: tuple[Path, ...], ref: str, *, as_json: bool) -> None:
    """Print what the logs say of the login with reference REF, and what its person was told of an error.

    Exit 1 when the logs say nothing of it, or one of them could not be read.

    WHERE is the directory of a configuration, for the log that it names and what was rotated from it; a log file,
    compressed (.gz) or not; a directory of logs, with all in it; or - for standard input. Several are read as one: the
    logs of all replicas tell one login. Without any it is standard input.
    """
    wanted = tidy(ref)
    if not is_reference(wanted):
        click.echo(f"{ref} is no reference: that has ten characters, such as 7KQ2M9X4TB", err=True)
        sys.exit(1)
    logs = _logs(where)
    if logs.streams and sys.stdin.isatty():
        click.echo("reading the log from standard input", err=True)
    found = logs.of(wanted)
    if as_json:
        for line in found:
            click.echo(json.dumps(line.said, ensure_ascii=False))
    elif found:
        _show(wanted, found)
        if any(_traces(one) for one in where):
            click.echo(f"trace, if it is one of the share that is traced: {trace_of(wanted).written}")
    for one in logs.unread:
        click.echo(f"a log cannot be read: {one}", err=True)
    if not found:
        click.echo(f"{wanted} is not in {_said(where)}", err=True)
    if not found or logs.unread:
        sys.exit(1)


def _show(reference: str, found: Sequence[LogLine]) -> None:
    """The lines, and what the person was told of each error in them, in English."""
    console = Console(markup=False, emoji=False)
    console.print(_table(reference, found))
    for code in dict.fromkeys(line.said.get("code") for line in found):
        if code in {one.value for one in ErrorCode}:
            text = text_of(ErrorCode(code))
            title, what, do = (say(Language.EN, f"error.{text}.{part}") for part in ("title", "what", "do"))
            who = say(Language.EN, f"error.who.{CATALOGUE[ErrorCode(code)].audience}")
            console.print(f"{code}: {title}. {what} {do}\n{say(Language.EN, 'error.who')}: {who}", soft_wrap=True)


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


def _traces(where: Path) -> bool:
    return (where / _CONFIGURATION).is_file() and settings_or_exit(where).gateway.tracing is not None


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
        when, what = _local(line.moment), str(line.said.get("event", ""))
        table.add_row(when, what, details, *((line.source,) if several else ()))
    return table


def _local(moment: str) -> str:
    """As the clock on the wall said it, and the page; as it stands where it is no moment."""
    try:
        return dutch_time(datetime.fromisoformat(moment)).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return moment
