"""Changes in the text of `keys.yaml`: what is not changed stays as its author wrote it, to the last comment."""

from collections.abc import Sequence
from datetime import UTC, datetime

import yaml

from gateway.domain.key_ring import KeyState


class CannotEdit(Exception):
    """The text is written in a way that this module does not know its way about in. Says what to do instead."""


_BY_HAND = "edit it by hand: write the entries of a ring as a list of mappings, each with id, state and since"


def with_state(text: str, ring: str, index: int, *, state: KeyState, since: datetime) -> str:
    """The text with one key of a ring (by its position, from 0) in another state. Raises CannotEdit."""
    entry = _entries(text, ring)[index]
    found = {str(key.value): value for key, value in entry.value} if isinstance(entry, yaml.MappingNode) else {}
    changes = ((found.get("state"), state.value), (found.get("since"), written(since)))
    spans: list[tuple[int, int, str]] = []
    for node, value in changes:
        if not isinstance(node, yaml.ScalarNode):
            raise CannotEdit(_BY_HAND)
        spans.append((node.start_mark.index, node.end_mark.index, value))
    for start, end, value in sorted(spans, reverse=True):
        text = text[:start] + value + text[end:]
    return text


def with_entry(text: str, ring: str, lines: Sequence[str]) -> str:
    """The text with one more key at the end of a ring. `lines` are its `key: value` lines. Raises CannotEdit."""
    block = "- " + "\n  ".join(lines) + "\n"
    node = _ring(text, ring)
    if node is None:
        gap = "" if text.endswith("\n") or not text else "\n"
        return f"{text}{gap}{ring}:\n{block}"
    if not isinstance(node, yaml.SequenceNode):
        raise CannotEdit(_BY_HAND)
    if node.flow_style:
        inner = ("" if not node.value else ", ") + "{" + ", ".join(lines) + "}"
        at = node.value[-1].end_mark.index if node.value else node.start_mark.index + 1
        return text[:at] + inner + text[at:]
    dash = node.start_mark.column
    at = _end_of_line(text, _end(node.value[-1]))
    gap = "" if text[:at].endswith("\n") else "\n"
    indented = "".join(" " * dash + line + "\n" for line in block.splitlines())
    return text[:at] + gap + indented + text[at:]


def moved_behind(text: str, ring: str, index: int, last: int) -> str:
    """The text with a key of a ring moved behind a later one, with its comments. Raises CannotEdit."""
    node = _ring(text, ring)
    if not isinstance(node, yaml.SequenceNode) or not index < last < len(node.value):
        raise CannotEdit(_BY_HAND)
    spans = _flow_spans(node) if node.flow_style else _block_spans(text, node)
    order = [*range(index), *range(index + 1, last + 1), index, *range(last + 1, len(spans))]
    parts, at = [], 0
    for (start, end), source in zip(spans, order, strict=True):
        parts += [text[at:start], text[slice(*spans[source])]]
        at = end
    return "".join([*parts, text[at:]])


def written(moment: datetime) -> str:
    """A moment as `keys.yaml` has it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _ring(text: str, ring: str) -> yaml.Node | None:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        raise CannotEdit("it is not YAML; `sluis check` says where") from None
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise CannotEdit(_BY_HAND)
    return next((value for key, value in root.value if key.value == ring), None)


def _entries(text: str, ring: str) -> list[yaml.Node]:
    node = _ring(text, ring)
    if not isinstance(node, yaml.SequenceNode):
        raise CannotEdit(_BY_HAND)
    return list(node.value)


def _flow_spans(node: yaml.SequenceNode) -> list[tuple[int, int]]:
    return [(one.start_mark.index, one.end_mark.index) for one in node.value]


def _block_spans(text: str, node: yaml.SequenceNode) -> list[tuple[int, int]]:
    """Whole lines of each entry: from the comments directly above it to the end of its last value."""
    spans: list[tuple[int, int]] = []
    floor = 0
    for one in node.value:
        start = text.rfind("\n", 0, one.start_mark.index) + 1
        while start > floor:
            above = text.rfind("\n", 0, start - 1) + 1
            if above < floor or not text[above:start].lstrip().startswith("#"):
                break
            start = above
        end = _end_of_line(text, _end(one))
        spans.append((start, end))
        floor = end
    if not text[: spans[-1][1]].endswith("\n"):
        raise CannotEdit("its last line does not end: put a line break there")
    return spans


def _end(node: yaml.Node) -> int:
    """Where the last value in a node ends: a block's own mark lies behind the comments that follow it."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _end_of_line(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1
