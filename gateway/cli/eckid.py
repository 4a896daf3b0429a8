"""`sluis eckid`: hashes for use at a school, and whether Nummervoorziening can be asked."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from gateway.cli import eckid_batch, eckid_replace
from gateway.cli.loading import directory_argument, settings_or_exit
from gateway.parts import nummervoorziening_endpoint
from gateway.pseudonyms.first_level import first_level_hash, salt_of
from gateway.pseudonyms.nummervoorziening.client import Nummervoorziening
from gateway.pseudonyms.nummervoorziening.faults import WORDS, NummervoorzieningFailed


@click.group("eckid")
def command() -> None:
    """ECK iDs from Nummervoorziening: hashes are made at the school, and the gateway asks in the school's name."""


command.add_command(eckid_batch.command)
command.add_command(eckid_replace.command)


@command.command("hash")
@click.option("--salt-env", required=True, help="Variable of the environment that holds the salt (base64).")
def hash_command(salt_env: str) -> None:
    """Read numbers, one a line, from a pipe or at a prompt that does not show them; write the hashes alone.

    Neither is written anywhere else. A line that cannot be hashed is named by its number; exit 1 when there is one.
    """
    try:
        salt = salt_of(os.environ.get(salt_env, ""))
    except ValueError as cause:
        raise click.UsageError(f"{salt_env}: {cause}") from None
    lines: Iterable[str] = sys.stdin
    if sys.stdin.isatty():
        lines = [str(click.prompt("Number", hide_input=True, err=True))]
    failed = False
    for count, line in enumerate(lines, 1):
        try:
            click.echo(first_level_hash(line.rstrip("\r\n"), salt))
        except ValueError as cause:
            failed = True
            click.echo(f"line {count}: {cause}", err=True)
    sys.exit(1 if failed else 0)


@command.command("ask")
@directory_argument
@click.argument("school")
def ask_command(directory: Path, school: str) -> None:
    """Ask Nummervoorziening in the name of SCHOOL (its BRIN) whether it works, and for its chains and sectors.

    Nothing of a learner is asked. Exit 1 when it does not work, or when gateway.yaml names a chain or a sector that it
    does not have.
    """
    settings = settings_or_exit(directory)
    entry = settings.gateway.nummervoorziening
    found = next((one.value for one in settings.schools if str(one.value.brin) == school), None)
    if entry is None or found is None or found.oin is None:
        what = "gateway.yaml has no nummervoorziening" if entry is None else f"no school {school} with an `oin`"
        raise click.UsageError(what)
    service = Nummervoorziening(nummervoorziening_endpoint(settings, entry))
    try:
        works, chains, sectors = service.available(found.oin), service.chains(found.oin), service.sectors(found.oin)
    except NummervoorzieningFailed as cause:
        click.echo(f"Nummervoorziening: {cause}: {WORDS[cause.trouble]}.", err=True)
        sys.exit(1)
    finally:
        service.close()
    click.echo("Nummervoorziening works" if works else "Nummervoorziening says that it does not work now")
    for what, named in (("chain", chains), ("sector", sectors)):
        for one in named:
            click.echo(f"{what} {one.id}: {one.name}")
    unknown = {entry.chain} - {one.id for one in chains} | set(entry.sectors.values()) - {one.id for one in sectors}
    for uri in sorted(unknown):
        click.echo(f"gateway.yaml names {uri}, which it does not have", err=True)
    sys.exit(0 if works and not unknown else 1)
