"""`sluis metadata sp|idp DIR`: the gateway's own signed metadata, as it serves it."""

import sys
from pathlib import Path

import click

from gateway.app import publications
from gateway.cli.loading import configuration_or_exit, directory_argument
from gateway.domain.clock import SystemClock


@click.command("metadata")
@click.argument("role", type=click.Choice(["sp", "idp"]))
@directory_argument
def command(role: str, directory: Path) -> None:
    """Print the metadata towards identity providers (sp) or towards services (idp)."""
    found = configuration_or_exit(directory)
    documents = publications(found.settings, found.keys, found.federation, SystemClock())
    sys.stdout.buffer.write(documents[role].current() + b"\n")
