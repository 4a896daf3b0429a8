"""What `login` needs of the protocols. `gateway.wiring` hands the implementations in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.brin import Brin
from gateway.domain.errors import SluisError
from gateway.federation.models import IdentityProvider, IdpId, Service, ServiceId
from gateway.login.messages import Authentication, AuthenticationRequest
from gateway.login.steps import PostForm, Redirect, Step
from gateway.login.transactions import Transaction
from gateway.release.released import ReleasedAttributes


@dataclass(frozen=True, slots=True)
class AuthenticationFacts:
    """How and when the person authenticated, as a service may be told.

    `session` is a fresh SessionIndex or sid. `transient` is a name for the person at this service that ends with the
    session of the browser: two logins in it have the same, so that one logout ends both. `authorities` are there for
    services that know the school.
    """

    context: str
    instant: datetime
    authorities: tuple[str, ...]
    session: str
    transient: str


class SessionCookie(Protocol):
    """What the browser of this request holds of a session."""

    def presented(self) -> str | None:
        """The value of the cookie, believed by nobody yet."""
        ...

    def give(self, value: str) -> None:
        """Have the browser keep this instead, until it is closed."""
        ...

    def drop(self) -> None:
        """Have the browser forget it."""
        ...

    def on_shared_computer(self) -> bool:
        """Whether the person said that others use this computer too."""
        ...


class Notified(Protocol):
    """What a portal said of the browser of this request (SSO notification)."""

    def idp(self) -> IdpId | None:
        """Where its person was said to be logged in, not long ago."""
        ...

    def forget(self) -> None:
        """Somebody logged in here: what a portal said counts no longer."""
        ...


class Hinted(Protocol):
    """Which school the browser of this request was told of, for a service."""

    def school(self, service: ServiceId) -> Brin | None:
        """The school, until somebody logged in at the service."""
        ...

    def gone(self, service: ServiceId, school: Brin) -> bool:
        """Whether it was led to this school already, and nobody logged in."""
        ...

    def keep(self, service: ServiceId, school: Brin, *, gone: bool = False) -> None:
        """Know it for the next login."""
        ...

    def forget(self, service: ServiceId) -> None:
        """Somebody logged in at the service."""
        ...


@dataclass(frozen=True, slots=True)
class UsualSchool:
    """The school to which a browser goes without a question; `held`: to an identity of one's own that is used there."""

    brin: Brin
    held: bool = False


class Usual(Protocol):
    """Which school the browser of this request goes to for a service, because its person wanted that."""

    def usual(self, service: ServiceId) -> UsualSchool | None:
        """The school; None on a computer that others use too."""
        ...

    def keep_usual(self, service: ServiceId, school: UsualSchool) -> None:
        """Go there from now on; nothing is kept on a computer that others use too."""
        ...

    def forget_usual(self, service: ServiceId) -> None:
        """Ask again from now on."""
        ...


class Errands(Protocol):
    """What logins are for that no service asked for."""

    def finish(self, transaction: Transaction, authentication: Authentication) -> Step:
        """A verified answer for an errand. Raises the SluisError that ends it."""
        ...


class TowardsIdentityProviders(Protocol):
    """The gateway as a relying party."""

    def authenticate(self, idp: IdentityProvider, request: AuthenticationRequest) -> Redirect | PostForm:
        """The signed request that takes the browser to the identity provider."""
        ...


class TowardsServices(Protocol):
    """The gateway as an identity provider."""

    @property
    def keeps_for(self) -> int:
        """Seconds for which a release may be asked for anew behind an answer (`gateway.login.kept`); 0: never."""
        ...

    def answer(
        self, service: Service, reply: str, released: ReleasedAttributes, facts: AuthenticationFacts
    ) -> Redirect | PostForm:
        """The signed answer, with exactly the released attributes (law 1)."""
        ...

    def name_in_logout(
        self, service: Service, reply: str, released: ReleasedAttributes, facts: AuthenticationFacts
    ) -> str:
        """The protocol's own note of the name by which `answer` lets the service know the person."""
        ...

    def refuse(self, service: Service, reply: str, error: SluisError) -> Redirect | PostForm:
        """The signed refusal with the catalogue's status for the peer; never the error's hint or cause."""
        ...
