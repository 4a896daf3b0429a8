"""The quick reading of YAML: values alone, straight from what the parser finds, without a tree of nodes between.

What it does not do itself it leaves to `nodes`, which reads the same text from the start: anchors, tags, keys that
stand twice, and whatever is too much.
"""

from typing import Any

import yaml
from yaml.events import (
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from gateway.settings.nodes import LOADER, MAX_DEPTH, MAX_VALUES

_NO_WORDS = frozenset(LOADER.yaml_implicit_resolvers) - {None}
"""First characters of what may be a number, a date, a boolean or nothing."""
_WORD = "tag:yaml.org,2002:str"


class NeedsNodes(Exception):
    """The text has what is not read here."""


class FirstReading:
    """Of one text."""

    def __init__(self, text: str) -> None:
        self._loader = LOADER(text)
        self._next = self._loader.get_event
        self._left = MAX_VALUES
        self._known: dict[str, Any] = {}

    def value(self) -> Any:
        """The one document of the text; None for an empty one. Raises YAMLError or NeedsNodes."""
        self._next()
        event = self._next()
        if isinstance(event, StreamEndEvent):
            return None
        found = self._read(self._next(), MAX_DEPTH)
        if not isinstance(self._next(), DocumentEndEvent) or not isinstance(self._next(), StreamEndEvent):
            raise NeedsNodes
        return found

    def _read(self, event: Event, deeper: int) -> Any:
        self._left -= 1
        if type(event) is ScalarEvent:
            return self._scalar(event)
        if type(event) is not MappingStartEvent and type(event) is not SequenceStartEvent:
            raise NeedsNodes
        if event.anchor is not None or event.tag is not None or deeper == 0 or self._left < 0:
            raise NeedsNodes
        if type(event) is MappingStartEvent:
            return self._mapping(deeper - 1)
        items = []
        take, read = self._next, self._read
        while type(event := take()) is not SequenceEndEvent:
            items.append(read(event, deeper - 1))
        return items

    def _mapping(self, deeper: int) -> dict[str | int, Any]:
        values: dict[str | int, Any] = {}
        take, scalar = self._next, self._scalar
        while type(event := take()) is not MappingEndEvent:
            if type(event) is not ScalarEvent:
                raise NeedsNodes
            key = scalar(event)
            # What YAML takes for a boolean, a date or nothing was meant as a word where it stands as a key.
            if type(key) is not str and type(key) is not int:
                key = event.value
            if key in values or event.value == "<<":
                raise NeedsNodes
            event = take()
            if type(event) is ScalarEvent:
                self._left -= 1
                values[key] = scalar(event)
            else:
                values[key] = self._read(event, deeper)
        return values

    def _scalar(self, event: ScalarEvent) -> Any:
        if event.anchor is not None or event.tag is not None:
            raise NeedsNodes
        value: str = event.value
        if event.implicit[0] and (not value or value[0] in _NO_WORDS):
            known = self._known
            return known[value] if value in known else known.setdefault(value, self._resolved(event, value))
        return value

    def _resolved(self, event: ScalarEvent, value: str) -> Any:
        """What a plain scalar stands for, if not for itself."""
        tag = self._loader.resolve(yaml.ScalarNode, value, event.implicit)
        if tag == _WORD:
            return value
        try:
            return self._loader.construct_object(yaml.ScalarNode(tag, value))
        except yaml.constructor.ConstructorError as cause:
            # Such as a merge key; the other reading knows where it stands.
            raise NeedsNodes from cause
        except ValueError:
            # Such as a date that no calendar has.
            return value
