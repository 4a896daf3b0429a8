"""`sluis metadata sp|idp DIR`: the gateway's own signed metadata, as it serves it."""

import sys
from pathlib import Path

import click

from gateway.app import publications
from gateway.cli.loading import directory_argument, parts_or_exit


@click.command("metadata")
@click.argument("role", type=click.Choice(["sp", "idp"]))
@directory_argument
def command(role: str, directory: Path) -> None:
    """Print the metadata towards identity providers (sp) or towards services (idp)."""
    sys.stdout.buffer.write(publications(parts_or_exit(directory))[role].current())
