"""Every release that could be, as a page: a table for each service, attributes down, roles across."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.domain.attribute import Attribute
from gateway.domain.language import Language
from gateway.domain.role import Role
from gateway.federation.models import ServiceId
from gateway.release.matrix import NOTHING, Row
from gateway.reports.page import page
from gateway.reports.texts import say
from gateway.reports.words import named

_ORDER = (NOTHING, *(attribute.value for attribute in Attribute))


@dataclass(frozen=True, slots=True)
class _Cell:
    goes: bool
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    attribute: str
    cells: tuple[_Cell, ...]


@dataclass(frozen=True, slots=True)
class _Service:
    name: str
    lines: tuple[_Line, ...]


def matrix_html(
    rows: Sequence[Row], *, whom: str, version: str, names: Mapping[ServiceId, str], counted: bool, language: Language
) -> str:
    """The page of these rows: of `whom`, under this version of the policy; `names` are those of the services.

    Where `counted`, each rule has the number of schools at which it decides.
    """
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.service, row.attribute, row.role), []).append(row)
    attributes: dict[str, dict[str, None]] = {}
    for row in rows:
        attributes.setdefault(row.service, {})[row.attribute] = None
    services = [
        _Service(
            names[ServiceId(service)],
            tuple(
                _Line(
                    one, tuple(_cell(found.get((service, one, role), []), language, counted=counted) for role in Role)
                )
                for one in sorted(attributes[service], key=_ORDER.index)
            ),
        )
        for service in attributes
    ]
    return page(
        "matrix.html",
        language=language,
        whom=whom,
        version=version,
        services=services,
        roles=list(Role),
        nothing=NOTHING,
    )


def _cell(rows: Sequence[Row], language: Language, *, counted: bool) -> _Cell:
    return _Cell(any(row.released for row in rows), tuple(_words(row, language, counted=counted) for row in rows))


def _words(row: Row, language: Language, *, counted: bool) -> str:
    if row.attribute == NOTHING:
        said = say(language, "matrix.refused", why=named(language, "refusal", row.rule))
    else:
        said = say(language, f"rule.{row.rule}")
    reduced = f" ({say(language, f'reduction.{row.reduction}')})" if row.reduction else ""
    return said + reduced + (f" {say(language, 'matrix.at', count=row.schools)}" if counted else "")
