"""A YAML file with the line of everything in it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gateway.settings.problems import Place, Problem

KeyPath = tuple[str | int, ...]
"""The keys and list positions that lead to a value from the root of its file."""

MAX_BYTES = 20_000_000
MAX_VALUES = 1_000_000
MAX_DEPTH = 32
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Document:
    """Where each value of a file stands, and the values themselves until they have been validated."""

    file: str
    value: Any = field(default=None, repr=False)
    lines: dict[KeyPath, int] = field(default_factory=dict, repr=False)

    def place(self, path: KeyPath) -> Place:
        """The place of a value, or of what it should have stood in."""
        while path and path not in self.lines:
            path = path[:-1]
        return Place(self.file, self.lines.get(path, 1))


class _Unusable(Exception):
    """The file as a whole cannot be used. The text is for the operator."""


def read_document(path: Path, *, file: str, problems: list[Problem]) -> Document | None:
    """Read one YAML document, and add what is wrong with it as YAML to `problems`.

    None when that leaves nothing to go by. A key that stands twice does: the first one counts.
    """
    document = Document(file)
    try:
        text = _text(path)
    except _Unusable as cause:
        problems.append(Problem(Place(file, 1), str(cause)))
        return None
    try:
        loader = _LOADER(text)
        node = loader.get_single_node()
        if node is not None:
            document.value = _Reader(loader, document, problems).value(node, (), frozenset())
    except yaml.MarkedYAMLError as cause:
        line = cause.problem_mark.line + 1 if cause.problem_mark else 1
        problems.append(Problem(Place(file, line), *_said_plainly(cause, text, line)))
        return None
    except yaml.YAMLError:
        problems.append(Problem(Place(file, 1), "not YAML: a character that cannot stand in a text file"))
        return None
    except _Unusable as cause:
        problems.append(Problem(Place(file, 1), str(cause)))
        return None
    return document


def _text(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _Unusable("the file is not there") from None
    except OSError as cause:
        raise _Unusable(f"the file cannot be read: {cause.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise _Unusable(f"the file is larger than {MAX_BYTES // 1_000_000} MB; spread it over several")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        line = raw[: cause.start].count(b"\n") + 1
        raise _Unusable(f"the file is not UTF-8 (line {line}); save it as UTF-8") from None


def _said_plainly(cause: yaml.MarkedYAMLError, text: str, line: int) -> tuple[str, str]:
    lines = text.splitlines()
    if line <= len(lines) and lines[line - 1].lstrip(" ").startswith("\t"):
        return "a tab stands in the indentation", "indent with spaces"
    return f"not YAML: {cause.problem}", ""


@dataclass(frozen=True, slots=True)
class _Reader:
    loader: Any
    document: Document
    problems: list[Problem]

    def value(self, node: yaml.Node, path: KeyPath, above: frozenset[int]) -> Any:
        """The value of a node, its lines noted; `above` are the nodes that it stands in."""
        lines = self.document.lines
        lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in above:
            raise _Unusable("an alias contains itself")
        if len(lines) > MAX_VALUES:
            raise _Unusable(f"the file has more than {MAX_VALUES} values, aliases counted out")
        if len(path) > MAX_DEPTH:
            raise _Unusable(f"the file is nested deeper than {MAX_DEPTH} levels")
        if isinstance(node, yaml.SequenceNode):
            inside = above | {id(node)}
            return [self.value(child, (*path, index), inside) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, above | {id(node)})
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath, above: frozenset[int]) -> dict[str | int, Any]:
        values: dict[str | int, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self._key(key_node)
            if key in values:
                self.problems.append(Problem(Place(self.document.file, line), f"{key} stands twice", "keep one"))
                continue
            self.document.lines[*path, key] = line
            values[key] = self.value(value_node, (*path, key), above)
        return values

    def _key(self, node: yaml.Node) -> str | int:
        if not isinstance(node, yaml.ScalarNode) or node.tag == "tag:yaml.org,2002:merge":
            raise yaml.constructor.ConstructorError(None, None, "a key is a plain word or number", node.start_mark)
        key = self._scalar(node)
        # What YAML takes for a boolean, a date or nothing was meant as a word where it stands as a key.
        return key if isinstance(key, str) or type(key) is int else str(node.value)

    def _scalar(self, node: yaml.Node) -> Any:
        try:
            return self.loader.construct_object(node)
        except ValueError:
            # Such as a date that no calendar has.
            return node.value
