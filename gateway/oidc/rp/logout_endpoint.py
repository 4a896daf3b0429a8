"""/oidc/backchannel-logout: a school logs somebody out; /oidc/logged-out: back from its end-session endpoint."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from flask import Blueprint, Response, jsonify, request

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, PeerStatus, SluisError
from gateway.domain.protocol import Protocol
from gateway.federation.models import IdpId
from gateway.federation.snapshot import Federation
from gateway.login.sso.logout import Logouts
from gateway.login.sso.parties import Kind
from gateway.login.sso.registry import Visit
from gateway.login.steps import Step
from gateway.oidc.rp.logout_token import MAX_LENGTH, LogoutToken, checked
from gateway.oidc.rp.providers import Providers
from gateway.oidc.rp.upstream import LOGGED_OUT_PATH
from gateway.storage.contracts import ShortLivedStore
from gateway.web import Browser, Respond

BACKCHANNEL_PATH = "/oidc/backchannel-logout"

log = structlog.get_logger("sluis")


@dataclass(frozen=True, slots=True)
class SchoolLogouts:
    """Logouts that begin or end at a school that speaks OpenID Connect."""

    federation: Federation
    providers: Providers
    logouts: Logouts
    marks: ShortLivedStore
    clock: Clock
    skew: timedelta

    def told(self, text: str) -> None:
        """End what the token names, in whatever browser, and tell services. Raises SluisError LOGOUT_*."""
        token = checked(
            LogoutToken(text, self.federation, self.providers, self.marks, self.clock.now(), self.skew),
        )
        for idp in token.known:
            self.logouts.end_for_school(idp.id, self._visits(idp.id, token))

    def back(self, state: str, browser: str) -> Step:
        """The browser is back. Raises SluisError LOGOUT_UNEXPECTED, LOGIN_OTHER_BROWSER."""
        target = self.logouts.asked(state)
        idp = self.federation.identity_providers.get(target.idp) if target.kind is Kind.IDP else None
        if idp is None or idp.protocol is not Protocol.OIDC:
            raise SluisError(ErrorCode.LOGOUT_UNEXPECTED)
        return self.logouts.answered(state, browser, ended=True)

    def _visits(self, idp: IdpId, token: LogoutToken) -> tuple[Visit, ...]:
        """Those of the session; a visit whose login named no session is one of the person's."""
        registry = self.logouts.registry
        found = registry.of_upstream(idp, name_id=token.subject, index=token.session)
        if token.session is None or found or token.subject is None:
            return found
        of_person = registry.of_upstream(idp, name_id=token.subject, index=None)
        return tuple(one for one in of_person if one.upstream.index is None)


def blueprint(*, school_logouts: SchoolLogouts, respond: Respond, browser: Browser) -> Blueprint:
    """The endpoints."""
    routes = Blueprint("oidc_rp_logout", __name__)

    @routes.post(BACKCHANNEL_PATH)
    def told() -> Response:
        """Section 2.8: 200 when it was done, 400 with a reason when it was not; neither may be kept."""
        request.max_content_length = request.max_form_memory_size = 3 * MAX_LENGTH
        sent = request.form.getlist("logout_token")
        try:
            school_logouts.told(sent[0] if len(sent) == 1 else "")
        except SluisError as error:
            log.warning("logout_refused", code=error.code, hint=error.hint, cause=str(error.cause))
            later = error.kind.peer is PeerStatus.TEMPORARILY_UNAVAILABLE
            answer = jsonify(error="temporarily_unavailable" if later else "invalid_request", reason=error.code)
            answer.status_code = 503 if later else 400
        else:
            answer = Response(status=200)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @routes.get(LOGGED_OUT_PATH)
    def back() -> Response:
        states = request.args.getlist("state")
        return respond(school_logouts.back(states[0] if len(states) == 1 else "", browser()))

    return routes
