"""`sluis db upgrade|status DIR`: the schema of the lasting records."""

import sys
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from gateway.app import lasting_engine
from gateway.cli.loading import directory_argument, settings_or_exit
from gateway.storage import migrate


@click.group("db")
def command() -> None:
    """Look at the database of the lasting records, or bring it up to date."""


@command.command("status")
@directory_argument
def status(directory: Path) -> None:
    """Say which version the database has; exit 1 when the gateway needs another."""
    found = _reached(directory)
    click.echo(f"schema {found.current or 'none'}, needed {found.needed}")
    sys.exit(0 if found.fits else 1)


@command.command("upgrade")
@directory_argument
def upgrade(directory: Path) -> None:
    """Bring the database up to date; nothing happens when it is."""
    before = _reached(directory)
    migrate.upgrade(lasting_engine(settings_or_exit(directory)))
    after = _reached(directory)
    click.echo(f"schema {before.current or 'none'} -> {after.current}")


def _reached(directory: Path) -> migrate.SchemaStatus:
    try:
        return migrate.status(lasting_engine(settings_or_exit(directory)))
    except (SQLAlchemyError, ValueError) as cause:
        click.echo(f"the database cannot be reached: {type(cause).__name__}", err=True)
        sys.exit(1)
