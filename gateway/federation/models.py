"""The parties of the federation, as every login reads them. All are immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple, NewType

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.fallback import Fallback
from gateway.domain.language import Language
from gateway.domain.link import LinkKind
from gateway.domain.protocol import Protocol
from gateway.domain.purpose import Purpose
from gateway.domain.reduction import Reduction
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.domain.user_held import DIALECTS, UserHeld
from gateway.federation.administrations import Administration
from gateway.federation.assurance import Needed, Saying
from gateway.federation.at_eduid import SchoolAtEduid
from gateway.federation.clients import NameIdFormat, OidcClient, SamlClient
from gateway.federation.metadata.entities import IdpMetadata
from gateway.federation.openid_provider import OpenIdProvider
from gateway.federation.sso import Notification, SsoRules
from gateway.federation.succession import Subscription

IdpId = NewType("IdpId", str)
"""The id of an identity provider's entry: lower-case letters, digits and hyphens."""
ServiceId = NewType("ServiceId", str)
"""The id of a service's entry: lower-case letters, digits and hyphens."""


class EckIdSource(StrEnum):
    """Where the ECK iD of an identity provider's learners comes from."""

    ASSERTION = "assertion"
    VAULT = "vault"
    NUMMERVOORZIENING = "nummervoorziening"


class Disagreement(StrEnum):
    """What happens when two sources say different ECK iDs of the same sector; each time it is an anomaly."""

    PREFER_ASSERTION = "prefer-assertion"
    PREFER_VAULT = "prefer-vault"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class School:
    """An institution with a BRIN. `domains` are values of schacHomeOrganization by which an IdP may name it.

    `denies` are attributes that it never lets go to a service, whatever was agreed. `at_eduid` is how it takes part in
    logins with a user-held identity; `administrations` provision the vault;
    `oin` is what it is known by at Nummervoorziening. `nicknames` are what people call it, `postcode` is 4 digits and
    2 capitals; both are for finding it. `helpdesk` is whom its people ask, as pages say it.
    """

    brin: Brin
    names: Mapping[Language, str]
    sector: Sector
    board: str | None = None
    place: str | None = None
    domains: tuple[str, ...] = ()
    digi_delivery_id: str | None = None
    denies: Mapping[ServiceId, frozenset[Attribute]] = field(default_factory=dict)
    sso: SsoRules = field(default_factory=SsoRules)
    at_eduid: SchoolAtEduid = field(default_factory=SchoolAtEduid)
    administrations: tuple[Administration, ...] = ()
    oin: str | None = None
    nicknames: tuple[str, ...] = ()
    postcode: str | None = None
    helpdesk: str | None = None


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """Authenticates people of the schools that it speaks for; a hub speaks for many.

    `party` is what it is in its protocol. `assurance` is what its words mean.
    `adult_name` is the wire name under which it says whether somebody is of age.
    """

    id: IdpId
    names: Mapping[Language, str]
    party: IdpMetadata | OpenIdProvider
    dialect: str
    schools: frozenset[Brin]
    eck_id_sources: tuple[EckIdSource, ...] = (EckIdSource.ASSERTION,)
    disagreement: Disagreement = Disagreement.REFUSE
    allow_unsolicited: bool = False
    allow_cbc: bool = False
    adult_name: str | None = None
    assurance: Saying = field(default_factory=Saying)
    notification: Notification = field(default_factory=Notification)

    @property
    def user_held(self) -> bool:
        """Whether people hold these identities themselves: then `schools` are those at which they may be used."""
        return self.dialect in DIALECTS

    @property
    def protocol(self) -> Protocol:
        """What it speaks."""
        return Protocol.OIDC if isinstance(self.party, OpenIdProvider) else Protocol.SAML

    @property
    def saml(self) -> IdpMetadata:
        """Its SAML metadata. Raises TypeError for one that speaks another protocol."""
        if isinstance(self.party, OpenIdProvider):
            raise TypeError(f"{self.id} does not speak SAML")
        return self.party

    @property
    def oidc(self) -> OpenIdProvider:
        """What it is as an OpenID provider. Raises TypeError for one that speaks another protocol."""
        if not isinstance(self.party, OpenIdProvider):
            raise TypeError(f"{self.id} does not speak OpenID Connect")
        return self.party

    @property
    def entity_id(self) -> str:
        """What names it in messages: its entityID, or its issuer."""
        return self.party.entity_id


