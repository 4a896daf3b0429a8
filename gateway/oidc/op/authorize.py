"""The checks of an authorization request, in their order, for every way in which one can arrive.

OpenID Connect Core 3.1.2, RFC 6749 4.1.1, RFC 7636, RFC 9101, RFC 9126, RFC 9700.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.clock import Clock
from gateway.domain.errors import SluisError
from gateway.federation.models import ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.messages import LoginRequest
from gateway.oidc.op import sender, wishes
from gateway.oidc.op.incoming import Incoming
from gateway.oidc.op.parameters import Parameters
from gateway.oidc.op.pushed import PushedRequests
from gateway.oidc.op.request_objects import RequestObjects
from gateway.oidc.op.signing import Signer

Check = Callable[[Incoming], None]

CLIENT: tuple[Check, ...] = (
    sender.check_client,
    sender.check_room,
    sender.check_pushed,
    sender.check_request_object,
    sender.check_redirect_uri,
)
"""Whoever fails one of these gets a page: there is no address yet that may be answered."""

WISHES: tuple[Check, ...] = (
    wishes.check_state,
    wishes.check_response_mode,
    wishes.check_doubled,
    wishes.check_pushed_where_needed,
    wishes.check_signed_where_needed,
    wishes.check_request_object,
    wishes.check_response_type,
    wishes.check_code_challenge,
    wishes.check_scope,
    wishes.check_nonce,
    wishes.check_prompt,
    wishes.check_max_age,
    wishes.check_claims,
    wishes.check_acr_values,
    wishes.check_id_token_hint,
    wishes.check_login_hint,
    wishes.check_school,
    wishes.check_ui_locales,
    wishes.check_dpop_jkt,
    wishes.check_extensions,
)
"""Whoever fails one of these is told at once at the redirect URI (RFC 6749 4.1.2.1): the operator registered it."""


@dataclass(frozen=True, slots=True)
class NotGranted:
    """A request of a known client that is refused; `request` is as much of it as was understood."""

    request: LoginRequest
    error: SluisError


@dataclass(frozen=True, slots=True)
class Authorization:
    """What the checks need to know of the provider."""

    federation: Federation
    issuer: str
    signer: Signer
    clock: Clock
    pushed: PushedRequests
    objects: RequestObjects
    admit: Callable[[ServiceId], None]
    """Counts the logins that begin at a service; raises Busy when they are too many."""

    def check(self, parameters: Parameters) -> LoginRequest | NotGranted:
        """What a client asks, checked. Raises SluisError REQUEST_* as long as nobody can be answered."""
        incoming = self._incoming(parameters)
        try:
            for check in CLIENT:
                check(incoming)
        except SluisError as error:
            error.service = incoming.service.id if hasattr(incoming, "service") else ""
            raise
        try:
            for check in WISHES:
                check(incoming)
        except SluisError as error:
            return NotGranted(incoming.login_request(), error)
        return incoming.login_request()

    def check_pushed(self, parameters: Parameters, *, proven: str | None) -> Parameters:
        """What a client pushes, as it is to be kept: it has passed every check. Raises SluisError.

        `proven` is the thumbprint of the DPoP key that it proved beside it.
        """
        incoming = self._incoming(parameters)
        incoming.pushed, incoming.proven = True, proven
        for check in (*CLIENT, *WISHES):
            check(incoming)
        bound = {} if incoming.dpop_jkt is None else {"dpop_jkt": incoming.dpop_jkt}
        return Parameters({**incoming.parameters.values, **bound})

    def _incoming(self, parameters: Parameters) -> Incoming:
        return Incoming(
            parameters,
            self.federation,
            self.issuer,
            self.signer,
            self.clock.now(),
            self.pushed,
            self.objects,
            self.admit,
        )
