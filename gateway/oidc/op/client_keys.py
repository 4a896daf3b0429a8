"""Public keys of clients, and what they signed (RFC 7515, RFC 7517, RFC 8725)."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from gateway.federation.clients import OidcClient

MAX_LENGTH = 16 * 1024
"""Characters of a token."""
MAX_KEYS = 20
MIN_BITS = 2048
_PRIVATE = frozenset({"d", "k", "p", "q"})
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""What clients may sign assertions and request objects with."""
_KINDS = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"}
"""The kind of key of each algorithm that clients may sign with at all: a key is good for its own kind alone."""

PublicKey = RSAKey | ECKey | OKPKey


class _Registry(jws.JWSRegistry):
    """Headers may hold a public key of 3072 bits; members that nobody knows say nothing (RFC 7515 4)."""

    max_header_length = 4096

    def get_alg(self, name: str) -> Any:
        """EdDSA names no curve, which RFC 9864 does; of the keys that are taken here, all are on Ed25519."""
        return super().get_alg(_BY_CURVE.get(name, name))


_BY_CURVE = {"EdDSA": "Ed25519"}


def client_keys(text: str) -> KeySet:
    """The public keys of a client. Raises ValueError, with what is wrong, for any that cannot be used."""
    found = json.loads(text)["keys"]
    if len(found) > MAX_KEYS:
        raise ValueError(f"at most {MAX_KEYS} keys")
    keys: list[PublicKey] = []
    for number, one in enumerate(found, start=1):
        try:
            keys.append(public_key(one))
        except (JoseError, ValueError, KeyError, TypeError) as cause:
            said = (
                cause.args[0] if type(cause) is ValueError and cause.args else "it is no public key that is known here"
            )
            raise ValueError(f"key {number}: {said}") from None
    return KeySet(list(keys))


def usable_keys(raw: bytes) -> list[dict[str, Any]]:
    """The keys of a set that somebody publishes for everybody: what is not for signatures here is passed over.

    RFC 7517 5. Raises ValueError for what is no set, holds a private key, or has nothing that can be used.
    """
    try:
        found = json.loads(raw)["keys"]
        keys = [dict(one) for one in found]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("this is no JSON Web Key Set") from None
    if any(_PRIVATE & one.keys() for one in keys):
        raise ValueError("there is a private key in it, which only the client may have")
    usable = [one for one in keys if one.get("use") in (None, "sig") and _is_usable(one)]
    if not 0 < len(usable) <= MAX_KEYS:
        raise ValueError(f"between 1 and {MAX_KEYS} keys in it can be used: RSA, EC on P-256, Ed25519")
    return usable


def _is_usable(one: dict[str, Any]) -> bool:
    try:
        public_key(one)
    except (JoseError, ValueError, KeyError, TypeError):
        return False
    return True


def public_key(one: dict[str, Any]) -> PublicKey:
    """A public key. Raises JoseError, ValueError, KeyError or TypeError for what is none, or too weak."""
    if _PRIVATE & one.keys():
        raise ValueError("this is a private key, which only the client may have: have it replaced")
    if one["kty"] == "RSA":
        modulus = urlsafe_b64decode(one["n"] + "=" * (-len(one["n"]) % 4))
        if int.from_bytes(modulus).bit_length() < MIN_BITS:
            raise ValueError(f"RSA has at least {MIN_BITS} bits")
        return RSAKey.import_key(one)
    if one["kty"] == "EC" and one["crv"] == "P-256":
        return ECKey.import_key(one)
    if one["kty"] == "OKP" and one["crv"] == "Ed25519":
        return OKPKey.import_key(one)
    raise ValueError("a key is RSA, EC on P-256, or Ed25519")


def algorithms_of(client: OidcClient) -> tuple[str, ...]:
    """What this client may sign with: PKCS #1 v1.5 has no place in FAPI 2.0 (5.4.1)."""
    return tuple(one for one in ALGORITHMS if not client.fapi2 or one != "RS256")


def header_of(token: str, algorithms: Collection[str]) -> dict[str, Any]:
    """The header of a compact JWS; nothing is believed of it yet. Raises ValueError with what is wrong."""
    if len(token) > MAX_LENGTH:
        raise ValueError("not a JWT")
    try:
        header = jws.extract_compact(token.encode(), registry=_registry(algorithms)).headers()
    except (JoseError, ValueError, TypeError):
        raise ValueError("not a JWT") from None
    if header.get("alg") not in algorithms or "crit" in header:
        raise ValueError(f"alg is one of {', '.join(algorithms)}")
    return dict(header)


def verified_claims(
    token: str, keys: Iterable[Key], algorithms: Collection[str], *, by_kid: bool = True
) -> dict[str, Any]:
    """The claims of a token that one of these keys signed: with `by_kid` the one that its `kid` names, if it does.

    Raises ValueError with what is wrong. Keys and addresses of keys in the header are passed over.
    """
    header = header_of(token, algorithms)
    algorithm, kid = header["alg"], header.get("kid") if by_kid else None
    for key in keys:
        if key.key_type == _KINDS[algorithm] and kid in (None, key.kid):
            payload = _payload(token, key, algorithm)
            if payload is not None:
                return _claims(payload)
    raise ValueError("signed by none of the keys for its alg and kid")


def _payload(token: str, key: Key, algorithm: str) -> bytes | None:
    try:
        return jws.deserialize_compact(token, key, registry=_registry([algorithm])).payload
    except (JoseError, ValueError, TypeError):
        return None


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = json.loads(payload, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise ValueError("not a JWT")  # noqa: TRY004 - it came from outside
    return claims


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers disagree about which of two members of one name counts (RFC 7519 4)."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError
    return made


def _registry(algorithms: Collection[str]) -> jws.JWSRegistry:
    return _Registry(algorithms=[_BY_CURVE.get(one, one) for one in algorithms], strict_check_header=False)


def check_times(claims: Mapping[str, Any], *, now: int, longest: int, skew: int) -> int:
    """When it ends: in the future, by at most `longest` seconds; `nbf` and `iat` lie in the past (RFC 7519 4.1).

    Raises ValueError, in words for the client. JSON as Python reads it has a NaN, of which no comparison is true.
    """
    expires: Any = claims.get("exp")
    begins = [claims[name] for name in ("nbf", "iat") if name in claims]
    if any(type(moment) not in (int, float) for moment in (expires, *begins)):
        raise ValueError("exp, nbf and iat are numbers, and exp is needed")
    if not now - skew < expires <= now + longest + skew:
        raise ValueError(f"exp lies in the future, by at most {longest} seconds")
    if not all(moment <= now + skew for moment in begins):
        raise ValueError("nbf and iat lie in the past")
    return int(expires)
