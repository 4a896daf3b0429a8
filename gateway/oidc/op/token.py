"""The token endpoint: what it checks, what it gives.

RFC 6749 4.1.3, 5.1 and 6, RFC 7636 4.6, RFC 9449 5, OpenID Connect Core 3.1.3.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from gateway.domain.errors import Audience, ErrorCode, SluisError
from gateway.login.kept import KeptLogins
from gateway.observability import legs
from gateway.observability.reference import bind
from gateway.oidc.op.called import Called
from gateway.oidc.op.client_authentication import Clients
from gateway.oidc.op.grants import CODE_SECONDS, Code, Grant, Grants, bound, narrowed
from gateway.oidc.op.id_token import id_token
from gateway.oidc.op.scopes import OFFLINE_ACCESS, OPENID
from gateway.oidc.op.sender_key import KeyKind, SenderKey, token_type
from gateway.oidc.op.senders import Senders
from gateway.oidc.op.signing import Signer

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


@dataclass(slots=True, repr=False)
class Exchange:
    """A token request on its way through the checks; each field says which check fills it in."""

    called: Called
    grants: Grants
    kept: KeptLogins
    senders: Senders

    key: SenderKey | None = None
    """check_sender: what the tokens will be bound to."""
    presented: str = ""
    """check_presented: the code or the refresh token."""
    code: Code | None = None
    """check_code."""
    grant: Grant = field(init=False)
    """check_code, check_refresh_token."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """Those of the token. Beside a code none can be asked for (RFC 6749 4.1.3); check_scope."""
        asked = self.called.parameters.words("scope") if self.code is None else ()
        return asked or self.grant.scopes

    @property
    def rotates(self) -> bool:
        """Whether a refresh token is replaced at each use: not under FAPI 2.0 (5.3.2.1), where it is bound to a key."""
        return not self.called.client.fapi2


Check = Callable[[Exchange], None]


def check_sender(exchange: Exchange) -> None:
    """A key, proven, where the client's entry asks for one; any client may have its tokens bound."""
    exchange.key = exchange.senders.key_for_tokens(exchange.called.transport, exchange.called.client)


def check_presented(exchange: Exchange) -> None:
    """A code or a refresh token is there, as the grant type wants."""
    name = _PRESENTED[exchange.called.parameters.values["grant_type"]]
    value = exchange.called.parameters.get(name)
    if value is None:
        raise SluisError(ErrorCode.REQUEST_MISSING, hint=f"{name} is missing")
    exchange.presented = value


def check_code(exchange: Exchange) -> None:
    """A code of this client that is not over. One that was used before takes back what it gave (RFC 6749 4.1.2)."""
    code = exchange.grants.find_code(exchange.presented)
    if code is None or code.grant.service != exchange.called.service.id:
        exchange.grants.revoke_if_spent("code", exchange.presented, exchange.called.service.id)
        raise _invalid("the code is unknown, of another client, over, or was used")
    if exchange.grants.is_revoked(code.grant.session):
        raise _invalid("the login is over")
    exchange.code, exchange.grant = code, code.grant
    if code.grant.reference:
        bind(code.grant.reference)
        legs.told(service=code.grant.service)


def check_redirect_uri(exchange: Exchange) -> None:
    """The redirect URI is the one that the code was sent to (RFC 6749 4.1.3)."""
    asked = exchange.called.parameters.get("redirect_uri")
    if asked is None:
        raise SluisError(ErrorCode.REQUEST_MISSING, hint="redirect_uri is missing")
    if exchange.code is None or asked != exchange.code.redirect_uri:
        raise _invalid("redirect_uri is not that of the authorization request")


def check_verifier(exchange: Exchange) -> None:
    """The client that began this login ends it (RFC 7636 4.6)."""
    verifier = exchange.called.parameters.get("code_verifier")
    if verifier is None or exchange.code is None:
        raise SluisError(ErrorCode.REQUEST_MISSING, hint="code_verifier is missing")
    if not _VERIFIER.fullmatch(verifier):
        raise _invalid("code_verifier is 43 to 128 unreserved characters")
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not hmac.compare_digest(challenge, exchange.code.challenge):
        raise _invalid("code_verifier does not fit the code_challenge")


def check_code_key(exchange: Exchange) -> None:
    """The key is the one that the authorization request named, where it named one (RFC 9449 10)."""
    named = exchange.code.dpop_jkt if exchange.code is not None else None
    if named is not None and exchange.key != SenderKey(KeyKind.DPOP, named):
        raise _invalid("the code is for the DPoP key of the authorization request")


def check_refresh_token(exchange: Exchange) -> None:
    """A refresh token of this client that is not over."""
    grant = exchange.grants.find_refresh_token(exchange.presented)
    if grant is None or grant.service != exchange.called.service.id:
        exchange.grants.revoke_if_spent("refresh", exchange.presented, exchange.called.service.id)
        raise _invalid("the refresh token is unknown, of another client, over, or revoked")
    exchange.grant = grant


def check_refresh_key(exchange: Exchange) -> None:
    """Tokens that were bound stay bound; those of a public client to the same key (RFC 9449 5).

    Any other client proves who it is, so it may go on with a fresh key; it cannot go back to no key.
    """
    before, client = exchange.grant.key, exchange.called.client
    if before is None or exchange.key == before:
        return
    if exchange.key is None or exchange.key.kind is not before.kind or client.public:
        raise _invalid("the refresh token is bound to a key, and this request does not prove it")


