"""What `login` needs of the protocols. `app.py` hands the implementations in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.errors import SluisError
from gateway.federation.models import IdentityProvider, Service
from gateway.login.messages import AuthenticationRequest
from gateway.login.steps import PostForm, Redirect
from gateway.release.released import ReleasedAttributes


@dataclass(frozen=True, slots=True)
class AuthenticationFacts:
    """How and when the person authenticated, as a service may be told. `session` is a fresh SessionIndex or sid."""

    context: str
    instant: datetime
    authorities: tuple[str, ...]
    session: str


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

    def refuse(self, service: Service, reply: str, error: SluisError) -> Redirect | PostForm:
        """The signed refusal with the catalogue's status for the peer; never the error's hint or cause."""
        ...
