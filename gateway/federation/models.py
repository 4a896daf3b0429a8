"""The parties of the federation, as every login reads them. All are immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NewType

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.fallback import Fallback
from gateway.domain.language import Language
from gateway.domain.protocol import Protocol
from gateway.domain.sector import Sector
from gateway.federation.metadata.entities import IdpMetadata, SpMetadata

IdpId = NewType("IdpId", str)
"""The id of an identity provider's entry: lower-case letters, digits and hyphens."""
ServiceId = NewType("ServiceId", str)
"""The id of a service's entry: lower-case letters, digits and hyphens."""


class EckIdSource(StrEnum):
    """Where the ECK iD of an identity provider's learners comes from."""

    ASSERTION = "assertion"


class NameIdFormat(StrEnum):
    """The NameID that a service gets: another at each login, or pairwise and stable (saml-core 8.3.7 and 8.3.8)."""

    TRANSIENT = "transient"
    PERSISTENT = "persistent"


@dataclass(frozen=True, slots=True)
class School:
    """An institution with a BRIN. `domains` are values of schacHomeOrganization by which an IdP may name it."""

    brin: Brin
    names: Mapping[Language, str]
    sector: Sector
    board: str | None = None
    place: str | None = None
    domains: tuple[str, ...] = ()
    digi_delivery_id: str | None = None


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Authenticates people of the schools that it speaks for; a hub speaks for many."""

    id: IdpId
    names: Mapping[Language, str]
    metadata: IdpMetadata
    dialect: str
    schools: frozenset[Brin]
    eck_id_sources: tuple[EckIdSource, ...] = (EckIdSource.ASSERTION,)
    allow_unsolicited: bool = False
    protocol: Protocol = Protocol.SAML


@dataclass(frozen=True, slots=True)
class AttributeSet:
    """A numbered set of what a service asks for, with a purpose for each attribute. It always names `eck_id`."""

    version: int
    purposes: Mapping[Attribute, str]


@dataclass(frozen=True, slots=True)
class Service:
    """A SAML service provider with learning content. `asks` is what any of its attribute sets names."""

    id: ServiceId
    names: Mapping[Language, str]
    supplier: str
    metadata: SpMetadata
    sectors: frozenset[Sector]
    attribute_sets: Mapping[int, AttributeSet]
    dialect: str = "entree"
    name_id: NameIdFormat = NameIdFormat.TRANSIENT
    fallback: Fallback = Fallback.PROVISIONAL
    require_signed_requests: bool = False
    sign_response: bool = True
    sign_assertion: bool = True
    start_url: str | None = None
    protocol: Protocol = Protocol.SAML
    asks: frozenset[Attribute] = field(init=False)

    def __post_init__(self) -> None:
        asked = frozenset(attribute for one in self.attribute_sets.values() for attribute in one.purposes)
        object.__setattr__(self, "asks", asked)


@dataclass(frozen=True, slots=True)
class Agreement:
    """A school's, or a board's, acceptance of one version of a service's attribute set.

    In force from the start of `valid_from` to the end of `valid_until` (None: without end), Dutch calendar days.
    `fallback` is the fallback identifier that it allows.
    """

    service: ServiceId
    attribute_set: int
    valid_from: date
    valid_until: date | None
    reference: str
    schools: frozenset[Brin] = frozenset()
    boards: frozenset[str] = frozenset()
    fallback: Fallback = Fallback.PROVISIONAL


@dataclass(frozen=True, slots=True)
class SchoolChoice:
    """A school in discovery, and the identity provider that a choice of it leads to."""

    school: School
    idp: IdpId
    search_text: str = field(repr=False)
