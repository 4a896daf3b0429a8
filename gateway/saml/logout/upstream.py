"""Ends the session at a school that speaks SAML, and answers a school that asked for a logout."""

from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdentityProvider
from gateway.login.sso.registry import Visit
from gateway.login.steps import PostForm, Redirect
from gateway.saml.logout.messages import COMPLETE, PARTIAL, Named, Sender, by_browser
from gateway.saml.logout.reply import Reply


class SamlUpstreamSessions:
    """Fulfils EndsUpstreamSessions."""

    def __init__(self, *, sender: Sender, clock: Clock, randomness: Randomness) -> None:
        self._sender = sender
        self._clock = clock
        self._randomness = randomness

    def can_send(self, idp: IdentityProvider, visit: Visit) -> bool:
        return by_browser(idp.saml.single_logout) is not None and visit.upstream.name_id is not None

    def send(self, idp: IdentityProvider, visit: Visit, request: str) -> Redirect | PostForm:
        endpoint, upstream = by_browser(idp.saml.single_logout), visit.upstream
        assert endpoint is not None
        assert upstream.name_id is not None
        named = Named(upstream.name_id, upstream.name_id_format, upstream.name_qualifier, upstream.sp_name_qualifier)
        indexes = () if upstream.index is None else (upstream.index,)
        message = self._sender.request(f"_{request}", endpoint.location, named, indexes, self._clock.now())
        return self._sender.by_browser(endpoint.binding, endpoint.location, "SAMLRequest", message, None)

    def reply(self, idp: IdentityProvider, reply: str, *, complete: bool) -> Redirect | PostForm | None:
        to = Reply.load(reply)
        endpoint = to.endpoint(idp.saml.single_logout)
        if endpoint is None:
            return None
        status = COMPLETE if complete else PARTIAL
        location = endpoint.response_location
        message = self._sender.response(f"_{self._randomness.token()}", location, to.request, status, self._clock.now())
        return self._sender.by_browser(endpoint.binding, location, "SAMLResponse", message, to.relay_state)
