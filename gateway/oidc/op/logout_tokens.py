"""Ends the sessions of clients: logout tokens behind the browser's back (OpenID Connect Back-Channel Logout 1.0)."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.domain.clock import Clock
from gateway.domain.http import Http
from gateway.domain.randomness import Randomness
from gateway.federation.models import Service
from gateway.login.kept import KeptLogins
from gateway.login.sso.registry import Given
from gateway.login.steps import PostForm, Redirect
from gateway.oidc.op.grants import Grants
from gateway.oidc.op.signing import Signer

EVENT = "http://schemas.openid.net/event/backchannel-logout"
SECONDS = 120
"""How long a client may take to read a logout token."""


@dataclass(frozen=True, slots=True)
class OidcServiceSessions:
    """Fulfils EndsServiceSessions."""

    issuer: str
    signer: Signer
    grants: Grants
    kept: KeptLogins
    http: Http
    clock: Clock
    randomness: Randomness

    def can_tell(self, service: Service) -> bool:
        return service.oidc.backchannel_logout_uri is not None

    def tell(self, service: Service, given: Sequence[Given]) -> bool:
        """A token for each login that the client got: its session is named by `sid`, so that no other one ends."""
        told = []
        for one in given:
            form = {"logout_token": self.token(service, one)}
            answer = self.http.post(service.oidc.backchannel_logout_uri or "", headers={}, form=form)
            told.append(answer.status in (200, 204))
        return all(told)

    def token(self, service: Service, given: Given) -> str:
        """A logout token (section 2.4): of type `logout+jwt`, with the event, and never a nonce."""
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": service.oidc.client_id,
            "sub": given.name,
            "sid": given.session,
            "iat": now,
            "exp": now + SECONDS,
            "jti": self.randomness.token(),
            "events": {EVENT: {}},
        }
        return self.signer.sign(claims, service.oidc.id_token_algorithm, typ="logout+jwt")

    def can_send(self, service: Service) -> bool:  # noqa: ARG002
        """A client's front-channel page does not send the browser back: the end page offers it instead."""
        return False

    def send(self, service: Service, given: Sequence[Given], request: str) -> Redirect | PostForm:  # noqa: ARG002
        raise TypeError(f"{service.id} sends no browser back")

    def revoke(self, given: Given) -> None:
        """No token that this login gave counts any longer, and UserInfo has nothing to say."""
        self.grants.revoke(given.session)
        self.kept.forget(given.session)

    def reply(self, service: Service, reply: str, *, complete: bool) -> Redirect | PostForm | None:  # noqa: ARG002
        """On to the address that the client named, whatever else ended: it has no word for less than all."""
        return Redirect(reply) if reply else None
