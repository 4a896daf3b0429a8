"""`sluis explain DIR --service S --school B --role R`: what a service gets, and by which rule."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gateway.cli.loading import configuration_or_exit, directory_argument
from gateway.domain.brin import Brin
from gateway.domain.clock import SystemClock
from gateway.domain.errors import SluisError
from gateway.domain.role import Role
from gateway.federation.models import ServiceId
from gateway.release.explain import Explanation, explain
from gateway.release.policy import Policy


@click.command("explain")
@directory_argument
@click.option("--service", required=True, help="Id of the service.")
@click.option("--school", required=True, help="BRIN of the school.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]), help="Role of the person.")
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
def command(directory: Path, service: str, school: str, role: str, *, as_json: bool) -> None:
    """Explain a release: each attribute with the rule that lets it through or stops it; exit 1 when nothing goes."""
    configuration = configuration_or_exit(directory)
    federation = configuration.federation
    found = federation.services.get(ServiceId(service))
    if found is None:
        known = ", ".join(sorted(federation.services)) or "none"
        raise click.BadParameter(f"no service has the id {service}; known: {known}", param_hint="--service")
    try:
        explanation = explain(
            federation=federation,
            policy=Policy.of(configuration.settings.policy),
            service=found,
            school=federation.school_by_brin(Brin(school)),
            role=Role(role),
            now=SystemClock().now(),
        )
    except ValueError as cause:
        raise click.BadParameter(str(cause), param_hint="--school") from cause
    except SluisError as error:
        click.echo(f"nothing is released: {error.code}{f' ({error.hint})' if error.hint else ''}")
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(asdict(explanation), indent=2, default=str))
    else:
        _print(explanation)


def _print(explanation: Explanation) -> None:
    console = Console(markup=False, emoji=False)
    console.print(
        f"{explanation.service} at {explanation.school}, {explanation.role}: agreement {explanation.agreement}, "
        f"attribute set {explanation.attribute_set}, policy {explanation.policy}"
    )
    table = Table()
    for column in ("attribute", "goes", "rule", "purpose"):
        table.add_column(column, overflow="fold")
    for line in explanation.lines:
        table.add_row(line.attribute, "yes" if line.released else "no", line.rule, line.purpose)
    console.print(table)
    console.print(f"identifier of a person without ECK iD: {explanation.fallback}")
    statement = explanation.identity_statement
    console.print(f"identity statement: {', '.join(f'{key} {value}' for key, value in asdict(statement).items())}")
