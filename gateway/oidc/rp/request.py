"""The authorization request that takes a browser to an OpenID provider (OpenID Connect Core 3.1.2.1)."""

from urllib.parse import urlencode

from gateway.federation.models import IdentityProvider, IdpId
from gateway.login.messages import AuthenticationRequest
from gateway.login.steps import Redirect
from gateway.oidc.rp.proofs import Proofs
from gateway.oidc.rp.providers import Providers

CALLBACK_PATH = "/oidc/callback"


def callback_of(callback: str, idp: IdpId) -> str:
    """Where one identity provider sends browsers back to: an address that no other one has (RFC 9700 4.4.2.2).

    Not every provider names itself in its answer. Where an answer arrives then says whose it is.
    """
    return f"{callback}/{idp}"


class RelyingParty:
    """Fulfils TowardsIdentityProviders. Keeps nothing of a login."""

    def __init__(self, *, providers: Providers, proofs: Proofs, callback: str) -> None:
        self._providers = providers
        self._proofs = proofs
        self._callback = callback

    def authenticate(self, idp: IdentityProvider, request: AuthenticationRequest) -> Redirect:
        """The request, with the attempt as its state. Raises SluisError IDP_UNREACHABLE."""
        party = idp.oidc
        endpoint = self._providers.provider(party.issuer).authorization_endpoint
        contexts = request.contexts or party.contexts
        parameters = {
            "response_type": "code",
            "client_id": party.client_id,
            "redirect_uri": callback_of(self._callback, idp.id),
            "scope": " ".join(party.scopes),
            "state": request.attempt,
            "nonce": self._proofs.nonce(request.attempt),
            "code_challenge": self._proofs.challenge(request.attempt),
            "code_challenge_method": "S256",
            **({"prompt": _prompt(request)} if request.force or request.passive else {}),
            **({"max_age": str(request.max_age)} if request.max_age is not None else {}),
            **({"acr_values": " ".join(contexts)} if contexts else {}),
        }
        return Redirect(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}")


def _prompt(request: AuthenticationRequest) -> str:
    """`none` goes with nothing else: a person who must log in anew cannot do so unseen, and the answer says so."""
    return "none" if request.passive else "login"
