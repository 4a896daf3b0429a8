"""Verification of an ID token (OpenID Connect Core 1.0, section 3.1.3.7): first the signature, then what it covers."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256, sha384, sha512
from hmac import compare_digest
from typing import Any, NewType

from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, JoseError

from gateway.domain.errors import ErrorCode, SluisError
from gateway.login.messages import MAX_SESSION
from gateway.oidc.rp.expected import Expected
from gateway.oidc.rp.key_set import ALGORITHMS

Claims = NewType("Claims", Mapping[str, Any])
"""The claims of an ID token whose signature and issuer were verified."""

MAX_LENGTH = 64 * 1024
MAX_AGE = timedelta(minutes=15)
"""How long ago a token may have been made: it answers an attempt, and those end."""

_HASHES = {"256": sha256, "384": sha384, "512": sha512}


def verified_claims(token: str, expected: Expected) -> Claims:
    """The claims of an ID token that answers this attempt. Raises SluisError with the first failed check's code."""
    header, claims = signed_claims(token, expected)
    for check in CHECKS:
        check(claims, expected)
    _check_access_token(header, claims, expected)
    return Claims(claims)


def signed_claims(token: str, expected: Expected) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims of a token with a signature of the provider's; nothing is read before that but alg and kid.

    Raises SluisError RESPONSE_TOO_LARGE, _MALFORMED, _ALGORITHM or _SIGNATURE_INVALID.
    """
    if len(token) > MAX_LENGTH:
        raise SluisError(ErrorCode.RESPONSE_TOO_LARGE, hint=f"an ID token of more than {MAX_LENGTH} bytes")
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError, RecursionError) as cause:
        raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint="the ID token is not a signed JWT") from cause
    key_id, algorithm = header.get("kid"), header.get("alg")
    if algorithm not in ALGORITHMS:
        raise SluisError(ErrorCode.RESPONSE_ALGORITHM, hint="the ID token")
    key = expected.keys.find(key_id, algorithm) or expected.renewed_keys().find(key_id, algorithm)
    if key is None:
        raise SluisError(ErrorCode.RESPONSE_SIGNATURE_INVALID, hint="signed with a key that is not in the key set")
    try:
        claims = jwt.decode(token, key, algorithms=[algorithm]).claims
    except BadSignatureError as cause:
        raise SluisError(ErrorCode.RESPONSE_SIGNATURE_INVALID, hint="the ID token") from cause
    except (JoseError, ValueError, TypeError, RecursionError) as cause:
        raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint="the ID token") from cause
    if not isinstance(claims, dict):
        raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint="the ID token holds no claims")
    return header, claims


def check_issuer(claims: Mapping[str, Any], expected: Expected) -> None:
    """`iss` is exactly the configured issuer (rule 2)."""
    if claims.get("iss") != expected.issuer:
        raise SluisError(ErrorCode.RESPONSE_ISSUER, hint="iss of the ID token")


def check_audience(claims: Mapping[str, Any], expected: Expected) -> None:
    """`aud` is this client, alone or with others; with others `azp` says that it is for this one (rules 3 to 5)."""
    audience = claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    authorized = claims.get("azp", expected.client_id if len(listed) == 1 else None)
    if expected.client_id not in listed or authorized != expected.client_id:
        raise SluisError(ErrorCode.RESPONSE_AUDIENCE, hint="aud or azp of the ID token")


def check_subject(claims: Mapping[str, Any], expected: Expected) -> None:  # noqa: ARG001 - all checks are called alike
    """`sub` is a text of 1 to 255 characters (section 2)."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255:
        raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint="sub of the ID token")


def check_nonce(claims: Mapping[str, Any], expected: Expected) -> None:
    """`nonce` is that of this attempt: the token was made for it and no other (rule 11)."""
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not compare_digest(
        nonce.encode(errors="backslashreplace"), expected.nonce.encode()
    ):
        raise SluisError(ErrorCode.RESPONSE_REQUEST, hint="nonce of the ID token")


def check_lifetime(claims: Mapping[str, Any], expected: Expected) -> None:
    """`exp` lies ahead, `iat` and `nbf` behind, and not long (rules 9 and 10)."""
    now, skew = expected.now, expected.skew
    issued = moment(claims, "iat")
    if now - skew >= moment(claims, "exp") or issued <= now - skew - MAX_AGE:
        raise SluisError(ErrorCode.RESPONSE_EXPIRED)
    if issued > now + skew or ("nbf" in claims and moment(claims, "nbf") > now + skew):
        raise SluisError(ErrorCode.RESPONSE_TOO_EARLY)


def check_context(claims: Mapping[str, Any], expected: Expected) -> None:
    """`acr` is one of those asked for, where one was (rule 12)."""
    if expected.contexts and claims.get("acr") not in expected.contexts:
        raise SluisError(ErrorCode.RESPONSE_AUTHENTICATION_CONTEXT)


def check_authenticated(claims: Mapping[str, Any], expected: Expected) -> None:
    """`auth_time`, where it is there, lies behind, and not ages ago: services are told of it (section 2)."""
    if "auth_time" not in claims:
        return
    authenticated = moment(claims, "auth_time")
    if authenticated > expected.now + expected.skew:
        raise SluisError(ErrorCode.RESPONSE_TOO_EARLY, hint="auth_time")
    if authenticated < expected.now - MAX_SESSION:
        raise SluisError(ErrorCode.RESPONSE_EXPIRED, hint="auth_time is more than a year ago")


def check_freshness(claims: Mapping[str, Any], expected: Expected) -> None:
    """`auth_time` lies after the moment from which the person had to authenticate anew (rule 13)."""
    if expected.fresh_since is None:
        return
    if "auth_time" not in claims or moment(claims, "auth_time") < expected.fresh_since - expected.skew:
        raise SluisError(ErrorCode.RESPONSE_NOT_FRESH)


CHECKS: tuple[Callable[[Mapping[str, Any], Expected], None], ...] = (
    check_issuer,
    check_audience,
    check_subject,
    check_nonce,
    check_lifetime,
    check_context,
    check_authenticated,
    check_freshness,
)


def authenticated_at(claims: Claims) -> datetime:
    """When the person authenticated: `auth_time`, else when the token was made."""
    return moment(claims, "auth_time" if "auth_time" in claims else "iat")


def _check_access_token(header: Mapping[str, Any], claims: Mapping[str, Any], expected: Expected) -> None:
    """`at_hash`, where it is there, is that of the access token beside it (section 3.1.3.8)."""
    if "at_hash" not in claims:
        return
    digest = _HASHES[header["alg"][2:]](expected.access_token.encode()).digest()
    wanted = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if claims["at_hash"] != wanted:
        raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint="at_hash is of another access token")


def moment(claims: Mapping[str, Any], name: str) -> datetime:
    """The moment in this claim. Raises SluisError RESPONSE_MALFORMED."""
    seconds = claims.get(name)
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            pass
    raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint=f"{name} of the ID token is no moment")
