"""Dialects: the names that attributes have on the wire, one data file each, read when this module is."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from gateway.domain.attribute import Attribute
from gateway.domain.reduction import FROM_BIRTH_DATE

NAMES = ("entree", "surf")
"""The dialects of SAML parties."""
OIDC = "oidc"
"""The names that relying parties of OpenID Connect read."""
INCOMING = ("eduid", "oidc-standard", "entra")
"""The dialects of identity providers alone; no service reads them."""
INSTITUTION = "institution"
"""The names in answers of a school's attribute API."""
NAME_ID = "name_id"
"""Stands for the NameID among the names where a local account is found."""

FROM_THE_GATEWAY = frozenset(
    {Attribute.SCHOOL, Attribute.SCHOOL_NAME, Attribute.SCHOOL_DOMAIN, Attribute.DIGI_DELIVERY_ID, Attribute.ROLE}
)
"""What the gateway knows by itself once it knows the school and the role."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Wire names to canonical attributes and back.

    `account` says where the local account is found, in order of preference: each is one wire name, or several whose
    values make it together. `account_names` are the attributes in it. `one_school_is_implied`: an identity provider
    that speaks for one school need not name it. `scoped` are wire names whose values end in @ and a domain of
    the sender; `realms` are those whose values name somebody within a realm, which is no other school's; `eduid_names`
    carry the identifier that is aimed at an institution.
    """

    name: str
    name_format: str
    account: tuple[tuple[str, ...], ...]
    account_names: frozenset[str]
    incoming: Mapping[str, Attribute]
    outgoing: Mapping[Attribute, str]
    one_school_is_implied: bool = False
    scoped: frozenset[str] = frozenset()
    realms: frozenset[str] = frozenset()
    eduid_names: frozenset[str] = frozenset()

    @property
    def delivers(self) -> frozenset[Attribute]:
        """What an identity provider that speaks this dialect can send, and what the gateway adds to it."""
        sent = frozenset(self.incoming.values())
        made = frozenset(FROM_BIRTH_DATE) if Attribute.BIRTH_DATE in sent else frozenset()
        return sent | made | FROM_THE_GATEWAY

    @property
    def carries(self) -> frozenset[Attribute]:
        """What a service that reads this dialect can be told."""
        return frozenset(self.outgoing)


def dialect(name: str) -> Dialect:
    """The dialect of this name. Raises KeyError for an unknown one."""
    return _DIALECTS[name]


def parse(name: str, text: str) -> Dialect:
    """A dialect from the text of its file.

    Raises ValueError or KeyError for what is none: a key that is missing, an attribute that is not canonical, or two
    attributes under one outgoing name, which a service could not tell apart.
    """
    data: dict[str, Any] = tomllib.loads(text)
    account = tuple((one,) if isinstance(one, str) else tuple(one) for one in data["account"])
    outgoing = {Attribute(canonical): wire for canonical, wire in data["outgoing"].items()}
    if len(set(outgoing.values())) < len(outgoing):
        raise ValueError(f"{name}: two attributes have one outgoing name")
    return Dialect(
        name=name,
        name_format=data["name_format"],
        account=account,
        account_names=frozenset(wire for one in account for wire in one) - {NAME_ID},
        incoming={wire: Attribute(canonical) for wire, canonical in data["incoming"].items()},
        outgoing=outgoing,
        one_school_is_implied=data.get("one_school_is_implied", False),
        scoped=frozenset(data.get("scoped", ())),
        realms=frozenset(data.get("realms", ())),
        eduid_names=frozenset(data.get("eduid", ())),
    )


_DIALECTS = {
    name: parse(name, (files(__package__) / f"{name}.toml").read_text("utf-8"))
    for name in (*NAMES, OIDC, *INCOMING, INSTITUTION)
}
