"""Attributes on both sides of the door: as an identity provider sent them, and canonical."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.domain.attribute import Attribute


@dataclass(frozen=True, slots=True, repr=False)
class RawAttributes:
    """What a verified message said, names and values as on the wire, in its order.

    Only code that has verified a message makes one (law 7). `name_id` is the value of a NameID that is not transient,
    or an OIDC `sub`; None when there is none to go by.
    """

    values: tuple[tuple[str, tuple[str, ...]], ...]
    name_id: str | None = None

    def __repr__(self) -> str:
        return f"RawAttributes({len(self.values)} attributes)"


@dataclass(frozen=True, slots=True, repr=False)
class Attributes:
    """Canonical attributes of one person, inside the gateway; each has at least one value, and none is empty."""

    values: Mapping[Attribute, tuple[str, ...]] = field(default_factory=dict)

    def one(self, attribute: Attribute) -> str | None:
        """The first value, or None when the attribute is absent."""
        found = self.values.get(attribute)
        return found[0] if found else None

    def all(self, attribute: Attribute) -> tuple[str, ...]:
        """All values; empty when the attribute is absent."""
        return self.values.get(attribute, ())

    def __contains__(self, attribute: Attribute) -> bool:
        return attribute in self.values

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self.values)

    def __repr__(self) -> str:
        return f"Attributes({', '.join(sorted(self.values))})"
