"""How the gateway is known at an OpenID provider, and proves it (OpenID Connect Core 9, RFC 7523)."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote

from joserfc import jwt

from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.federation.clients import ClientAuthentication
from gateway.federation.openid_provider import OpenIdProvider
from gateway.oidc.jwk import signing_jwk
from gateway.oidc.rp.discovery import Provider
from gateway.settings.private_keys import TokenKey

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = timedelta(seconds=60)


class ClientCredentials:
    """Makes what a request to a token endpoint is authenticated with. `key` is there if an entry needs one."""

    def __init__(self, *, key: TokenKey | None, clock: Clock, randomness: Randomness) -> None:
        self._key = key
        self._jwk = signing_jwk(key) if key else None
        self._clock = clock
        self._randomness = randomness

    def of(self, party: OpenIdProvider, provider: Provider) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Headers and form fields."""
        match party.authentication:
            case ClientAuthentication.CLIENT_SECRET_BASIC:
                # RFC 6749 2.3.1: each part is form-encoded before they are joined.
                joined = f"{quote(party.client_id, safe='')}:{quote(party.secret or '', safe='')}"
                return {"Authorization": f"Basic {b64encode(joined.encode()).decode()}"}, {}
            case ClientAuthentication.CLIENT_SECRET_POST:
                return {}, {"client_id": party.client_id, "client_secret": party.secret or ""}
            case _:
                assertion = self._assertion(party, provider)
                fields = {"client_id": party.client_id, "client_assertion_type": ASSERTION_TYPE}
                return {}, {**fields, "client_assertion": assertion}

    def _assertion(self, party: OpenIdProvider, provider: Provider) -> str:
        """A JWT for this provider alone.

        Its audience is the issuer, which the configuration names, not an endpoint that a provider can make up: an
        assertion for one provider is of no use at another.
        """
        assert self._key is not None
        assert self._jwk is not None
        now = self._clock.now()
        claims = {
            "iss": party.client_id,
            "sub": party.client_id,
            "aud": provider.token_endpoint if party.endpoint_is_audience else provider.issuer,
            "jti": self._randomness.token(),
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
        }
        header = {"typ": "JWT", "alg": self._key.algorithm, "kid": self._key.id}
        return jwt.encode(header, claims, self._jwk, algorithms=[self._key.algorithm])
