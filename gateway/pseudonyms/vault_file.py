"""A file of a school's administration for the vault: CSV, or JSON lines, with a sentence for each line that is wrong.

One line an account at a school: `account` is the user id as the identity provider sends it, `school` its BRIN, `eck_id`
the ECK iD in the school's sector, and `eck_id_po`, `eck_id_vo`, `eck_id_mbo`, `eck_id_ho` those of other sectors;
`until` the last day, and `checked` the day on which DUO's register was asked, both `2026-09-01`. No sentence quotes a
value.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from io import TextIOWrapper
from types import MappingProxyType
from typing import Any, BinaryIO, TypeAlias

from gateway.attributes.citizen_numbers import is_named_so, looks_like_one
from gateway.domain.brin import Brin
from gateway.domain.eck_id import EckId
from gateway.domain.sector import Sector
from gateway.federation.models import School

_SECTORS = MappingProxyType({f"eck_id_{sector}": sector for sector in (Sector.PO, Sector.VO, Sector.MBO, Sector.HO)})
COLUMNS = ("account", "school", "eck_id", *_SECTORS, "until", "checked")
_Text: TypeAlias = "TextIOWrapper[Any]"
_LONGEST_LINE = 8192
_LONGEST_ACCOUNT = 256


class NoVaultFile(Exception):
    """The file as a whole cannot be read; the text says why and what would be right."""


@dataclass(frozen=True, slots=True)
class Provisioned:
    """One good line. `account` is still the local id: it goes no further than into a keyed hash."""

    account: str
    school: School
    eck_ids: Mapping[Sector, EckId]
    until: date | None
    checked: date | None

    def __repr__(self) -> str:
        return f"Provisioned(<hidden>, {self.school.brin})"


@dataclass(frozen=True, slots=True)
class Line:
    """A line by its number, and what it says, or what is wrong with it."""

    number: int
    entry: Provisioned | None
    wrong: str = ""


class VaultFile:
    """Reads one file. `schools` are those that the identity provider speaks for."""

    def __init__(self, schools: Mapping[Brin, School], segments: frozenset[str]) -> None:
        self._schools = schools
        self._segments = segments

    def lines(self, stream: BinaryIO, *, as_json: bool) -> Iterator[Line]:
        """Each line as it is read, nothing kept. Raises NoVaultFile when there is no use in reading on."""
        start = stream.read(4)
        stream.seek(0)
        if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in start:
            raise NoVaultFile("it is UTF-16; save it as UTF-8 (in Excel: CSV UTF-8)")
        text = TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        try:
            for number, fields in self._json(text) if as_json else self._csv(text):
                yield self._line(number, fields)
        except UnicodeDecodeError as cause:
            raise NoVaultFile("it is not UTF-8; save it as UTF-8 (in Excel: CSV UTF-8)") from cause
        finally:
            text.detach()

    def _csv(self, text: _Text) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
        first = text.readline(_LONGEST_LINE)
        names = next(csv.reader([first], delimiter=_delimiter(first)), [])
        header = [name.strip().lower() for name in names]
        _check_header(header)
        limited = iter(lambda: text.readline(_LONGEST_LINE + 1), "")
        number = 1
        for line in limited:
            number += 1
            if len(line) > _LONGEST_LINE:
                raise NoVaultFile(f"line {number} is longer than {_LONGEST_LINE} characters: is a quote left open?")
            try:
                cells = next(csv.reader([line], delimiter=_delimiter(first), strict=True), [])
            except csv.Error:
                yield number, "a quote is left open, or stands in the middle of a cell"
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                yield number, f"it has {len(cells)} cells and the header has {len(header)}"
            else:
                yield number, dict(zip(header, cells, strict=True))

    def _json(self, text: _Text) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
        for number, line in enumerate(iter(lambda: text.readline(_LONGEST_LINE + 1), ""), 1):
            if len(line) > _LONGEST_LINE:
                raise NoVaultFile(f"line {number} is longer than {_LONGEST_LINE} characters")
            if not line.strip():
                continue
            try:
                fields = json.loads(line)
            except (ValueError, RecursionError):
                yield number, "it is not JSON"
                continue
            if not isinstance(fields, dict) or not all(isinstance(one, str | None) for one in fields.values()):
                yield number, "it is not a JSON object with texts"
            elif wrong := _unknown(fields):
                yield number, wrong
            else:
                yield number, {name: value or "" for name, value in fields.items()}

    def _line(self, number: int, fields: Mapping[str, Any] | str) -> Line:
        if isinstance(fields, str):
            return Line(number, None, fields)
        try:
            return Line(number, self._entry({name: value.strip() for name, value in fields.items()}))
        except ValueError as cause:
            return Line(number, None, str(cause))

    def _entry(self, fields: Mapping[str, str]) -> Provisioned:
        account = _account(fields.get("account", ""))
        school = self._school(fields.get("school", ""))
        return Provisioned(
            account=account,
            school=school,
            eck_ids=self._eck_ids(fields, school),
            until=_day("until", fields.get("until", "")),
            checked=_day("checked", fields.get("checked", "")),
        )

    def _school(self, text: str) -> School:
        try:
            brin = Brin(text.upper())
        except ValueError:
            raise ValueError("school: a BRIN has 4 characters, or 6 with its branch") from None
        school = self._schools.get(brin) or self._schools.get(brin.main)
        if school is None:
            raise ValueError("school: this identity provider does not speak for it")
        return school

    def _eck_ids(self, fields: Mapping[str, str], school: School) -> Mapping[Sector, EckId]:
        found: dict[Sector, EckId] = {}
        for column, sector in (("eck_id", school.sector.eck), *_SECTORS.items()):
            value = fields.get(column, "")
            if not value:
                continue
            try:
                one = EckId.parse(value, sector=sector, segments=self._segments)
            except ValueError as cause:
                raise ValueError(f"{column}: {cause}") from None
            if found.setdefault(sector, one).value != one.value:
                raise ValueError(f"eck_id and {column} are of the same sector, and differ")
        if not found:
            raise ValueError("eck_id: there is none; leave the line out until there is one")
        return found


def _account(text: str) -> str:
    if not text:
        raise ValueError("account: it is empty")
    if len(text) > _LONGEST_ACCOUNT or not text.isprintable():
        raise ValueError(f"account: at most {_LONGEST_ACCOUNT} characters, all of them printable")
    if text[0] in "=+-@":
        raise ValueError("account: it begins as a formula of a spreadsheet does; export the values themselves")
    if looks_like_one(text):
        raise ValueError(
            "account: it has the shape of a citizen number (BSN or onderwijsnummer), which never comes here"
        )
    return text


def _day(column: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{column}: a day is written as 2026-09-01") from None


def _delimiter(header: str) -> str:
    """What parts the names of the header: Excel writes semicolons in Dutch."""
    return max(";,\t", key=header.count)


def _check_header(header: list[str]) -> None:
    if wrong := _unknown(header):
        raise NoVaultFile(f"the header: {wrong}")
    if len(set(header)) < len(header):
        raise NoVaultFile("the header names a column twice")
    if missing := [name for name in ("account", "school") if name not in header]:
        raise NoVaultFile(f"the header does not name {' and '.join(missing)}; known are {', '.join(COLUMNS)}")


def _unknown(names: Mapping[str, Any] | list[str]) -> str:
    if any(is_named_so(name) for name in names):
        return "a column is named as a citizen number; a citizen number never comes here: leave it out"
    if unknown := sorted(set(names) - set(COLUMNS)):
        return f"{len(unknown)} unknown columns; known are {', '.join(COLUMNS)}"
    return ""