@dataclass(frozen=True, slots=True)
class AttributeSet:
    """A numbered set of what a service asks for, with a purpose for each attribute. It always names `eck_id`.

    `roles` limits an attribute to people in these roles, `reductions` says what suffices; others are asked of
    everybody, and whole.
    """

    version: int
    purposes: Mapping[Attribute, Purpose]
    roles: Mapping[Attribute, frozenset[Role]] = field(default_factory=dict)
    reductions: Mapping[Attribute, Reduction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """An offer of learning content, and what it is in its protocol. It equals itself alone, so it can be a key.

    `asks` is what any of its attribute sets names. `sector_identifier` is a domain that services of one supplier share.
    Without `sso` every login asks the school. `needs` is how sure it must be who logs in. `succession` is how it hears
    of learners who are known by another identifier from now on. `helpdesk` is whom schools ask at its supplier.
    `embedded_by` are the origins whose pages may show a login for it in a frame.
    """

    id: ServiceId
    names: Mapping[Language, str]
    supplier: str
    client: SamlClient | OidcClient
    sectors: frozenset[Sector]
    attribute_sets: Mapping[int, AttributeSet]
    dialect: str = "entree"
    fallback: Fallback = Fallback.PROVISIONAL
    sector_identifier: str | None = None
    start_url: str | None = None
    login_url: str | None = None
    sso: bool = True
    needs: Needed = field(default_factory=Needed)
    succession: Subscription | None = None
    helpdesk: str | None = None
    embedded_by: tuple[str, ...] = ()
    asks: frozenset[Attribute] = field(init=False)

    def __post_init__(self) -> None:
        asked = frozenset(attribute for one in self.attribute_sets.values() for attribute in one.purposes)
        object.__setattr__(self, "asks", asked)

    @property
    def protocol(self) -> Protocol:
        """What it speaks."""
        return Protocol.SAML if isinstance(self.client, SamlClient) else Protocol.OIDC

    @property
    def saml(self) -> SamlClient:
        """The service as a SAML service provider. Raises TypeError for one that speaks another protocol."""
        if not isinstance(self.client, SamlClient):
            raise TypeError(f"{self.id} does not speak SAML")
        return self.client

    @property
    def oidc(self) -> OidcClient:
        """The service as a relying party. Raises TypeError for one that speaks another protocol."""
        if not isinstance(self.client, OidcClient):
            raise TypeError(f"{self.id} does not speak OpenID Connect")
        return self.client

    @property
    def pairwise_scope(self) -> str:
        """What pairwise identifiers are derived for: a domain, which has a dot, or the service's id, which has none."""
        return self.sector_identifier or self.id

    @property
    def knows_by_pairwise(self) -> bool:
        """Whether the service knows people by a pairwise identifier: a persistent NameID, or `sub`."""
        return isinstance(self.client, OidcClient) or self.client.name_id is NameIdFormat.PERSISTENT


@dataclass(frozen=True, slots=True)
class Member:
    """Where in a school somebody belongs, for the limits of an agreement. `groups` as the school names them."""

    role: Role
    branch: Brin | None
    groups: tuple[str, ...]


class Terms(NamedTuple):
    """What of an agreement counts for everybody alike; agreements of many schools have the same."""

    attribute_set: int
    reductions: frozenset[tuple[Attribute, Reduction]]
    names_groups: bool
    namesakes: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """A school's, or a board's, acceptance of one version of a service's attribute set.

    In force from the start of `valid_from` to the end of `valid_until` (None: without end), Dutch calendar days.
    `fallback` is the fallback identifier that it allows, `offline_access` whether the service may renew its tokens.
    `branches` and `groups` (casefolded) limit whom it covers;
    `reductions` are what the school wants values reduced to; with `namesakes` the policy's initials are full surnames.
    `suspended` says why nothing goes for now; `user_held` whether people may come with an identity of their own.
    By `links` of these kinds they may be known by the ECK iD that they have at another school.
    `terms` are made of it.
    """

    service: ServiceId
    attribute_set: int
    valid_from: date
    valid_until: date | None
    reference: str
    schools: frozenset[Brin] = frozenset()
    boards: frozenset[str] = frozenset()
    fallback: Fallback = Fallback.PROVISIONAL
    offline_access: bool = False
    branches: frozenset[Brin] = frozenset()
    groups: frozenset[str] = frozenset()
    suspended: str | None = None
    reductions: Mapping[Attribute, Reduction] = field(default_factory=dict)
    namesakes: bool = False
    user_held: UserHeld = UserHeld.FORBIDDEN
    links: frozenset[LinkKind] = frozenset()
    terms: Terms = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        reductions = frozenset(self.reductions.items())
        terms = Terms(self.attribute_set, reductions, bool(self.groups), self.namesakes)
        object.__setattr__(self, "terms", terms)

    def in_force(self, today: date) -> bool:
        """Whether today is one of its days."""
        return self.valid_from <= today and (self.valid_until is None or today <= self.valid_until)

    def covers(self, member: Member) -> bool:
        """Whether it is about this person: of its branches, and a pupil of its groups, where it names any."""
        if self.branches and member.branch not in self.branches:
            return False
        return not self.groups or member.role is not Role.STUDENT or any(map(self.names_group, member.groups))

    def names_group(self, group: str) -> bool:
        """Whether this is one of its groups; case does not matter."""
        return group.casefold() in self.groups


@dataclass(frozen=True, slots=True)
class SchoolChoice:
    """A school in discovery, and the identity provider that a choice of it leads to."""

    school: School
    idp: IdpId
