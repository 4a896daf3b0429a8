"""`sluis report`: what a school, a privacy officer or a regulator reads."""

import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import click

from gateway.cli.database import records_of
from gateway.cli.loading import configuration_or_exit, directory_argument
from gateway.domain.brin import Brin
from gateway.domain.clock import SystemClock, dutch_day
from gateway.domain.errors import SluisError
from gateway.domain.language import COMPLETE, Language
from gateway.reports.formats import as_json
from gateway.reports.of_school import Sources, report_of_school
from gateway.reports.register import register
from gateway.reports.register_formats import register_csv, register_html
from gateway.reports.school import Period, SchoolReport
from gateway.reports.school_formats import school_csv, school_html

_DAY = click.DateTime(formats=["%Y-%m-%d"])
language_option = click.option(
    "--language", type=click.Choice([one.value for one in COMPLETE]), help="Of names and pages; else the gateway's."
)


@click.group("report")
def command() -> None:
    """Write the report of a school, or the register of processing."""


@command.command("school")
@directory_argument
@click.argument("school", metavar="BRIN")
@click.option("--from", "first", type=_DAY, help="First day; else the first of last month.")
@click.option("--until", "last", type=_DAY, help="Last day; else the last of the month of the first day.")
@language_option
@click.option("--html", "output", flag_value="html", default=True, help="Print a page (the default).")
@click.option("--csv", "output", flag_value="csv", help="Print CSV.")
@click.option("--json", "output", flag_value="json", help="Print JSON.")
def school_command(  # noqa: PLR0917 - click hands in every option by its name
    directory: Path, school: str, first: datetime | None, last: datetime | None, language: str | None, output: str
) -> None:
    """Print what went from a school to which service, what was refused and which agreements end.

    Days are Dutch; logins of both days count. Numbers of fewer than five people are left out, and so that no two
    reports differ by a few days, one is of whole months that are over; with `environment: test`, of any days.
    """
    now = SystemClock().now()
    period = _period(first, last, today=dutch_day(now))
    brin = _brin(school)
    configuration = configuration_or_exit(directory)
    settings = configuration.settings.gateway
    if settings.environment == "production":
        _insist_on_months(period, today=dutch_day(now))
    spoken = Language(language or settings.languages[0]).basis
    with records_of(configuration.settings) as engine:
        sources = Sources(engine, configuration.federation, settings.retention.ledger, settings.anomalies.by_kind)
        try:
            report = report_of_school(sources, brin, period, now=now, language=spoken)
        except SluisError as error:
            raise click.BadParameter(error.hint or error.code, param_hint="BRIN") from error
    if report is None:
        click.echo(f"no school has the BRIN {brin}, and the ledger has nothing of it", err=True)
        sys.exit(1)
    click.echo(_written(report, output, language=spoken, operator=settings.organisation.name), nl=False)


@command.command("register")
@directory_argument
@language_option
@click.option("--html", "output", flag_value="html", default=True, help="Print a page (the default).")
@click.option("--csv", "output", flag_value="csv", help="Print CSV.")
@click.option("--json", "output", flag_value="json", help="Print JSON.")
def register_command(directory: Path, language: str | None, output: str) -> None:
    """Print the register of processing (GDPR, Article 30) of the configuration as it is now.

    What the law asks and the configuration does not say is named on standard error, and in the register.
    """
    configuration = configuration_or_exit(directory)
    settings = configuration.settings
    spoken = Language(language or settings.gateway.languages[0]).basis
    made = register(settings, configuration.federation, now=SystemClock().now(), language=spoken)
    for one in made.missing:
        click.echo(f"the register lacks `processing.{one}` of gateway.yaml", err=True)
    if output == "json":
        click.echo(as_json(made), nl=False)
    else:
        click.echo(register_csv(made) if output == "csv" else register_html(made, language=spoken), nl=False)


def _written(report: SchoolReport, output: str, *, language: Language, operator: str) -> str:
    if output == "json":
        return as_json(report)
    return school_csv(report) if output == "csv" else school_html(report, language=language, operator=operator)


def _brin(text: str) -> Brin:
    try:
        return Brin(text)
    except ValueError as cause:
        raise click.BadParameter(str(cause), param_hint="BRIN") from cause


def _period(first: datetime | None, last: datetime | None, *, today: date) -> Period:
    """Whole days; by default last month."""
    begins = first.date() if first else _month(today.replace(day=1) - timedelta(days=1)).first
    ends = last.date() if last else _month(begins).last
    if ends < begins:
        raise click.BadParameter(f"{ends} lies before the first day, {begins}", param_hint="--until")
    if begins > today:
        raise click.BadParameter(f"{begins} has not come yet", param_hint="--from")
    return Period(begins, ends)


def _insist_on_months(period: Period, *, today: date) -> None:
    """Of two periods that differ by a few days, the difference is of a few people."""
    whole = Period(_month(period.first).first, _month(period.last).last)
    if period != whole:
        raise click.UsageError(
            f"a report is of whole months, from {whole.first} until {whole.last}: "
            "reports that differ by some days can be subtracted, and show numbers of fewer than five people"
        )
    if period.last >= today:
        raise click.UsageError(f"a report is of months that are over; {period.last} is not")


def _month(day: date) -> Period:
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
