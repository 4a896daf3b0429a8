"""The matrix of releases as CSV and as a table of the terminal."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from itertools import groupby

from gateway.cli.tables import table
from gateway.domain.role import Role
from gateway.release.matrix import NOTHING, Row

_EVERYBODY = "everybody"


def as_csv(rows: Sequence[Row]) -> str:
    """RFC 4180, with the names of the fields in the first line."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(Row)])
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return out.getvalue()


def as_tables(rows: Sequence[Row], *, counted: bool, width: int) -> str:
    """A table for each service, of rows in their order; where `counted`, with the number of schools.

    People of whom a rule decides the same share a line.
    """
    header = ("attribute", "goes", "rule", *(["schools"] if counted else []), "people")
    return "\n".join(
        f"{service}\n" + table(header, _lines(list(of_service), counted=counted), width=width)
        for service, of_service in groupby(rows, lambda row: row.service)
    )


def _lines(rows: Sequence[Row], *, counted: bool) -> list[tuple[str, ...]]:
    """First where nothing goes at all; of an attribute what goes before what stays."""
    roles: dict[tuple[str, bool, str, str, int], set[str]] = {}
    for row in sorted(rows, key=_in_order):
        roles.setdefault((row.attribute, row.released, row.rule, row.reduction, row.schools), set()).add(row.role)
    return [
        (attribute, how_it_goes(reduction, released=released), rule, *([str(schools)] if counted else []), _people(of))
        for (attribute, released, rule, reduction, schools), of in roles.items()
    ]


def how_it_goes(reduction: str, *, released: bool) -> str:
    """`yes`, or what is left of it, such as `initial`; `no`, with the reduction that left nothing."""
    if released:
        return reduction or "yes"
    return f"no {reduction}".rstrip()


def _in_order(row: Row) -> tuple[bool, str, bool, str, str]:
    return row.attribute != NOTHING, row.attribute, not row.released, row.rule, row.reduction


def _people(roles: set[str]) -> str:
    return _EVERYBODY if roles == set(Role) else ", ".join(role for role in Role if role in roles)
