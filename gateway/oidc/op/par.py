"""The pushed authorization request endpoint (RFC 9126 2)."""

from dataclasses import dataclass
from typing import Any

from gateway.domain.errors import ErrorCode, SluisError
from gateway.observability import legs, reference
from gateway.oidc.op.authorize import Authorization
from gateway.oidc.op.called import Called
from gateway.oidc.op.client_authentication import Clients
from gateway.oidc.op.parameters import Parameters
from gateway.oidc.op.pushed import SECONDS, PushedRequests
from gateway.oidc.op.senders import Senders

_CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
"""What proves the client here, and is no part of what it asks."""


@dataclass(frozen=True, slots=True)
class PushedAuthorization:
    """Takes requests from clients that prove who they are, and checks them as the authorization endpoint does."""

    clients: Clients
    authorization: Authorization
    pushed: PushedRequests
    senders: Senders

    def push(self, called: Called) -> dict[str, Any]:
        """The `request_uri` for the browser. Raises SluisError with what RFC 9126 2.3 has for it.

        Everything is checked now, so that the client hears of it, and again when the browser comes: a client may be
        gone by then, and `max_age` counts from that moment. The login that begins then has the reference of this
        request: by it, both are found.
        """
        self.clients.authenticate(called)
        legs.told(service=called.service.id)
        key = self.senders.proven(called.transport, called.client)
        if "request_uri" in called.parameters:
            raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="a request_uri cannot be pushed")
        asked = {name: value for name, value in called.parameters.values.items() if name not in _CREDENTIALS}
        # RFC 9449 10.1: a proof here says the same as dpop_jkt, and proves it
        proven = key.thumbprint if key is not None else None
        parameters = self.authorization.check_pushed(Parameters(asked), proven=proven)
        request_uri = self.pushed.keep(called.client_id, parameters, reference=reference.current())
        return {"request_uri": request_uri, "expires_in": SECONDS}
