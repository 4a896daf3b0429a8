"""`sluis check DIR`: everything that is wrong with a configuration, at once."""

import json
import sys
from pathlib import Path

import click

from gateway.cli.loading import all_problems, directory_argument
from gateway.settings.problems import errors


@click.command("check")
@directory_argument
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def command(directory: Path, *, as_json: bool) -> None:
    """Check the configuration in DIR; exit 1 when there is an error in it."""
    problems = all_problems(directory)
    if as_json:
        click.echo(
            json.dumps(
                [
                    {
                        "file": problem.place.file,
                        "line": problem.place.line,
                        "level": problem.level,
                        "what": problem.what,
                        "instead": problem.instead,
                    }
                    for problem in problems
                ],
                indent=2,
            )
        )
    else:
        for problem in problems:
            click.echo(str(problem))
        wrong = len(errors(problems))
        click.echo(f"{wrong} errors, {len(problems) - wrong} warnings")
    sys.exit(1 if errors(problems) else 0)