def check_scope(exchange: Exchange) -> None:
    """Fewer scopes than granted may be asked for, never more (RFC 6749 6)."""
    asked = exchange.called.parameters.words("scope")
    if not set(exchange.grant.scopes).issuperset(asked):
        raise SluisError(ErrorCode.REQUEST_SCOPE, hint="a scope that was not granted")


def check_agreement(exchange: Exchange) -> None:
    """The agreement allows renewing, at this moment: one that ended a minute ago ends the grant."""
    try:
        allowed = exchange.kept.may_renew(exchange.grant.session, exchange.called.service)
    except SluisError as cause:
        if cause.kind.audience is Audience.OPERATOR:
            raise
        exchange.grants.revoke(exchange.grant.session)
        raise SluisError(ErrorCode.GRANT_INVALID, hint=f"nothing is released any more: {cause.code}") from cause
    if not allowed:
        exchange.grants.revoke(exchange.grant.session)
        raise _invalid("the agreement with the school does not allow renewing")


def check_first_use(exchange: Exchange) -> None:
    """Used for the first time; a second use takes back everything (RFC 9700 4.14.2). The last check: it spends.

    A refresh token that is not rotated is bound to a key of its client, and used again and again.
    """
    if exchange.code is None and not exchange.rotates:
        return
    kind = "code" if exchange.code is not None else "refresh"
    if not exchange.grants.spend(kind, exchange.presented, exchange.grant):
        raise _invalid("it was used before: all that it gave is revoked")


EVERY_GRANT: tuple[Check, ...] = (check_sender, check_presented)
"""Before the checks of a grant type."""

CHECKS: dict[str, tuple[Check, ...]] = {
    "authorization_code": (
        *EVERY_GRANT,
        check_code,
        check_redirect_uri,
        check_verifier,
        check_code_key,
        check_first_use,
    ),
    "refresh_token": (
        *EVERY_GRANT,
        check_refresh_token,
        check_refresh_key,
        check_scope,
        check_agreement,
        check_first_use,
    ),
}
"""The checks of each grant type, in their order."""

_PRESENTED = {"authorization_code": "code", "refresh_token": "refresh_token"}


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Exchanges codes and refresh tokens."""

    issuer: str
    clients: Clients
    grants: Grants
    kept: KeptLogins
    signer: Signer
    senders: Senders

    def exchange(self, called: Called) -> dict[str, Any]:
        """The token response. Raises SluisError with what RFC 6749 5.2 has for it."""
        self.clients.authenticate(called)
        asked = called.parameters.get("grant_type")
        if asked is None:
            raise SluisError(ErrorCode.REQUEST_MISSING, hint="grant_type is missing")
        if asked not in CHECKS:
            raise SluisError(ErrorCode.GRANT_UNSUPPORTED, hint=f"grant_type is {' or '.join(CHECKS)}")
        exchange = Exchange(called, self.grants, self.kept, self.senders)
        for check in CHECKS[asked]:
            check(exchange)
        exchange.grant = bound(exchange.grant, exchange.key)
        return self._tokens(exchange)

    def _tokens(self, exchange: Exchange) -> dict[str, Any]:
        grant, code, service = exchange.grant, exchange.code, exchange.called.service
        refresh_token = self._refresh_token(exchange)
        renewable = refresh_token is not None or code is None
        granted = narrowed(grant, tuple(one for one in exchange.scopes if one != OFFLINE_ACCESS or renewable))
        access_token = self.grants.new_access_token(granted)
        if renewable:
            # Else what was kept at the login lasts as long as the token.
            self.kept.prolong(grant.session, seconds=self._kept_for(grant))
        told: dict[str, Any] = {
            "access_token": access_token,
            "token_type": token_type(grant.key),
            "expires_in": self.grants.access_seconds,
            "scope": " ".join(granted.scopes),
        }
        if refresh_token is not None:
            told["refresh_token"] = refresh_token
        if OPENID in granted.scopes:
            told["id_token"] = id_token(
                grant,
                service.oidc,
                issuer=self.issuer,
                signer=self.signer,
                now=self.grants.now(),
                access_token=access_token,
                nonce=code.nonce if code else None,
                claims=code.claims if code else {},
            )
        return told

    def _refresh_token(self, exchange: Exchange) -> str | None:
        """For a code: only where it was asked for and the agreement allows it. For a refresh token: the next."""
        grant = exchange.grant
        if exchange.code is None:
            return self.grants.new_refresh_token(grant) if exchange.rotates else None
        if OFFLINE_ACCESS not in grant.scopes or not self._may_renew(exchange):
            return None
        return self.grants.new_refresh_token(grant)

    def _may_renew(self, exchange: Exchange) -> bool:
        try:
            return self.kept.may_renew(exchange.grant.session, exchange.called.service)
        except SluisError as cause:
            if cause.kind.audience is Audience.OPERATOR:
                raise
            # UserInfo will say what is wrong; the login itself was released and is on record.
            return False

    def _kept_for(self, grant: Grant) -> int:
        return max(grant.until - self.grants.now(), 0) + self.grants.access_seconds + CODE_SECONDS


def _invalid(hint: str) -> SluisError:
    return SluisError(ErrorCode.GRANT_INVALID, hint=hint)
