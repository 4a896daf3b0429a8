"""`sluis check DIR`: everything that is wrong with a configuration, at once."""

import json
import sys
from pathlib import Path

import click

from gateway.cli.loading import Examination, directory_argument, examine
from gateway.domain.clock import SystemClock
from gateway.settings.problems import errors


@click.command("check")
@directory_argument
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def command(directory: Path, *, as_json: bool) -> None:
    """Check the configuration in DIR; exit 1 when there is an error in it."""
    examination = examine(directory, SystemClock())
    if as_json:
        click.echo(_as_json(examination))
    else:
        for problem in examination.problems:
            click.echo(str(problem))
        click.echo(_summary(examination))
    sys.exit(1 if errors(examination.problems) else 0)


def _summary(examination: Examination) -> str:
    wrong = len(errors(examination.problems))
    counted = f"{_counted(wrong, 'error')}, {_counted(len(examination.problems) - wrong, 'warning')}"
    if examination.configuration is None:
        return counted
    federation = examination.configuration.federation
    return (
        f"{counted}; {_counted(len(federation.schools), 'school')}, "
        f"{_counted(len(federation.identity_providers), 'identity provider')}, "
        f"{_counted(len(federation.services), 'service')}"
    )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _as_json(examination: Examination) -> str:
    problems = [
        {
            "level": problem.level,
            "file": problem.place.file,
            "line": problem.place.line,
            "what": problem.what,
            "instead": problem.instead,
        }
        for problem in examination.problems
    ]
    return json.dumps(problems, indent=2, ensure_ascii=False)
