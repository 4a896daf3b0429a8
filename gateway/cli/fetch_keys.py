"""`sluis service fetch-keys`: the keys that clients publish, fetched now."""

import sys
from pathlib import Path

import click

from gateway.cli.client_keys import ClientKeys
from gateway.cli.loading import directory_argument, settings_or_exit
from gateway.domain.clock import SystemClock
from gateway.federation.published_keys import published
from gateway.web.outgoing import OutgoingHttp


@click.command("fetch-keys")
@directory_argument
@click.argument("names", nargs=-1)
def fetch_keys(directory: Path, names: tuple[str, ...]) -> None:
    """Fetch the keys of services with a `jwks_uri`, all or NAMES, and say what came. A running gateway takes them."""
    settings = settings_or_exit(directory)
    there = dict(published(settings))
    if unknown := sorted(set(names) - there.keys()):
        raise click.UsageError(f"no service with a jwks_uri: {', '.join(unknown)}")
    fetching, failed = ClientKeys(settings, OutgoingHttp()), False
    for service in names or there:
        found = fetching.fetch(service, there[service], SystemClock().now())
        failed = failed or bool(found.problem)
        click.echo(f"{service}: {found.problem or 'keys ' + ', '.join(found.kids)}", err=bool(found.problem))
    sys.exit(failed)
