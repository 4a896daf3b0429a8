"""The database of the lasting records, for a command."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.errors import SluisError
from gateway.parts import lasting_engine
from gateway.settings.loader import Settings
from gateway.storage import migrate
from gateway.storage.trouble import in_words


@contextmanager
def database_of(settings: Settings) -> Iterator[Engine]:
    """The engine; a database that cannot be used ends the command."""
    try:
        engine = lasting_engine(settings)
        yield engine
        engine.dispose()
    except SluisError as cause:
        click.echo(f"the database cannot be used: {cause.code}", err=True)
        sys.exit(1)
    except (SQLAlchemyError, ValueError, OSError, ImportError) as cause:
        click.echo(f"the database cannot be used: {in_words(cause)}", err=True)
        sys.exit(1)


@contextmanager
def records_of(settings: Settings) -> Iterator[Engine]:
    """The same, of a database that this gateway knows; with another schema the command ends."""
    with database_of(settings) as engine:
        found = migrate.status(engine)
        if not found.fits:
            click.echo(
                f"the database has schema {found.current or 'none'}, this gateway needs {found.needed}: "
                f"run `sluis db upgrade {settings.directory}`",
                err=True,
            )
            sys.exit(1)
        yield engine
