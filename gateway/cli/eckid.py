"""`sluis eckid hash`: the chain's first level hash, for use at a school."""

import os
import sys
from collections.abc import Iterable

import click

from gateway.pseudonyms.first_level import first_level_hash, salt_of


@click.group("eckid")
def command() -> None:
    """What a school's administration needs to get ECK iDs. Nothing of it belongs at the gateway."""


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
