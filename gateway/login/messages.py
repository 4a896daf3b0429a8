"""What crosses the doors of a login."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.attributes.citizen_numbers import looks_like_one
from gateway.attributes.values import RawAttributes
from gateway.domain.brin import Brin
from gateway.domain.language import Language
from gateway.federation.models import IdpId, ServiceId

MAX_SESSION = timedelta(days=366)
"""How long ago a person may have authenticated: what is older is a clock or a default gone wrong, not a session."""


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What a service asks, checked.

    `reply` is the protocol's own note of where and how to answer; nobody else reads it. `idps` limits discovery to
    these entries (empty: no limit). `requesters` are the entity ids that an identity provider is told (RequesterID),
    the end service first. `contexts` are the AuthnContextClassRefs or acr values wanted, in the service's order; unless
    `contexts_essential`, another one will do as well. `fresh_since`: no earlier login will do (a forced one: none from
    before this request). `choose`: the person chooses a school, even where there is only one.
    `school` is a hint: the one that they probably choose. `person` is the pairwise identifier of the only one who will
    do.
    """

    service: ServiceId
    reply: str
    force: bool = False
    passive: bool = False
    contexts: tuple[str, ...] = ()
    idps: tuple[IdpId, ...] = ()
    requesters: tuple[str, ...] = ()
    language: Language | None = None
    contexts_essential: bool = True
    fresh_since: datetime | None = None
    choose: bool = False
    school: Brin | None = None
    person: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AuthenticationRequest:
    """What an identity provider is asked. `attempt` binds the answer: it travels as RelayState or state.

    `max_age` is in seconds since the person authenticated.
    The protocol's request id derives from it (`_` and the attempt, for SAML), so that nothing else need be kept.
    """

    attempt: str
    force: bool
    passive: bool
    contexts: tuple[str, ...]
    requesters: tuple[str, ...]
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is known of an attempt before its answer is read: whom was asked, and what.

    `contexts` are None where whatever comes is judged by its level afterwards (`gateway.login.assurance`).
    `fresh_since` is set when the person had to authenticate anew: no earlier moment will do. `browser` is the one that
    the attempt belongs to, and that brings the answer.
    """

    idp: IdpId
    attempt: str
    contexts: tuple[str, ...] | None
    fresh_since: datetime | None
    browser: str = ""


@dataclass(frozen=True, slots=True)
class UpstreamSession:
    """How an identity provider names its own session in a logout: NameID and SessionIndex, or `sub` and `sid`.

    `name_id` goes back as it came, with its format and qualifiers; one with the shape of a citizen number is dropped
    here as it is at the door (law 4), and then the identity provider cannot be told of a logout. `ends` is the last
    moment that the identity provider grants (SessionNotOnOrAfter).
    """

    name_id: str | None = field(default=None, repr=False)
    name_id_format: str | None = None
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None
    index: str | None = field(default=None, repr=False)
    ends: datetime | None = None

    def __post_init__(self) -> None:
        if self.name_id is not None and looks_like_one(self.name_id):
            object.__setattr__(self, "name_id", None)


@dataclass(frozen=True, slots=True)
class Authentication:
    """What a verified message of an identity provider says.

    `instant` is when the person authenticated; `authorities` the entity ids behind a hub (AuthenticatingAuthority).
    """

    idp: IdpId
    attributes: RawAttributes
    context: str
    instant: datetime
    authorities: tuple[str, ...] = ()
    session: UpstreamSession = UpstreamSession()
