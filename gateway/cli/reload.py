"""`sluis reload DIR`: the running gateway takes the configuration as it is now."""

import os
import signal
import sys
import time
from pathlib import Path

import click

from gateway.cli import pid_file
from gateway.cli.loading import configuration_or_exit, directory_argument
from gateway.cli.reload_outcome import Reloads, awaited, told_by

_LOOK_EVERY = 0.1
WAIT = 180
"""Seconds: more than a large federation takes to load on a busy machine, and old workers to finish what they have."""


@click.command("reload")
@directory_argument
@click.option(
    "--wait",
    type=click.IntRange(min=0),
    default=WAIT,
    show_default=True,
    help="Seconds to wait until the new configuration alone is in use; 0: return at once.",
)
def command(directory: Path, wait: int) -> None:
    """Check DIR, have the gateway that serves it take it, and wait until that is done.

    When the command ends with 0, every answer is by the new configuration. Exit 1, with the reason, when there is an
    error in it or no worker can start with it: then nothing has changed. Exit 2 when it takes longer than --wait.
    """
    settings = configuration_or_exit(directory, warn=True).settings
    path = pid_file.path_of(settings)
    if path is None:
        click.echo("pid_file is null: send SIGHUP to the process that serves", err=True)
        sys.exit(1)
    process = pid_file.running(path)
    if process is None:
        click.echo(f"no gateway serves {directory}", err=True)
        sys.exit(1)
    before = told_by(path, process)
    os.kill(process, signal.SIGHUP)
    if wait:
        sys.exit(_told(path, before, wait))
    click.echo(f"process {process} takes the new configuration; what becomes of it is in its log and in /health/ready")


def _told(path: Path, before: Reloads, wait: int) -> int:
    """Say what became of it; the code to end with."""
    until = time.monotonic() + wait

    def pause() -> bool:
        time.sleep(_LOOK_EVERY)
        return time.monotonic() < until

    try:
        refused = awaited(path, before, pause=pause)
    except ProcessLookupError:
        click.echo(f"process {before.process} has ended meanwhile", err=True)
        return 1
    if refused is None:
        click.echo(
            f"process {before.process} is not done after {wait} s; what becomes of it is in its log and in"
            " /health/ready",
            err=True,
        )
        return 2
    if refused:
        click.echo(f"refused: {refused}; process {before.process} goes on with the configuration that it had", err=True)
        return 1
    click.echo(f"process {before.process} has taken the new configuration; no worker of the one before is left")
    return 0
