"""The matrix of releases as CSV and as a table of the terminal."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields

from rich.console import Console
from rich.table import Table

from gateway.domain.role import Role
from gateway.release.matrix import Row


def as_csv(rows: Sequence[Row]) -> str:
    """RFC 4180, with the names of the fields in the first line."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(Row)])
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return out.getvalue()


def print_table(rows: Sequence[Row], console: Console) -> None:
    """A table for each service."""
    for service in _services(rows):
        table = Table(title=service, title_justify="left")
        for column in ("attribute", *Role):
            table.add_column(column, overflow="fold")
        for attribute in _attributes(rows, service):
            table.add_row(attribute, *("\n".join(_cell(rows, service, role, attribute)) for role in Role))
        console.print(table)


def _services(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.service for row in rows))


def _attributes(rows: Sequence[Row], service: str) -> list[str]:
    return sorted({row.attribute for row in rows if row.service == service})


def _cell(rows: Sequence[Row], service: str, role: str, attribute: str) -> list[str]:
    """A line for each rule; the number of schools where there are more than one."""
    found = [row for row in rows if (row.service, row.role, row.attribute) == (service, role, attribute)]
    return [_words(row, counted=len(found) > 1 or row.schools > 1) for row in found]


def _words(row: Row, *, counted: bool) -> str:
    said = f"{'yes' if row.released else 'no'}: {row.rule}" + (f", {row.reduction}" if row.reduction else "")
    return f"{said} ({row.schools})" if counted else said
