"""A file of a school's administration for the vault: CSV, or JSON lines, with a sentence for each line that is wrong.

One line an account at a school; `gateway.pseudonyms.provisioned` says what its columns are.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Any, BinaryIO, TypeAlias

from gateway.domain.brin import Brin
from gateway.federation.models import School
from gateway.pseudonyms.provisioned import FIELDS, Provisioned, provisioned, wrong_names

_Text: TypeAlias = "TextIOWrapper[Any]"
_LONGEST_LINE = 8192
_ZIP = b"PK\x03\x04"


class NoVaultFile(Exception):
    """The file as a whole cannot be read; the text says why and what would be right."""


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
        for number, texts in read_texts(stream, FIELDS, ("account", "school"), as_json=as_json):
            yield self._line(number, texts)

    def _line(self, number: int, texts: Mapping[str, str] | str) -> Line:
        if isinstance(texts, str):
            return Line(number, None, texts)
        try:
            return Line(number, provisioned(texts, self._schools, self._segments))
        except ValueError as cause:
            return Line(number, None, str(cause))


def read_texts(
    stream: BinaryIO, known: Sequence[str], required: Sequence[str], *, as_json: bool
) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    """The number of each line, and its trimmed texts by name or what is wrong with it.

    `known` are the names that there may be, `required` those that a header must have. Raises NoVaultFile.
    """
    start = stream.read(4)
    stream.seek(0)
    if not start:
        raise NoVaultFile("it is empty")
    if start == _ZIP:
        raise NoVaultFile("it is a workbook of a spreadsheet; save it as CSV (in Excel: CSV UTF-8)")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in start:
        raise NoVaultFile("it is UTF-16; save it as UTF-8 (in Excel: CSV UTF-8)")
    text = TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        for number, fields in _json(text, known) if as_json else _csv(text, known, required):
            yield number, fields if isinstance(fields, str) else {name: one.strip() for name, one in fields.items()}
    except UnicodeDecodeError as cause:
        raise NoVaultFile("it is not UTF-8; save it as UTF-8 (in Excel: CSV UTF-8)") from cause
    finally:
        text.detach()


def _csv(text: _Text, known: Sequence[str], required: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    first = text.readline(_LONGEST_LINE)
    names = next(csv.reader([first], delimiter=_delimiter(first)), [])
    header = [name.strip().lower() for name in names]
    _check_header(header, known, required)
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


def _json(text: _Text, known: Sequence[str]) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
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
        elif wrong := wrong_names(fields, known):
            yield number, wrong
        else:
            yield number, {name: value or "" for name, value in fields.items()}


def _delimiter(header: str) -> str:
    """What parts the names of the header: Excel writes semicolons in Dutch."""
    return max(";,\t", key=header.count)


def _check_header(header: list[str], known: Sequence[str], required: Sequence[str]) -> None:
    if wrong := wrong_names(header, known):
        # Without a header its first line is of a person: so it is not quoted.
        at = [str(place) for place, name in enumerate(header, 1) if name not in known]
        raise NoVaultFile(f"the header (the first line, with the names of the columns), at {', '.join(at)}: {wrong}")
    if len(set(header)) < len(header):
        raise NoVaultFile("the header names a column twice")
    if missing := [name for name in required if name not in header]:
        raise NoVaultFile(f"the header does not name {' and '.join(missing)}; known are {', '.join(known)}")
