"""Ends the sessions of clients: logout tokens behind the browser's back (OpenID Connect Back-Channel Logout 1.0)."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from urllib.parse import urlencode

import structlog

from gateway.domain.clock import Clock
from gateway.domain.errors import SluisError
from gateway.domain.http import Http, HttpFailed
from gateway.domain.randomness import Randomness
from gateway.federation.models import Service
from gateway.login.kept import KeptLogins
from gateway.login.sso.registry import Given
from gateway.login.steps import PostForm, Redirect
from gateway.oidc.op.grants import Grants
from gateway.oidc.op.redelivery import DELAYS, Outbox, kept_in
from gateway.oidc.op.signing import Signer
from gateway.storage.outbox import Letter

log = structlog.get_logger("sluis")

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_MOST_FRAMES = 5
"""Of one client: a browser has one session there, whatever logins led to it."""
SECONDS = 120
"""How long a client may take to read a logout token."""
_PATIENCE = 1.0
"""Seconds that a logout waits for the outbox, when the client has answered: half of what there is to tell it."""


@dataclass(frozen=True, slots=True)
class OidcServiceSessions:
    """Fulfils EndsServiceSessions."""

    issuer: str
    signer: Signer
    grants: Grants
    kept: KeptLogins
    http: Http
    outbox: Outbox
    clock: Clock
    randomness: Randomness

    def can_tell(self, service: Service) -> bool:
        return service.oidc.backchannel_logout_uri is not None

    def tell(self, service: Service, given: Sequence[Given]) -> bool:
        """A token for each login that the client got: its session is named by `sid`, so that no other one ends.

        What it does not take is tried again later, beside the requests. That is written down while the client is told:
        a database that hangs delays no token, and does not make a client that heard of the logout seem silent.
        """
        pool = ThreadPoolExecutor(max_workers=1)
        keeping = pool.submit(kept_in, self.outbox, service, given)
        told: list[bool] = []
        for one in given:
            # A client that is silent is not waited for a second time.
            told.append(all(told) and self._reached(service, one))
        settling = pool.submit(self._settle, keeping, told)
        pool.shutdown(wait=False)
        if settling in wait([settling], timeout=_PATIENCE).done:
            settling.result()
        return all(told)

    def deliver(self, service: Service, given: Given) -> bool:
        """Send a token; whether the client took it (section 2.8). Raises HttpFailed."""
        form = {"logout_token": self.token(service, given)}
        answer = self.http.post(service.oidc.backchannel_logout_uri or "", headers={}, form=form)
        return answer.status in (200, 204)

    def _reached(self, service: Service, given: Given) -> bool:
        try:
            return self.deliver(service, given)
        except HttpFailed as cause:
            log.warning("logout_not_told", service=service.id, cause=str(cause))
            return False

    def _settle(self, keeping: Future[Iterator[tuple[Given, Letter | None]]], told: Sequence[bool]) -> None:
        for (_, letter), heard in zip(keeping.result(), told, strict=True):
            if letter is not None:
                self._set_down(letter, told=heard)

    def _set_down(self, letter: Letter, *, told: bool) -> None:
        try:
            if told:
                self.outbox.done(letter)
            else:
                self.outbox.postpone(letter, seconds=DELAYS[0])
        except SluisError as error:
            # Its lease ends, and it is tried again then.
            log.warning("logout_not_kept", service=letter.service, code=error.code)

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
        """A client's front-channel page does not send the browser back: the end page loads it in a frame instead."""
        return False

    def frames(self, service: Service, given: Sequence[Given]) -> tuple[str, ...]:
        """Its front-channel logout address, with whose login it was (OpenID Connect Front-Channel Logout 1.0, 2)."""
        address = service.oidc.frontchannel_logout_uri
        if address is None:
            return ()
        named = (urlencode({"iss": self.issuer, "sid": one.session}) for one in given[:_MOST_FRAMES])
        return tuple(f"{address}{'&' if '?' in address else '?'}{one}" for one in named)

    def send(self, service: Service, given: Sequence[Given], request: str) -> Redirect | PostForm:  # noqa: ARG002
        raise TypeError(f"{service.id} sends no browser back")

    def revoke(self, given: Given) -> None:
        """No token that this login gave counts any longer, and UserInfo has nothing to say."""
        self.grants.revoke(given.session)
        self.kept.forget(given.session)

    def reply(self, service: Service, reply: str, *, complete: bool) -> Redirect | PostForm | None:  # noqa: ARG002
        """On to the address that the client named, whatever else ended: it has no word for less than all."""
        return Redirect(reply) if reply else None
