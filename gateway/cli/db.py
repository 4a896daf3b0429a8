"""`sluis db upgrade|status DIR`: the schema of the lasting records."""

import sys
from pathlib import Path

import click
from alembic.util import CommandError

from gateway.cli.database import database_of
from gateway.cli.loading import directory_argument, settings_or_exit
from gateway.storage import migrate


@click.group("db")
def command() -> None:
    """Look at the database of the lasting records, or bring it up to date."""


@command.command("status")
@directory_argument
def status(directory: Path) -> None:
    """Say which version the database has; exit 1 when the gateway cannot work on it."""
    with database_of(settings_or_exit(directory)) as engine:
        found = migrate.status(engine)
    newer = "; it is newer, and serves this gateway" if found.is_newer else ""
    click.echo(f"schema {found.current or 'none'}, needed {found.needed}{newer}")
    sys.exit(0 if found.fits else 1)


@command.command("upgrade")
@directory_argument
def upgrade(directory: Path) -> None:
    """Bring the database up to date; nothing happens when it is, or is newer and serves this gateway too."""
    with database_of(settings_or_exit(directory)) as engine:
        before = migrate.status(engine)
        try:
            migrate.upgrade(engine)
        except CommandError:
            click.echo(f"the database has schema {before.current}, which this gateway does not know", err=True)
            sys.exit(1)
        after = migrate.status(engine)
    click.echo(f"schema {before.current or 'none'} -> {after.current}")
