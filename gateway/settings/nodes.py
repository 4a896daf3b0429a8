"""The thorough reading of YAML: every value with its line, anchors and tags understood."""

from dataclasses import dataclass
from typing import Any

import yaml

from gateway.settings.problems import Place, Problem

KeyPath = tuple[str | int, ...]
"""The keys and list positions that lead to a value from the root of its file."""
Lines = dict[KeyPath, int]
"""Where values stand."""

MAX_VALUES = 1_000_000
MAX_DEPTH = 32
LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unusable(Exception):
    """The file as a whole cannot be used. The text is for the operator."""


def read_nodes(text: str, *, file: str, lines: Lines, problems: list[Problem]) -> Any:
    """The one document of a text; None for an empty one. Raises YAMLError or Unusable.

    Notes where each value stands; of a key that stands twice the first one counts, and that is a problem.
    """
    loader = LOADER(text)
    node = loader.get_single_node()
    return None if node is None else _Reader(loader, file, lines, problems).value(node, (), frozenset())


@dataclass(frozen=True, slots=True)
class _Reader:
    """From nodes to values, with the line of each."""

    loader: Any
    file: str
    lines: Lines
    problems: list[Problem]

    def value(self, node: yaml.Node, path: KeyPath, above: frozenset[int]) -> Any:
        """The value of a node, its lines noted; `above` are the nodes that it stands in."""
        lines = self.lines
        lines.setdefault(path, node.start_mark.line + 1)
        if id(node) in above:
            raise Unusable("an alias contains itself")
        if len(lines) > MAX_VALUES:
            raise Unusable(f"the file has more than {MAX_VALUES} values, aliases counted out")
        if len(path) > MAX_DEPTH:
            raise Unusable(f"the file is nested deeper than {MAX_DEPTH} levels")
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
                self.problems.append(Problem(Place(self.file, line), f"{key} stands twice", "keep one"))
                continue
            self.lines[*path, key] = line
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
