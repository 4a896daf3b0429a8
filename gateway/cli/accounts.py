"""`sluis accounts migrate`: user ids that changed, because a school changed its administration or merged."""

import csv
import sys
from collections.abc import Iterator
from datetime import datetime
from io import TextIOWrapper
from itertools import islice
from pathlib import Path

import click
from sqlalchemy.exc import IntegrityError

from gateway.cli.database import records_of
from gateway.cli.loading import Configuration, configuration_or_exit, directory_argument
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_midnight
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import IdpId
from gateway.parts import known_as_of, links_of, vault_of
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.provisioned import account_of
from gateway.storage.moving import Move, Moving
from gateway.storage.vault import HeldByAnother

_AT_A_TIME = 500


@click.group("accounts")
def command() -> None:
    """Local accounts, as the records know them: by keyed hashes of their user ids."""


@command.command("migrate")
@directory_argument
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--idp", required=True, help="Id of the identity provider of the old accounts.")
@click.option("--to-idp", help="Id of the one of the new accounts, where it is another.")
@click.option("--school", help="BRIN of a school whose place another takes.")
@click.option("--to-school", help="BRIN of the school that takes it.")
@click.option(
    "--began",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day from which on learners have logged in with new accounts: then these may be in use.",
)
@click.option("--write", is_flag=True, help="Write; without it the command only looks.")
def migrate_command(  # noqa: PLR0917 - each is an option of the command
    directory: Path,
    file: Path,
    idp: str,
    to_idp: str | None,
    school: str | None,
    to_school: str | None,
    began: datetime | None,
    write: bool,  # noqa: FBT001
) -> None:
    """Have the accounts of FILE go on as others: CSV in UTF-8 with the columns `old` and `new`, user ids.

    Services go on knowing these learners by the same identifiers; their entries in the vault, links and consents
    stay theirs. A new account that is in use already is named by its line and keeps everything as it is: it may be
    somebody else's. With --began that is so only when it was in use before that day, or was linked; services then go
    on with what they knew the old account by. Exit 1 when there was a line that cannot be taken.
    """
    configuration = configuration_or_exit(directory)
    to = to_idp or idp
    if IdpId(to) not in configuration.federation.identity_providers:
        raise click.BadParameter(f"there is no identity provider {to}", param_hint="--to-idp" if to_idp else "--idp")
    schools = _schools(configuration, school, to_school)
    key = configuration.keys.pseudonyms.first
    pairs = _pairs(file)
    moves = [
        Move(number, account_hash(key, IdpId(idp), old), account_hash(key, IdpId(to), new))
        for number, old, new in pairs
    ]
    _refuse_chains(moves)
    random = SystemRandomness()
    with records_of(configuration.settings) as engine:
        moving = Moving(
            engine,
            vault=vault_of(engine, configuration.keys, random),
            known_as=known_as_of(engine, configuration.keys, random),
            links=links_of(engine, configuration.keys, random),
            idp=to,
            schools=schools,
            randomness=random,
            began=dutch_midnight(began.date()) if began else None,
        )
        held, taken = _looked(moving, moves, began)
        click.echo(f"{len(moves)} lines, {held} accounts with something to move, {taken} that cannot be moved")
        if not write or taken:
            click.echo("nothing was written" if taken else "nothing was written: --write does")
            sys.exit(1 if taken else 0)
        try:
            moved = sum(moving.move(batch) for batch in _batches(moves))
        except (IntegrityError, HeldByAnother):
            click.echo("an account came into use meanwhile; what was moved stays so: run the command again", err=True)
            sys.exit(1)
        click.echo(f"{moved} accounts go on as others")


def _looked(moving: Moving, moves: list[Move], began: datetime | None) -> tuple[int, int]:
    """How many accounts have something to move, and how many cannot be moved; those are named."""
    held = taken = 0
    for batch in _batches(moves):
        for found in moving.look(batch):
            held += found.rows > 0
            if found.rows and found.taken:
                taken += 1
                click.echo(f"line {found.number}: {_in_use(began)}", err=True)
    return held, taken


def _in_use(began: datetime | None) -> str:
    if began is not None:
        return f"the new account was in use before {began:%Y-%m-%d}, or is linked: it may be somebody else's"
    return "the new account is in use already; if learners logged in before this was done, say since when: --began"


def _schools(configuration: Configuration, old: str | None, new: str | None) -> dict[str, str]:
    if (old is None) != (new is None):
        raise click.UsageError("--school and --to-school go together")
    if old is None or new is None:
        return {}
    try:
        to = Brin(new)
    except ValueError as cause:
        raise click.BadParameter(str(cause), param_hint="--to-school") from None
    if to not in configuration.federation.schools:
        raise click.BadParameter(f"no school has the BRIN {new}", param_hint="--to-school")
    return {old: new}


def _pairs(file: Path) -> list[tuple[int, str, str]]:
    """Line number, old and new user id of each line. Ends the command, with every wrong line, when there is one."""
    found: list[tuple[int, str, str]] = []
    wrong: list[tuple[int, str]] = []
    seen: tuple[set[str], set[str]] = (set(), set())
    try:
        for number, cells in _lines(file):
            try:
                if len(cells) != 2:
                    raise ValueError("it has not two cells")  # noqa: TRY301 - wrong in one way, as the others are
                old, new = account_of(cells[0].strip()), account_of(cells[1].strip())
                if old in seen[0] or new in seen[1]:
                    raise ValueError("an earlier line has this old or new account")  # noqa: TRY301
                seen[0].add(old)
                seen[1].add(new)
                found.append((number, old, new))
            except ValueError as cause:
                wrong.append((number, str(cause)))
    except (UnicodeDecodeError, csv.Error):
        click.echo(f"{file}: it is no CSV in UTF-8", err=True)
        sys.exit(1)
    for number, why in wrong:
        click.echo(f"line {number}: {why}", err=True)
    if wrong:
        click.echo("nothing was written")
        sys.exit(1)
    return found


def _lines(file: Path) -> Iterator[tuple[int, list[str]]]:
    with file.open("rb") as stream, TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        first = text.readline()
        delimiter = max(";,\t", key=first.count)
        if [name.strip().lower() for name in first.split(delimiter)] != ["old", "new"]:
            click.echo(f"{file}: the header is `old` and `new`", err=True)
            sys.exit(1)
        for number, cells in enumerate(csv.reader(text, delimiter=delimiter, strict=True), 2):
            if any(cell.strip() for cell in cells):
                yield number, cells


def _refuse_chains(moves: list[Move]) -> None:
    """Where one learner's new user id is another's old one, the order would decide whose records are whose."""
    old = {one.old for one in moves}
    chained = [one.number for one in moves if one.new in old and one.new != one.old]
    for number in chained:
        click.echo(f"line {number}: the new account is an old one of another line: move that one away first", err=True)
    if chained:
        click.echo("nothing was written")
        sys.exit(1)


def _batches(moves: list[Move]) -> Iterator[list[Move]]:
    rest = iter(moves)
    while batch := list(islice(rest, _AT_A_TIME)):
        yield batch
