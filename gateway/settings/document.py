"""A YAML file with the line of everything in it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gateway.settings.problems import Place, Problem

Path_ = tuple[str | int, ...]
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Document:
    """The values of a file, and where each stands."""

    file: str
    value: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path_) -> Place:
        """The place of a value, or of what it should have stood in."""
        while path and path not in self.lines:
            path = path[:-1]
        return Place(self.file, self.lines.get(path, 1))


def read_document(path: Path, *, file: str) -> Document:
    """Read one YAML document; what is wrong with it as YAML stands in its `problems`."""
    document = Document(file)
    try:
        loader = _LOADER(path.read_bytes().decode("utf-8-sig"))
        node = loader.get_single_node()
        if node is not None:
            document.value = _value(loader, node, (), document, frozenset())
    except FileNotFoundError:
        document.problems.append(Problem(Place(file, 1), "the file is not there"))
    except UnicodeDecodeError:
        document.problems.append(Problem(Place(file, 1), "the file is not UTF-8", "save it as UTF-8"))
    except yaml.MarkedYAMLError as cause:
        line = cause.problem_mark.line + 1 if cause.problem_mark else 1
        document.problems.append(Problem(Place(file, line), f"not YAML: {cause.problem}"))
    except (OSError, ValueError, yaml.YAMLError) as cause:
        document.problems.append(Problem(Place(file, 1), f"cannot be read: {cause}"))
    return document


def _value(loader: Any, node: yaml.Node, path: Path_, document: Document, above: frozenset[int]) -> Any:
    if id(node) in above:
        raise ValueError("an alias contains itself")
    above |= {id(node)}
    document.lines.setdefault(path, node.start_mark.line + 1)
    if len(document.lines) > 500_000:
        raise ValueError("too many values: aliases that multiply?")
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, child, (*path, index), document, above) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, path, document, above)
    return loader.construct_object(node, deep=True)


def _mapping(
    loader: Any, node: yaml.MappingNode, path: Path_, document: Document, above: frozenset[int]
) -> dict[Any, Any]:
    values: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str | int):
            key = str(key)
        line = key_node.start_mark.line + 1
        if key in values:
            document.problems.append(Problem(Place(document.file, line), f"{key} stands twice", "keep one"))
            continue
        document.lines[*path, key] = line
        values[key] = _value(loader, value_node, (*path, key), document, above)
    return values
