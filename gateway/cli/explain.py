"""`sluis explain DIR`: what a service gets and by which rule; `--matrix` for all services, roles and attributes."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from textwrap import fill
from typing import Any, NoReturn

import click

from gateway.cli.loading import Configuration, configuration_or_exit, directory_argument
from gateway.cli.matrix_formats import as_csv, as_tables, how_it_goes
from gateway.cli.tables import table, terminal_width
from gateway.cli.wire_names import attribute_of, how_asked, wire_names
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import SystemClock
from gateway.domain.errors import SluisError
from gateway.domain.language import COMPLETE, Language, in_language
from gateway.domain.protocol import Protocol
from gateway.domain.role import Role
from gateway.federation.models import School, Service, ServiceId
from gateway.release.explain import Explanation, Line, explain
from gateway.release.matrix import matrix
from gateway.release.policy import Policy
from gateway.release.record import MEANINGS, Rule
from gateway.reports.matrix_page import matrix_html
from gateway.reports.texts import say

_NONE = "none"


@click.command("explain")
@directory_argument
@click.option("--service", help="Id of the service.")
@click.option("--school", help="BRIN of the school.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Role of the person.")
@click.option("--why-not", help="Explain one attribute in words; by its name here, or as the service reads it.")
@click.option("--matrix", "as_matrix", is_flag=True, help="All services, roles and attributes; of all schools or one.")
@click.option("--json", "output", flag_value="json", help="Print JSON.")
@click.option("--csv", "output", flag_value="csv", help="Print the matrix as CSV.")
@click.option("--html", "output", flag_value="html", help="Print the matrix as a page.")
@click.option("--language", type=click.Choice([one.value for one in COMPLETE]), help="Of the page; else the gateway's.")
def command(  # noqa: PLR0917 - click hands in every option by its name
    directory: Path,
    service: str | None,
    school: str | None,
    role: str | None,
    why_not: str | None,
    as_matrix: bool,  # noqa: FBT001
    output: str | None,
    language: str | None,
) -> None:
    """Explain releases: each attribute with the rule that lets it through or stops it; exit 1 when nothing goes."""
    if as_matrix:
        if service or role or why_not:
            raise click.UsageError("--matrix is of all services and roles; only --school goes with it")
        _matrix(configuration_or_exit(directory), school, output, language)
        return
    if service is None or school is None or role is None:
        raise click.UsageError("name --service, --school and --role; or --matrix")
    if output in ("csv", "html"):
        raise click.UsageError(f"--{output} goes with --matrix")
    configuration = configuration_or_exit(directory)
    found = _service(configuration, service)
    asked = _attribute(found, why_not) if why_not is not None else None
    explanation = _explained(configuration, found, school, role)
    if asked is not None:
        _print_why(explanation, found, asked)
    elif output == "json":
        click.echo(json.dumps(_named(explanation, found), indent=2, default=str))
    else:
        _print(explanation, found)


def _attribute(service: Service, name: str) -> Attribute:
    found = attribute_of(service, name)
    if found is None:
        known = ", ".join(sorted({*wire_names(service).values(), *Attribute}))
        raise click.BadParameter(
            f"no attribute or name of {service.id} is {name}; known: {known}", param_hint="--why-not"
        )
    return found


def _named(explanation: Explanation, service: Service) -> dict[str, Any]:
    """The explanation as data, each line with the name that the service reads."""
    told = asdict(explanation)
    names = wire_names(service)
    for line in told["lines"]:
        line["name"] = names.get(Attribute(line["attribute"]), "")
    return told


def _explained(configuration: Configuration, service: Service, school: str, role: str) -> Explanation:
    try:
        return explain(
            federation=configuration.federation,
            policy=Policy.of(configuration.settings.policy),
            service=service,
            school=_school(configuration, school),
            role=Role(role),
            now=SystemClock().now(),
        )
    except SluisError as error:
        _refused(error)


def _service(configuration: Configuration, service: str) -> Service:
    services = configuration.federation.services
    found = services.get(ServiceId(service))
    if found is None:
        known = ", ".join(sorted(services)) or "none"
        raise click.BadParameter(f"no service has the id {service}; known: {known}", param_hint="--service")
    return found


def _school(configuration: Configuration, school: str) -> School:
    try:
        return configuration.federation.school_by_brin(Brin(school))
    except ValueError as cause:
        raise click.BadParameter(str(cause), param_hint="--school") from cause


def _matrix(configuration: Configuration, school: str | None, output: str | None, language: str | None) -> None:
    federation = configuration.federation
    try:
        schools = [_school(configuration, school)] if school else list(federation.schools.values())
    except SluisError as error:
        _refused(error)
    policy = Policy.of(configuration.settings.policy)
    rows = matrix(federation=federation, policy=policy, schools=schools, now=SystemClock().now())
    if output == "json":
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
    elif output == "csv":
        click.echo(as_csv(rows), nl=False)
    elif output == "html":
        spoken = Language(language or configuration.settings.gateway.languages[0]).basis
        one = schools[0] if school else None
        whom = in_language(one.names, spoken) if one else say(spoken, "matrix.all", count=len(schools))
        names = {service.id: in_language(service.names, spoken) for service in federation.services.values()}
        page = matrix_html(rows, whom=whom, version=policy.version, names=names, counted=one is None, language=spoken)
        click.echo(page, nl=False)
    else:
        click.echo(as_tables(rows, counted=school is None, width=terminal_width()), nl=False)


def _print(explanation: Explanation, service: Service) -> None:
    names = wire_names(service)
    word = "claim" if service.protocol is Protocol.OIDC else "name"
    rows = [
        (
            line.attribute,
            how_it_goes(line.reduction, released=line.released),
            line.rule,
            line.purpose,
            names.get(Attribute(line.attribute), ""),
        )
        for line in explanation.lines
    ]
    width = terminal_width()
    _say(_about(explanation))
    click.echo()
    click.echo(table(("attribute", "goes", "rule", "purpose", word), rows, width=width))
    if service.protocol is Protocol.OIDC:
        _say("what goes reaches the service where it asks for it, by scope or by name; --why-not says how")
    _say(f"identifier of a person without ECK iD: {explanation.fallback}")
    statement = asdict(explanation.identity_statement)
    _say("identity statement: " + ", ".join(f"{key} {value or _NONE}" for key, value in statement.items()))


def _say(text: str) -> None:
    click.echo(fill(text, terminal_width(), break_long_words=False, break_on_hyphens=False))


def _print_why(explanation: Explanation, service: Service, attribute: Attribute) -> None:
    line = next((one for one in explanation.lines if one.attribute == attribute), None)
    name = wire_names(service).get(attribute)
    called = f"{attribute} ({name})" if name not in (None, attribute) else str(attribute)
    click.echo(_about(explanation))
    if line is None:
        click.echo(f"{called} stays: no attribute set of {explanation.service} asks it")
        return
    how = how_asked(service, attribute)
    click.echo(_why(line, called) + (f"; {how}" if how else ""))


def _why(line: Line, called: str) -> str:
    reduction = f", reduced: {line.reduction}" if line.reduction else ""
    purpose = f"; its purpose is {line.purpose}" if line.purpose else ""
    goes = "goes" if line.released else "stays"
    return f"{called} {goes} ({line.rule}{reduction}): {MEANINGS[Rule(line.rule)]}{purpose}"


def _about(explanation: Explanation) -> str:
    return (
        f"{explanation.service} at {explanation.school}, {explanation.role}: agreement {explanation.agreement}, "
        f"attribute set {explanation.attribute_set}, policy {explanation.policy}"
    )


def _refused(error: SluisError) -> NoReturn:
    click.echo(f"nothing is released: {error.code}{f' ({error.hint})' if error.hint else ''}")
    sys.exit(1)
