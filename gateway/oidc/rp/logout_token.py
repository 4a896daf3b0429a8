"""Verification of a logout token of an OpenID provider (OpenID Connect Back-Channel Logout 1.0, 2.4 and 2.6)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.federation.models import IdentityProvider
from gateway.federation.snapshot import Federation
from gateway.oidc.rp.expected import Expected
from gateway.oidc.rp.id_token import moment, signed_claims
from gateway.oidc.rp.providers import Providers
from gateway.storage.contracts import ShortLivedStore

EVENT = "http://schemas.openid.net/event/backchannel-logout"
MAX_LENGTH = 16 * 1024
MAX_AGE = timedelta(minutes=10)
"""How long after it was made a token still counts."""
MAX_ID = 256
_TYPES = frozenset({None, "JWT", "logout+jwt", "application/logout+jwt"})


@dataclass(slots=True, repr=False)
class LogoutToken:
    """A token on its way through the checks; each field says which check fills it in."""

    text: str
    federation: Federation
    providers: Providers
    marks: ShortLivedStore
    now: datetime
    skew: timedelta

    issuer: str = field(init=False)
    """check_sender: believed from check_signature on."""
    known: tuple[IdentityProvider, ...] = ()
    """check_sender: entries with this issuer; from check_audience on those that the token is for."""
    claims: Mapping[str, Any] = field(init=False)
    """check_signature."""

    @property
    def subject(self) -> str | None:
        """`sub`: the person whose sessions end, or whose is the one of `session`."""
        return self._text("sub")

    @property
    def session(self) -> str | None:
        """`sid`: the one session that ends."""
        return self._text("sid")

    def _text(self, name: str) -> str | None:
        value = self.claims.get(name)
        return value if isinstance(value, str) and 1 <= len(value) <= MAX_ID else None


def check_sender(token: LogoutToken) -> None:
    """The issuer that it names, believed by nobody yet, is a provider of this federation."""
    if len(token.text) > MAX_LENGTH:
        raise SluisError(ErrorCode.LOGOUT_MALFORMED, hint=f"at most {MAX_LENGTH} characters")
    try:
        said = json.loads(jws.extract_compact(token.text.encode()).payload)
        issuer = said.get("iss")
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError) as cause:
        raise SluisError(ErrorCode.LOGOUT_MALFORMED, hint="logout_token is no signed JWT") from cause
    federation = token.federation
    named = federation.idps_by_entity_id.get(issuer, ()) if isinstance(issuer, str) else ()
    entries = (federation.identity_providers[one] for one in named)
    token.known = tuple(one for one in entries if one.protocol is Protocol.OIDC)
    if not token.known:
        raise SluisError(ErrorCode.LOGOUT_SENDER_UNKNOWN, hint="iss of the logout token")
    token.issuer = token.known[0].oidc.issuer


def check_signature(token: LogoutToken) -> None:
    """Signed by that provider; what else it says is read after that alone. `nonce` would make it an ID token."""
    expected = Expected(
        issuer=token.issuer,
        client_id="",
        nonce="",
        access_token="",
        keys=token.providers.keys(token.issuer),
        renewed_keys=lambda: token.providers.renewed_keys(token.issuer),
        contexts=(),
        fresh_since=None,
        now=token.now,
        skew=token.skew,
    )
    try:
        header, token.claims = signed_claims(token.text, expected)
    except SluisError as error:
        if error.code is ErrorCode.IDP_UNREACHABLE:
            raise
        raise SluisError(ErrorCode.LOGOUT_SIGNATURE, hint="the logout token", cause=error) from error
    if header.get("typ") not in _TYPES or "nonce" in token.claims or token.claims.get("iss") != token.issuer:
        raise SluisError(ErrorCode.LOGOUT_MALFORMED, hint="this is no logout token")


def check_audience(token: LogoutToken) -> None:
    """It is for a client that the gateway is there."""
    audience = token.claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    token.known = tuple(one for one in token.known if one.oidc.client_id in listed)
    if not token.known:
        raise SluisError(ErrorCode.LOGOUT_DESTINATION, hint="aud of the logout token")


def check_event(token: LogoutToken) -> None:
    """It says that somebody logged out, and who or which session."""
    events = token.claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise SluisError(ErrorCode.LOGOUT_MALFORMED, hint=f"events holds {EVENT}")
    if token.subject is None and token.session is None:
        raise SluisError(ErrorCode.LOGOUT_MALFORMED, hint="neither sub nor sid")


def check_moments(token: LogoutToken) -> None:
    """Made no longer ago than `MAX_AGE`, not in the future, and not past its own end."""
    try:
        age, ends = token.now - moment(token.claims, "iat"), moment(token.claims, "exp")
    except SluisError as error:
        raise SluisError(ErrorCode.LOGOUT_MALFORMED, hint="iat or exp") from error
    if ends <= token.now - token.skew or not -token.skew <= age <= MAX_AGE + token.skew:
        raise SluisError(ErrorCode.LOGOUT_STALE, hint="iat or exp")


def check_not_replayed(token: LogoutToken) -> None:
    """A token counts once. The only check that leaves something behind: the last."""
    identifier = token.claims.get("jti")
    if not isinstance(identifier, str) or not 1 <= len(identifier) <= MAX_ID:
        raise SluisError(ErrorCode.LOGOUT_MALFORMED, hint="jti")
    digest = sha256(f"{token.issuer}\n{identifier}".encode(errors="backslashreplace")).hexdigest()
    seconds = int((MAX_AGE + 2 * token.skew).total_seconds()) + 1
    if not token.marks.add(f"logout-token:{digest}", b"1", seconds=seconds):
        raise SluisError(ErrorCode.LOGOUT_REPLAYED)


CHECKS: tuple[Callable[[LogoutToken], None], ...] = (
    check_sender,
    check_signature,
    check_audience,
    check_event,
    check_moments,
    check_not_replayed,
)


def checked(token: LogoutToken) -> LogoutToken:
    """The token, verified. Raises SluisError LOGOUT_*, or IDP_UNREACHABLE when there are no keys to verify it with."""
    for check in CHECKS:
        check(token)
    return token
