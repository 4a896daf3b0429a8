"""`sluis policy diff OLD NEW`: what a new policy says otherwise, and which releases change for whom."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from gateway.cli.loading import configuration_or_exit, show
from gateway.cli.tables import table, terminal_width
from gateway.domain.clock import SystemClock, dutch_day
from gateway.release.alike import alike
from gateway.release.differences import ClassChange, ReleaseChange, class_changes, release_changes
from gateway.release.matrix import rows_of
from gateway.release.policy import Policy
from gateway.settings.loader import read_policy
from gateway.settings.problems import errors

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("policy")
def command() -> None:
    """Compare versions of the policy."""


@command.command("diff")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option(
    "--in",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Configuration whose releases are compared; absent: the directory of NEW or OLD, if it is one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def diff(old: Path, new: Path, directory: Path | None, *, as_json: bool) -> None:
    """Print what the policy file NEW changes that OLD said, and which releases change for whom."""
    before, after = _policy(old), _policy(new)
    classes = class_changes(before, after)
    directory = directory or next((one.parent for one in (new, old) if (one.parent / "gateway.yaml").is_file()), None)
    releases = None if directory is None else _releases(directory, before, after)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "classes": [asdict(change) for change in classes],
                    "releases": None if releases is None else [asdict(change) for change in releases],
                },
                indent=2,
            )
        )
    else:
        _print(before, after, classes, releases)


def _policy(path: Path) -> Policy:
    policy, problems = read_policy(path)
    show(problems)
    if policy is None or errors(problems):
        sys.exit(1)
    return Policy.of(policy)


def _releases(directory: Path, before: Policy, after: Policy) -> tuple[ReleaseChange, ...]:
    federation, now = configuration_or_exit(directory).federation, SystemClock().now()
    return release_changes(
        (
            kind.count,
            rows_of(kind, federation=federation, policy=before, now=now),
            rows_of(kind, federation=federation, policy=after, now=now),
        )
        for kind in alike(federation, federation.schools.values(), dutch_day(now))
    )


def _print(
    before: Policy, after: Policy, classes: Sequence[ClassChange], releases: Sequence[ReleaseChange] | None
) -> None:
    width = terminal_width()
    if not classes:
        click.echo(f"the policies {before.version} and {after.version} say the same")
        return
    said = [(one.attribute, one.before, one.after, "; ".join(one.whom)) for one in classes]
    click.echo(f"policy {before.version} to {after.version}")
    click.echo(table(("attribute", "before", "after", "for whom"), said, width=width))
    if releases is None:
        click.echo("no configuration beside these files: name one with --in to see which releases change")
    elif not releases:
        click.echo("no release changes")
    else:
        rows = [(one.service, one.role, one.attribute, one.before, one.after, str(one.schools)) for one in releases]
        click.echo("releases that change")
        header = ("service", "role", "attribute", "goes before", "goes after", "schools")
        click.echo(table(header, rows, width=width), nl=False)
