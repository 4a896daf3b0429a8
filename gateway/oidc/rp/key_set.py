"""The keys of an OpenID provider (RFC 7517)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from gateway.domain.http import Http
from gateway.observability import legs
from gateway.observability.legs import StepName
from gateway.oidc.rp.discovery import JSON
from gateway.oidc.rp.json_documents import DocumentRejected, json_object

PublicKey = RSAKey | ECKey
MIN_RSA_BITS = 2048
MAX_KEYS = 50

_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
ALGORITHMS = (*_RSA, *_CURVES)
"""The algorithms that a token may be signed with (RFC 7518 3.1): asymmetric ones alone."""


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """A key that may have signed. `algorithm` is the only one that it is for, where its set says so."""

    key: PublicKey
    id: str | None
    algorithm: str | None

    def fits(self, algorithm: str) -> bool:
        """Whether this key can have made a signature with this algorithm."""
        if self.algorithm not in (None, algorithm):
            return False
        if isinstance(self.key, RSAKey):
            return algorithm in _RSA
        return _CURVES.get(algorithm) == self.key.curve_name


@dataclass(frozen=True, slots=True)
class ProviderKeys:
    """Keys that may have signed: one at least."""

    keys: tuple[ProviderKey, ...]

    def find(self, key_id: object, algorithm: str) -> PublicKey | None:
        """The only key of this id for this algorithm; of a token that names none, the only one for its algorithm.

        OpenID Connect Core 10.1.
        """
        fitting = [one.key for one in self.keys if key_id in (None, one.id) and one.fits(algorithm)]
        return fitting[0] if len(fitting) == 1 else None


def fetch_keys(http: Http, url: str) -> ProviderKeys:
    """Fetch a key set. Raises HttpFailed, or DocumentRejected; also for one without a usable key."""
    with legs.step(StepName.KEYS):
        answer = http.get(url, headers=JSON)
    listed = json_object(answer).get("keys")
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise DocumentRejected("it is not a key set")
    usable = [key for entry in listed if isinstance(entry, dict) and (key := _usable(entry))]
    if not usable:
        raise DocumentRejected("no key in it can have signed")
    return ProviderKeys(tuple(usable))


def _usable(entry: Mapping[str, Any]) -> ProviderKey | None:
    """A public key of a kind and size that is accepted; keys of other kinds are passed over, not errors."""
    key_id, algorithm = entry.get("kid"), entry.get("alg")
    if entry.get("use", "sig") != "sig" or "d" in entry or "k" in entry:
        return None
    if not isinstance(key_id, str | None) or not isinstance(algorithm, str | None):
        return None
    try:
        key = import_key({name: value for name, value in entry.items() if name in ("kty", "n", "e", "crv", "x", "y")})
        if isinstance(key, RSAKey):
            return ProviderKey(key, key_id, algorithm) if key.public_key.key_size >= MIN_RSA_BITS else None
        if isinstance(key, ECKey) and key.curve_name in _CURVES.values():
            _ = key.public_key
            return ProviderKey(key, key_id, algorithm)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None
