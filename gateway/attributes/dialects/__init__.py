"""Dialects: the names that attributes have on the wire, one data file each."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from gateway.domain.attribute import Attribute

NAMES = ("entree", "surf")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Wire names to canonical attributes and back.

    `account` names where the local account is found, in order of preference; `name_id` stands for the NameID.
    """

    name: str
    name_format: str
    account: tuple[str, ...]
    incoming: Mapping[str, Attribute]
    outgoing: Mapping[Attribute, str]

    @property
    def delivers(self) -> frozenset[Attribute]:
        """What an identity provider that speaks this dialect can send, and what the gateway adds to it."""
        return frozenset(self.incoming.values()) | FROM_THE_GATEWAY

    @property
    def carries(self) -> frozenset[Attribute]:
        """What a service that reads this dialect can be told."""
        return frozenset(self.outgoing)


FROM_THE_GATEWAY = frozenset(
    {Attribute.SCHOOL, Attribute.SCHOOL_NAME, Attribute.SCHOOL_DOMAIN, Attribute.DIGI_DELIVERY_ID, Attribute.ROLE}
)
"""What the gateway knows by itself once it knows the school and the role."""


@cache
def dialect(name: str) -> Dialect:
    """The dialect of this name. Raises KeyError for an unknown one."""
    if name not in NAMES:
        raise KeyError(name)
    data = tomllib.loads((files(__package__) / f"{name}.toml").read_text("utf-8"))
    return Dialect(
        name=name,
        name_format=data["name_format"],
        account=tuple(data["account"]),
        incoming={wire: Attribute(canonical) for wire, canonical in data["incoming"].items()},
        outgoing={Attribute(canonical): wire for canonical, wire in data["outgoing"].items()},
    )
