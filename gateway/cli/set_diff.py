"""`sluis service diff DIR SERVICE OLD NEW`: what a school is asked to accept with a new attribute set."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from gateway.cli.loading import configuration_or_exit, directory_argument
from gateway.cli.tables import table, terminal_width
from gateway.federation.models import ServiceId
from gateway.release.differences import set_changes


@click.command("diff")
@directory_argument
@click.argument("service")
@click.argument("old", type=int)
@click.argument("new", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
def diff(directory: Path, service: str, old: int, new: int, *, as_json: bool) -> None:
    """Print what the attribute set NEW of SERVICE asks otherwise than the set OLD."""
    federation = configuration_or_exit(directory).federation
    found = federation.services.get(ServiceId(service))
    if found is None:
        known = ", ".join(sorted(federation.services)) or "none"
        raise click.BadParameter(f"no service has the id {service}; known: {known}", param_hint="SERVICE")
    for number in (old, new):
        if number not in found.attribute_sets:
            have = ", ".join(map(str, sorted(found.attribute_sets)))
            raise click.BadParameter(f"{service} has no attribute set {number}; it has {have}")
    changes = set_changes(found.attribute_sets[old], found.attribute_sets[new])
    if as_json:
        click.echo(json.dumps([asdict(change) for change in changes], indent=2))
        return
    if not changes:
        click.echo(f"the sets {old} and {new} of {service} ask the same")
        return
    rows = [(change.attribute, change.before or "not asked", change.after or "not asked") for change in changes]
    click.echo(f"{service}: set {old} to set {new}")
    click.echo(table(("attribute", f"set {old}", f"set {new}"), rows, width=terminal_width()), nl=False)
