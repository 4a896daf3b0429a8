"""Forms in which something is kept for a while: what one version of the gateway wrote, those next to it can read.

While gateways are replaced one by one, a login that one of them began is finished by another. So forms are by name; a
field that is added to one has a default, which stands for what there was before, and a name that the reader does not
know is left out. Whatever an older gateway must not overlook is kept under a key of its own.
"""

from collections.abc import Callable
from json import JSONEncoder
from typing import Any

written: Callable[[Any], str] = JSONEncoder(separators=(",", ":")).encode
"""As JSON, in ASCII and without spaces."""


def named(one: Any) -> dict[str, Any]:
    """The fields of a slotted dataclass by name, as they are: `dataclasses.asdict` copies all that is in them."""
    return {name: getattr(one, name) for name in one.__slots__}


def known(form: Any, kept: Any) -> dict[str, Any]:
    """What is kept for the fields of this slotted dataclass. Raises TypeError for what has no names."""
    if not isinstance(kept, dict):
        raise TypeError("kept without names")
    return {name: kept[name] for name in form.__slots__ if name in kept}
