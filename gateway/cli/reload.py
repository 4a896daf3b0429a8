"""`sluis reload DIR`: the running gateway takes the configuration as it is now."""

import os
import signal
import sys
from pathlib import Path

import click

from gateway.cli import pid_file
from gateway.cli.loading import configuration_or_exit, directory_argument


@click.command("reload")
@directory_argument
def command(directory: Path) -> None:
    """Check DIR, and have the gateway that serves it take it; exit 1, and change nothing, when there is an error."""
    settings = configuration_or_exit(directory, warn=True).settings
    path = pid_file.path_of(settings)
    if path is None:
        click.echo("pid_file is null: send SIGHUP to the process that serves", err=True)
        sys.exit(1)
    process = pid_file.running(path)
    if process is None:
        click.echo(f"no gateway serves {directory}", err=True)
        sys.exit(1)
    os.kill(process, signal.SIGHUP)
    click.echo(f"process {process} takes the new configuration; what becomes of it is in its log and in /health/ready")
