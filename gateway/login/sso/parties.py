"""Who takes part in a logout, and what the protocols must be able to do for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Protocol

from gateway.federation.models import IdentityProvider, IdpId, Service, ServiceId
from gateway.login.sso.registry import Given, Visit
from gateway.login.steps import PostForm, Redirect


class Kind(StrEnum):
    """What a party is."""

    SERVICE = auto()
    IDP = auto()
    PERSON = auto()
    OPERATOR = auto()


@dataclass(frozen=True, slots=True)
class Initiator:
    """Who asked for the logout. `reply` is its protocol's own note of how it is answered; nobody else reads it.

    `ended`: it proved that it asked, and so has ended its own session; one that did not is told like the others.
    """

    kind: Kind
    id: str = ""
    reply: str = field(default="", repr=False)
    ended: bool = True


class EndsServiceSessions(Protocol):
    """A protocol towards services."""

    def can_tell(self, service: Service) -> bool:
        """Whether the service can be told without the browser."""
        ...

    def tell(self, service: Service, given: Sequence[Given]) -> bool:
        """Tell it; whether it says that it ended all of them. Raises HttpFailed."""
        ...

    def can_send(self, service: Service) -> bool:
        """Whether the browser can be sent to the service, which sends it back with an answer."""
        ...

    def send(self, service: Service, given: Sequence[Given], request: str) -> Redirect | PostForm:
        """Send the browser there; `request` comes back with the answer."""
        ...

    def frames(self, service: Service, given: Sequence[Given]) -> tuple[str, ...]:
        """Addresses that end its sessions when the browser loads them in a frame; nothing comes back of it."""
        ...

    def revoke(self, given: Given) -> None:
        """Take back what the gateway itself still honours."""
        ...

    def reply(self, service: Service, reply: str, *, complete: bool) -> Redirect | PostForm | None:
        """The answer to a service that asked for the logout; None where it named no place for one."""
        ...


class EndsUpstreamSessions(Protocol):
    """A protocol towards identity providers."""

    def can_send(self, idp: IdentityProvider, visit: Visit) -> bool:
        """Whether the browser can be sent there to end the session at the school."""
        ...

    def send(self, idp: IdentityProvider, visit: Visit, request: str) -> Redirect | PostForm:
        """Send the browser there; `request` comes back with the answer."""
        ...

    def reply(self, idp: IdentityProvider, reply: str, *, complete: bool) -> Redirect | PostForm | None:
        """The answer to an identity provider that asked for the logout."""
        ...


@dataclass(frozen=True, slots=True)
class Target:
    """A party that the browser is sent to. `request` names the message; its answer comes back with it.

    `visit` is whose session it is that an identity provider ends.
    """

    kind: Kind
    id: str
    request: str = field(repr=False)
    given: tuple[Given, ...]
    visit: str = ""

    @property
    def service(self) -> ServiceId:
        """The service that it is."""
        return ServiceId(self.id)

    @property
    def idp(self) -> IdpId:
        """The identity provider that it is."""
        return IdpId(self.id)
