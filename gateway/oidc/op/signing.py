"""Signed tokens of the provider, and the keys that it publishes (RFC 7515, RFC 7517, RFC 7519)."""

from collections.abc import Mapping
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gateway.domain.key_ring import Ring
from gateway.federation.clients import SigningAlgorithm
from gateway.oidc.jwk import published, signing_jwk
from gateway.settings.private_keys import TokenKey

Claims = dict[str, Any]
"""The claims of a token, as JSON has them."""

_ALGORITHMS = [algorithm.value for algorithm in SigningAlgorithm]
_MAX_TOKEN = 8 * 1024


class Signer:
    """Signs with the active key of each algorithm's ring, and always says which (`kid`)."""

    def __init__(self, rings: Mapping[str, Ring[TokenKey]]) -> None:
        self._active = {SigningAlgorithm(name): signing_jwk(ring.active) for name, ring in rings.items()}
        self._published = KeySet([published(key) for ring in rings.values() for key in ring.all])

    @property
    def algorithms(self) -> tuple[SigningAlgorithm, ...]:
        """The algorithms that there is a key for."""
        return tuple(one for one in SigningAlgorithm if one in self._active)

    def sign(self, claims: Claims, algorithm: SigningAlgorithm, *, typ: str = "JWT") -> str:
        """A compact JWS. Raises KeyError for an algorithm without a key: the configuration lets no client have it."""
        key = self._active[algorithm]
        header = {"typ": typ, "alg": algorithm.value, "kid": key.kid}
        return jwt.encode(header, claims, key, algorithms=_ALGORITHMS)

    def jwks(self) -> Claims:
        """The public keys, of the announced and the previous ones too."""
        return dict(self._published.as_dict(private=False))

    def own(self, token: str) -> Claims | None:
        """The claims of a token that a key of this provider signed, whatever its dates; None for any other."""
        if len(token) > _MAX_TOKEN:
            return None
        try:
            header = jws.extract_compact(token.encode()).headers()
            if header.get("kid") not in {key.kid for key in self._published.keys}:
                return None
            return dict(jwt.decode(token, self._published, algorithms=_ALGORITHMS).claims)
        except (JoseError, ValueError, TypeError):
            return None
