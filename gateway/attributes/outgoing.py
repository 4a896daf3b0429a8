"""From released attributes to the names that a service reads."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.attributes.dialects import dialect
from gateway.domain.attribute import Attribute


@dataclass(frozen=True, slots=True, repr=False)
class WireAttribute:
    """An attribute as it stands in a message."""

    name: str
    name_format: str
    friendly_name: str | None
    values: tuple[str, ...]

    def __repr__(self) -> str:
        return f"WireAttribute({self.name})"


FORMER_ID = {"entree": "formerId", "surf": "urn:sluis:attribute:former-id", "oidc": "former_id"}
"""By dialect, the name of the identifier that the subject's took the place of. It is asked of nobody, and so no
attribute: a service that wants to hear of successions gets it once."""


def wire_attributes(
    values: Mapping[Attribute, tuple[str, ...]], dialect_name: str, former: str | None = None
) -> tuple[WireAttribute, ...]:
    """The attributes of a release in the names of a service's dialect, in the dialect's order; `former` comes last.

    Raises KeyError for an attribute that the dialect has no name for: the settings do not let one be asked.
    """
    spoken = dialect(dialect_name)
    if not values.keys() <= spoken.outgoing.keys():
        raise KeyError(f"{dialect_name} has no name for {sorted(values.keys() - spoken.outgoing.keys())}")
    named = [
        WireAttribute(name, spoken.name_format, attribute.value if ":" in name else None, values[attribute])
        for attribute, name in spoken.outgoing.items()
        if attribute in values
    ]
    if former is not None:
        name = FORMER_ID[dialect_name]
        named.append(WireAttribute(name, spoken.name_format, "former_id" if ":" in name else None, (former,)))
    return tuple(named)
