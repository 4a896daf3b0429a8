"""The NameID that a service was given: what a logout names the login by."""

import json
from dataclasses import dataclass, field

from gateway.federation.clients import NameIdFormat


@dataclass(frozen=True, slots=True)
class GivenName:
    """A NameID without its qualifiers: those are the entity ids of gateway and service."""

    format: NameIdFormat
    value: str = field(repr=False)

    def dump(self) -> str:
        """As text, for `Given.name`."""
        return json.dumps((self.format, self.value))

    @classmethod
    def load(cls, text: str) -> "GivenName":
        """The note that `dump` wrote."""
        kind, value, *_ = json.loads(text)
        return cls(NameIdFormat(kind), value)
