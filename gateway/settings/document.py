"""A YAML file with the line of everything in it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gateway.settings.events import FirstReading, NeedsNodes
from gateway.settings.nodes import KeyPath, Lines, Unusable, read_nodes
from gateway.settings.problems import Place, Problem
from gateway.settings.read_before import ReadBefore

MAX_BYTES = 20_000_000


@dataclass(slots=True)
class Document:
    """Where each value of a file stands, and the values themselves until they have been validated.

    Lines are counted when somebody first asks for one: a file of ten thousand entries with nothing wrong in it never
    needs any.
    """

    file: str
    value: Any = field(default=None, repr=False)
    text: str = field(default="", repr=False)
    known_lines: Lines | None = field(default=None, repr=False)

    def place(self, path: KeyPath) -> Place:
        """The place of a value, or of what it should have stood in."""
        lines = self.lines
        while path and path not in lines:
            path = path[:-1]
        return Place(self.file, lines.get(path, 1))

    @property
    def lines(self) -> Lines:
        """The line of each value."""
        if self.known_lines is None:
            self.known_lines = {}
            if self.text:
                read_nodes(self.text, file=self.file, lines=self.known_lines, problems=[])
        return self.known_lines


def read_document(
    path: Path, *, file: str, problems: list[Problem], before: ReadBefore | None = None
) -> Document | None:
    """Read one YAML document, and add what is wrong with it as YAML to `problems`. `before` may know it already.

    None when that leaves nothing to go by. A key that stands twice does: the first one counts.
    """
    document = Document(file)
    try:
        document.text = _text(path)
        document.value = _value(document, problems, before)
    except yaml.MarkedYAMLError as cause:
        line = cause.problem_mark.line + 1 if cause.problem_mark else 1
        problems.append(Problem(Place(file, line), *_said_plainly(cause, document.text, line)))
        return None
    except yaml.YAMLError:
        problems.append(Problem(Place(file, 1), "not YAML: a character that cannot stand in a text file"))
        return None
    except Unusable as cause:
        problems.append(Problem(Place(file, 1), str(cause)))
        return None
    return document


def _value(document: Document, problems: list[Problem], before: ReadBefore | None) -> Any:
    """The quick way, or the thorough one for what is rare: anchors, tags, keys that stand twice."""
    known = before.find(document.file, document.text) if before else None
    if known is not None:
        return known
    try:
        value = FirstReading(document.text).value()
    except NeedsNodes:
        document.known_lines = {}
        return read_nodes(document.text, file=document.file, lines=document.known_lines, problems=problems)
    if before:
        before.keep(document.file, document.text, value)
    return value


def _text(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise Unusable("the file is not there") from None
    except OSError as cause:
        raise Unusable(f"the file cannot be read: {cause.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise Unusable(f"the file is larger than {MAX_BYTES // 1_000_000} MB; spread it over several")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        line = raw[: cause.start].count(b"\n") + 1
        raise Unusable(f"the file is not UTF-8 (line {line}); save it as UTF-8") from None


def _said_plainly(cause: yaml.MarkedYAMLError, text: str, line: int) -> tuple[str, str]:
    lines = text.splitlines()
    if line <= len(lines) and lines[line - 1].lstrip(" ").startswith("\t"):
        return "a tab stands in the indentation", "indent with spaces"
    return f"not YAML: {cause.problem}", ""
