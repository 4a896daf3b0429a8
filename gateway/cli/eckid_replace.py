"""`sluis eckid replace`: a learner has another citizen number, and keeps the stampseudonym and ECK iDs of the first."""

import re
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import click

from gateway.cli.eckid_world import eck_id_world
from gateway.cli.loading import directory_argument
from gateway.domain.clock import dutch_midnight
from gateway.pseudonyms.nummervoorziening.faults import HEARD_NOTHING, WORDS, NummervoorzieningFailed, Trouble

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("replace")
@directory_argument
@click.argument("school")
@click.option("--from", "first", type=_DAY, help="Day from which it holds; else at once.")
def command(directory: Path, school: str, first: datetime | None) -> None:
    """Have new hashes stand for what old ones stood for, in the name of SCHOOL (its BRIN).

    For a learner whose citizen number became another, such as a newcomer's: without it they would get another ECK iD,
    and be somebody else to every service. Reads lines of two hashes, the old one and the new one, from a pipe or at
    prompts that do not show them; `sluis eckid hash` makes them at the school. They are kept nowhere. A line that was
    not done is named by its number, and exit is 1.
    """
    since = None if first is None else dutch_midnight(_day(first))
    failed = done = 0
    with eck_id_world(directory) as world:
        oin = world.school(school).oin
        assert oin is not None
        for number, line in enumerate(_lines(), 1):
            if not line.strip():
                continue
            old, _, new = line.strip().replace(",", " ").replace(";", " ").partition(" ")
            try:
                wrong = _wrong(old, new.strip())
                if not wrong:
                    world.service.replace(oin, old, new.strip(), effective=since)
            except NummervoorzieningFailed as cause:
                wrong = _words(cause)
            if wrong:
                failed += 1
                click.echo(f"line {number}: {wrong}", err=True)
            else:
                done += 1
    click.echo(f"{done} replaced" + (f", from {_day(first)} on" if first and done else ""))
    sys.exit(1 if failed else 0)


def _lines() -> Iterator[str]:
    if sys.stdin.isatty():
        yield " ".join(click.prompt(f"{which} hash", hide_input=True, err=True) for which in ("Old", "New"))
    else:
        yield from sys.stdin


def _wrong(old: str, new: str) -> str:
    if not _HASH.fullmatch(old) or not _HASH.fullmatch(new):
        return "two hashes of 64 lowercase hexadecimal characters: the old one, and the new one"
    return "the hashes are the same" if old == new else ""


def _words(cause: NummervoorzieningFailed) -> str:
    if cause.trouble in HEARD_NOTHING:
        return f"{cause}: Nummervoorziening heard nothing of it; run the command again with this line"
    if cause.trouble is Trouble.REFUSED:
        return f"{cause}: {WORDS[cause.trouble]}"
    return f"{cause}: perhaps it was done, perhaps not; to do it twice makes no difference: run it again with this line"


def _day(first: datetime) -> date:
    return first.date()
