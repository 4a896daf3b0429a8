"""The report of a school as a page and as CSV: the same figures, and no others."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from gateway.domain.language import Language
from gateway.reports.formats import as_csv
from gateway.reports.page import page
from gateway.reports.school import SchoolReport
from gateway.reports.suppression import Figure
from gateway.reports.words import named

_COLUMNS = (
    "part", "service", "role", "attribute", "released", "rule", "reduction", "code", "reference", "attribute_set",
    "from", "until", "state", "shown", "logins", "people",
)  # fmt: skip


def school_csv(report: SchoolReport) -> str:
    """One table of everything; `part` says what a line is about."""
    return as_csv(_COLUMNS, _school_rows(report))


def school_html(report: SchoolReport, *, language: Language, operator: str) -> str:
    """The report as a page that needs nothing beside it."""
    return page(
        "school.html",
        language=language,
        report=report,
        operator=operator,
        at_least=report.at_least,
        named=partial(named, language),
        most_logins=max((line.figure.logins or 0 for line in report.services), default=0),
        most_refusals=max((line.figure.logins or 0 for line in report.refusals), default=0),
    )


def _school_rows(report: SchoolReport) -> Iterator[dict[str, Any]]:
    for role in report.roles:
        yield {"part": "role", "role": role.role, **_figure(role.figure)}
    yield {"part": "without-eck-id", **_figure(report.without_eck_id)}
    if report.fallback_percent is not None:
        yield {"part": "fallback-percent", "logins": report.fallback_percent}
    for line in report.services:
        whose = {"service": line.service, "role": line.role}
        yield {"part": "service", **whose, **_figure(line.figure)}
        for one in line.attributes:
            yield {
                "part": "attribute",
                **whose,
                "attribute": one.attribute,
                "released": one.released,
                "rule": one.rule,
                "reduction": one.reduction,
                **_figure(one.figure),
            }
    for refusal in report.refusals:
        yield {"part": "refusal", "service": refusal.service, "code": refusal.code, **_figure(refusal.figure)}
    for anomaly in report.anomalies:
        yield {"part": "anomaly", "rule": anomaly.handling, "code": anomaly.kind, **_figure(anomaly.figure)}
    for agreement in report.agreements:
        yield {
            "part": "agreement",
            "service": agreement.service,
            "reference": agreement.reference,
            "attribute_set": agreement.attribute_set,
            "from": agreement.valid_from,
            "until": agreement.valid_until,
            "state": agreement.state,
        }
    for note, value in report.notes:
        yield {"part": "note", "code": note, "reference": value}


def _figure(figure: Figure) -> dict[str, Any]:
    return {"shown": figure.shown, "logins": figure.logins, "people": figure.people}
