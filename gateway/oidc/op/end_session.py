"""Logout at a service's wish (OpenID Connect RP-Initiated Logout 1.0): whose, whether, and where it ends."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import structlog

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import Randomness
from gateway.federation.models import Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.kept import KeptLogins
from gateway.login.sso.logout import Logouts, PersonAsked
from gateway.login.sso.parties import Initiator, Kind
from gateway.login.steps import ConfirmLogout, LoggedOut, Redirect, Step
from gateway.oidc.op.addresses import CONFIRMED_PATH
from gateway.oidc.op.grants import Grants
from gateway.oidc.op.parameters import Parameters
from gateway.oidc.op.sender import is_registered
from gateway.oidc.op.signing import Signer
from gateway.oidc.op.wishes import echoed
from gateway.storage.contracts import ShortLivedStore

log = structlog.get_logger("sluis")

QUESTION_SECONDS = 600
_MAX_TOKEN = 100


@dataclass(slots=True, repr=False)
class Ending:
    """A logout request on its way through the checks; each field says which check fills it in."""

    parameters: Parameters
    federation: Federation
    issuer: str
    signer: Signer

    session: str | None = None
    """check_id_token_hint."""
    service: Service | None = None
    """check_id_token_hint, check_client."""
    back: str | None = None
    """check_post_logout_redirect_uri, with the state of check_state."""


def check_doubled(ending: Ending) -> None:
    """No parameter stands there twice."""
    ending.parameters.check_once()


def check_id_token_hint(ending: Ending) -> None:
    """An ID token of ours, over or not: it says whose login at which client is to end."""
    hint = ending.parameters.get("id_token_hint")
    if hint is None:
        return
    claims = ending.signer.own(hint) or {}
    ending.service = ending.federation.service_by_client_id.get(str(claims.get("aud")))
    if claims.get("iss") != ending.issuer or ending.service is None or not isinstance(claims.get("sid"), str):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="id_token_hint is no ID token of this provider")
    ending.session = claims["sid"]


def check_client(ending: Ending) -> None:
    """`client_id`, where there is one, is the client of the hint."""
    named = ending.parameters.get("client_id")
    if named is None:
        return
    service = ending.federation.service_by_client_id.get(named)
    if service is None or ending.service not in (None, service):
        raise SluisError(
            ErrorCode.REQUEST_SERVICE_UNKNOWN, hint="client_id is a client here, and that of the id_token_hint"
        )
    ending.service = service


def check_post_logout_redirect_uri(ending: Ending) -> None:
    """Only an address that the client registered for this, the same to the letter; without a known client, none."""
    asked = ending.parameters.get("post_logout_redirect_uri")
    if asked is None:
        return
    client = ending.service.oidc if ending.service is not None else None
    if client is None or not is_registered(asked, client.post_logout_redirect_uris, native=client.native):
        raise SluisError(ErrorCode.REQUEST_REDIRECT_URI, hint="not a post_logout_redirect_uri of a known client")
    ending.back = asked


def check_state(ending: Ending) -> None:
    """`state` goes along to that address."""
    state = echoed(ending.parameters, "state")
    if state is not None and ending.back is not None:
        ending.back += f"{'&' if '?' in ending.back else '?'}{urlencode({'state': state})}"


CHECKS: tuple[Callable[[Ending], None], ...] = (
    check_doubled,
    check_id_token_hint,
    check_client,
    check_post_logout_redirect_uri,
    check_state,
)
"""Whoever fails one of these gets a page: a logout is never a way to send a browser anywhere else."""


@dataclass(frozen=True, slots=True)
class EndSession:
    """Ends what a login gave to the client that asks."""

    issuer: str
    federation: Federation
    signer: Signer
    grants: Grants
    kept: KeptLogins
    logouts: Logouts
    store: ShortLivedStore
    randomness: Randomness

    def begin(self, parameters: Parameters, browser: str) -> Step:
        """End the login that the hint names, and all that goes with it; without one, ask the person first (section 2).

        Raises SluisError.
        """
        ending = Ending(parameters, self.federation, self.issuer, self.signer)
        for check in CHECKS:
            check(ending)
        if ending.session is None:
            return self._ask(ending, browser)
        assert ending.service is not None
        visit = self.logouts.registry.of_login(ending.session, ending.service.id)
        if visit is not None:
            return self.logouts.begin(visit, Initiator(Kind.SERVICE, ending.service.id, ending.back or ""), browser)
        self.grants.revoke(ending.session)
        self.kept.forget(ending.session)
        log.info("logged_out", service=ending.service.id)
        return Redirect(ending.back) if ending.back is not None else LoggedOut(ending.service)

    def confirmed(self, token: str, browser: str) -> Step:
        """The person said yes, in the browser that was asked. Raises SluisError LOGIN_UNKNOWN, LOGIN_OTHER_BROWSER."""
        key = f"end-session:{token}"
        kept = self.store.get(key) if token.isascii() and len(token) < _MAX_TOKEN else None
        if kept is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN)
        asked_browser, service, back, *_ = json.loads(kept)
        if asked_browser != browser:
            raise SluisError(ErrorCode.LOGIN_OTHER_BROWSER)
        self.store.take(key)
        found = self.federation.services.get(ServiceId(service or ""))
        visit = self.logouts.registry.of_browser(browser)
        if visit is not None:
            asked = PersonAsked if found is None else Initiator(Kind.SERVICE, found.id, back or "", ended=False)
            return self.logouts.begin(visit, asked, browser)
        return Redirect(back) if back is not None else LoggedOut(found)

    def _ask(self, ending: Ending, browser: str) -> ConfirmLogout:
        token = self.randomness.token()
        kept = json.dumps((browser, ending.service.id if ending.service else None, ending.back))
        self.store.put(f"end-session:{token}", kept.encode(), seconds=QUESTION_SECONDS)
        return ConfirmLogout(CONFIRMED_PATH, token, ending.service)
