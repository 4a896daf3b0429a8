"""Ends the session at a school that speaks OpenID Connect (RP-Initiated Logout 1.0)."""

from urllib.parse import urlencode

from gateway.domain.errors import SluisError
from gateway.federation.models import IdentityProvider
from gateway.login.sso.registry import Visit
from gateway.login.steps import PostForm, Redirect
from gateway.oidc.rp.providers import Providers

LOGGED_OUT_PATH = "/oidc/logged-out"


class OidcUpstreamSessions:
    """Fulfils EndsUpstreamSessions. Its end-session endpoint is in the discovery document, where the provider has one.

    No ID token is kept for it: that is full of what a person is. Without `id_token_hint` a provider may ask the person
    whether to log out (section 2), who then says so there.
    """

    def __init__(self, *, providers: Providers, logged_out: str) -> None:
        self._providers = providers
        self._logged_out = logged_out

    def can_send(self, idp: IdentityProvider, visit: Visit) -> bool:  # noqa: ARG002
        try:
            return self._providers.provider(idp.oidc.issuer).end_session_endpoint is not None
        except SluisError:
            return False

    def send(self, idp: IdentityProvider, visit: Visit, request: str) -> Redirect:  # noqa: ARG002
        endpoint = self._providers.provider(idp.oidc.issuer).end_session_endpoint
        assert endpoint is not None
        parameters = {
            "client_id": idp.oidc.client_id,
            "post_logout_redirect_uri": self._logged_out,
            "state": request,
        }
        return Redirect(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}")

    def reply(self, idp: IdentityProvider, reply: str, *, complete: bool) -> Redirect | PostForm | None:  # noqa: ARG002
        """Nothing: a provider asks behind the browser's back."""
        return None
