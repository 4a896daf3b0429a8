"""`sluis succession pending DIR`: which services have not heard that learners are known by another identifier."""

import sys
from pathlib import Path

import click

from gateway.cli.database import records_of
from gateway.cli.loading import configuration_or_exit, directory_argument
from gateway.domain.clock import SystemClock, dutch_day
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import ServiceId
from gateway.parts import known_as_of
from gateway.storage.retention import SUCCESSION


@click.group("succession")
def command() -> None:
    """Learners who are known by another identifier from now on, and the services that want to hear of it."""


@command.command("pending")
@directory_argument
def pending_command(directory: Path) -> None:
    """Say of each service with an address for notices how many it has not taken; exit 1 when there is one."""
    configuration = configuration_or_exit(directory)
    today = dutch_day(SystemClock().now())
    open_ = 0
    with records_of(configuration.settings) as engine:
        for waiting in known_as_of(engine, configuration.keys, SystemRandomness()).waiting():
            service = configuration.federation.services.get(ServiceId(waiting.service))
            wanted = service.succession if service else None
            if wanted is None or wanted.notices is None:
                continue
            open_ += waiting.count
            last = dutch_day(waiting.since + SUCCESSION)
            until = f"until {last}" if last >= today else "no longer: `sluis purge` clears them"
            click.echo(f"{waiting.service}: {waiting.count} since {dutch_day(waiting.since)}, told again {until}")
    click.echo(f"{open_} notices have not been taken")
    sys.exit(1 if open_ else 0)
