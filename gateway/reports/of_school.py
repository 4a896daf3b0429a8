"""The report of a school, from the database and the configuration as they are now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from gateway.domain.anomaly import Anomaly, Rule
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_day, dutch_midnight
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import Language, in_language
from gateway.federation.models import IdentityProvider, School
from gateway.federation.snapshot import Federation
from gateway.reports.anomalies import anomaly_lines
from gateway.reports.ending import agreements_of
from gateway.reports.ledger_figures import add_up
from gateway.reports.page import moment
from gateway.reports.school import Named, Note, Period, SchoolReport, school_report
from gateway.storage import anomaly_reading, ledger_counts

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sources:
    """What reports are made of. `kept` is how long the ledger keeps a row, `rules` what is done about anomalies."""

    engine: Engine
    federation: Federation
    kept: timedelta
    rules: Mapping[Anomaly, Rule]


def report_of_school(
    sources: Sources, brin: Brin, period: Period, *, now: datetime, language: Language
) -> SchoolReport | None:
    """The report; None for a school that neither the federation nor the ledger knows.

    Raises SluisError BRIN_AMBIGUOUS, or SQLAlchemyError.
    """
    federation = sources.federation
    school = _school(federation, brin)
    idps = [idp for idp in federation.identity_providers.values() if school is not None and school.brin in idp.schools]
    since, until = dutch_midnight(period.first), dutch_midnight(period.last + _A_DAY)
    whose, of_it = str(school.brin if school is not None else brin), [idp.id for idp in idps if len(idp.schools) == 1]
    figures = add_up(ledger_counts.counted(sources.engine, since=since, until=until, school=whose, idps=of_it))
    if school is None and figures.empty:
        return None
    agreements = (
        agreements_of(federation, school, since=period.first, today=dutch_day(now), language=language)
        if school is not None
        else ()
    )
    return school_report(
        figures,
        school=_named(school, brin, language),
        period=period,
        made=now,
        names={
            service.id: (in_language(service.names, language), service.supplier)
            for service in federation.services.values()
        },
        anomalies=anomaly_lines(
            anomaly_reading.accounts(sources.engine, since=since, until=until, school=whose, idps=of_it),
            sources.rules,
            figures,
        ),
        agreements=agreements,
        notes=_notes(sources, school, period, idps, now=now, language=language),
    )


def _school(federation: Federation, brin: Brin) -> School | None:
    try:
        return federation.school_by_brin(brin)
    except SluisError as error:
        if error.code is ErrorCode.BRIN_UNKNOWN:
            return None
        raise


def _named(school: School | None, brin: Brin, language: Language) -> Named:
    if school is None:
        return Named(str(brin), str(brin), "")
    return Named(str(school.brin), in_language(school.names, language), school.sector.value)


def _notes(
    sources: Sources,
    school: School | None,
    period: Period,
    idps: Sequence[IdentityProvider],
    *,
    now: datetime,
    language: Language,
) -> Iterator[tuple[Note, str]]:
    if school is None:
        yield Note.NOT_IN_FEDERATION, ""
    began, kept_from = ledger_counts.began(sources.engine), dutch_day(now - sources.kept)
    if period.first <= kept_from:
        yield Note.OVER, f"{kept_from}"
    if began is not None and period.first < dutch_day(began):
        yield Note.BEGAN, f"{dutch_day(began)}"
    if period.last >= dutch_day(now):
        yield Note.NOT_YET_OVER, moment(now)
    hubs = [in_language(idp.names, language) for idp in idps if len(idp.schools) > 1]
    if hubs:
        yield Note.HUBS, ", ".join(sorted(hubs))
