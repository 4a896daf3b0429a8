"""The matrix of releases as CSV, as a page, and as a table of the terminal."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, fields
from html import escape

from rich.console import Console
from rich.table import Table

from gateway.domain.role import Role
from gateway.release.matrix import Row

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1b1b;background:#fff}"
    "table{border-collapse:collapse;margin:0 0 2rem}caption{text-align:left;font-weight:700;font-size:1.2rem}"
    "th,td{border:1px solid #767676;padding:.3rem .6rem;text-align:left;vertical-align:top}"
    "thead th{background:#eee}.yes{background:#dff0d8}.wide{overflow-x:auto}"
)


def as_csv(rows: Sequence[Row]) -> str:
    """RFC 4180, with the names of the fields in the first line."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [field.name for field in fields(Row)])
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return out.getvalue()


def as_html(rows: Sequence[Row], *, title: str) -> str:
    """One page without scripts: a table for each service, attributes down, roles across."""
    heads = "".join(f'<th scope="col">{escape(role)}</th>' for role in Role)
    tables = []
    for service in _services(rows):
        body = "".join(
            f'<tr><th scope="row">{escape(attribute)}</th>'
            + "".join(_html_cell(_cell(rows, service, role, attribute)) for role in Role)
            + "</tr>"
            for attribute in _attributes(rows, service)
        )
        tables.append(
            f'<div class="wide" tabindex="0" role="region" aria-label="{escape(service)}"><table>'
            f"<caption>{escape(service)}</caption>"
            f'<thead><tr><th scope="col">attribute</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
        )
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{''.join(tables)}</main></body></html>\n"
    )


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


def _html_cell(lines: Sequence[str]) -> str:
    mark = ' class="yes"' if any(line.startswith("yes") for line in lines) else ""
    return f"<td{mark}>{'<br>'.join(map(escape, lines)) or '&#8211;'}</td>"
