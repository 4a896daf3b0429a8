"""What a gateway of the next version would have kept: all that this one keeps, and more."""

import json
from collections.abc import Callable, Sequence
from typing import Any

_VALUES_BY_NAME = frozenset({"attributes", "claims"})
"""In these, names are a vocabulary's and not a form's."""
_SAYS = "what only the next version knows"


def as_the_next_would_keep(value: bytes | None) -> bytes | None:
    """The value with a field more in each form, also in those that lie in others as text; other values as they are."""
    try:
        kept = json.loads(value or b"")
    except ValueError:
        return value
    grown = _grown(kept)
    if isinstance(grown, list) and not any(isinstance(one, list) for one in grown):
        grown = [*grown, _SAYS]
    return json.dumps(grown).encode()


def reading_as_next(read: Callable[..., bytes | None]) -> Callable[..., bytes | None]:
    """A store's `get` or `take` that finds what the next version kept. What a client itself sent is no form."""

    def find(store: Any, key: str) -> bytes | None:
        found = read(store, key)
        return found if key.startswith("pushed:") else as_the_next_would_keep(found)

    return find


def all_reading_as_next(read: Callable[..., Sequence[bytes | None]]) -> Callable[..., Sequence[bytes | None]]:
    """The same of `get_all` or `take_all`."""
    return lambda store, keys: [as_the_next_would_keep(found) for found in read(store, keys)]


def _grown(kept: Any) -> Any:
    match kept:
        case dict():
            grown = {name: one if name in _VALUES_BY_NAME else _grown(one) for name, one in kept.items()}
            return {**grown, "next": _SAYS}
        case list():
            return [_grown(one) for one in kept]
        case str() if kept.startswith("{"):
            return json.dumps(_grown(json.loads(kept)))
        case _:
            return kept
