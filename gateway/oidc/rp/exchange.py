"""From a code to verified claims: the token request, the ID token, UserInfo (OpenID Connect Core 3.1.3 and 5.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.http import Http, HttpAnswer, HttpFailed
from gateway.federation.models import IdentityProvider
from gateway.observability import legs
from gateway.observability.legs import StepName
from gateway.oidc.rp.client import ClientCredentials
from gateway.oidc.rp.discovery import JSON, Provider
from gateway.oidc.rp.expected import Expected
from gateway.oidc.rp.id_token import Claims, check_audience, check_issuer, signed_claims, verified_claims
from gateway.oidc.rp.json_documents import DocumentRejected, json_object
from gateway.oidc.rp.request import callback_of

MAX_ACCESS_TOKEN = 16 * 1024
_SIGNED = "application/jwt"


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What a token endpoint answers with; nothing of it has been verified."""

    id_token: str
    access_token: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """Talks to the endpoints of providers, one request each. `callback` is what their redirect URIs begin with."""

    http: Http
    credentials: ClientCredentials
    callback: str

    def tokens(self, idp: IdentityProvider, provider: Provider, *, code: str, verifier: str) -> Tokens:
        """Redeem a code. Raises SluisError IDP_UNREACHABLE, IDP_TOKEN_REFUSED or RESPONSE_EXPIRED."""
        headers, proof = self.credentials.of(idp.oidc, provider)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback_of(self.callback, idp.id),
            "code_verifier": verifier,
            **proof,
        }
        try:
            with legs.step(StepName.TOKEN):
                answer = self.http.post(provider.token_endpoint, headers={**JSON, **headers}, form=form)
        except HttpFailed as cause:
            raise SluisError(ErrorCode.IDP_UNREACHABLE, hint="its token endpoint", cause=str(cause)) from cause
        return _tokens(answer)

    def userinfo(self, provider: Provider, tokens: Tokens, id_token: Claims, expected: Expected) -> Mapping[str, Any]:
        """The claims of UserInfo, of the person whom the ID token is about; plain or signed.

        Raises SluisError IDP_UNREACHABLE, RESPONSE_USERINFO, or as `signed_claims` does.
        """
        if provider.userinfo_endpoint is None:
            return {}
        headers = {"Authorization": f"Bearer {tokens.access_token}", "Accept": f"application/json, {_SIGNED}"}
        try:
            with legs.step(StepName.USERINFO):
                answer = self.http.get(provider.userinfo_endpoint, headers=headers)
        except HttpFailed as cause:
            raise SluisError(ErrorCode.IDP_UNREACHABLE, hint="its UserInfo endpoint", cause=str(cause)) from cause
        claims = _userinfo(answer, expected)
        if claims.get("sub") != id_token["sub"]:
            raise SluisError(ErrorCode.RESPONSE_USERINFO, hint="sub of UserInfo is not that of the ID token")
        return claims


def redeemed(
    exchange: Exchange, idp: IdentityProvider, provider: Provider, *, code: str, verifier: str, expected: Expected
) -> tuple[Claims, Mapping[str, Any]]:
    """The verified claims of the ID token, and those of UserInfo where it is asked."""
    tokens = exchange.tokens(idp, provider, code=code, verifier=verifier)
    expected = replace(expected, access_token=tokens.access_token)
    claims = verified_claims(tokens.id_token, expected)
    return claims, exchange.userinfo(provider, tokens, claims, expected) if idp.oidc.userinfo else {}


def _tokens(answer: HttpAnswer) -> Tokens:
    if answer.status in (400, 401):
        error = _error(answer)
        if error == "invalid_grant":
            raise SluisError(ErrorCode.RESPONSE_EXPIRED, hint="the code is used, expired or of another request")
        raise SluisError(ErrorCode.IDP_TOKEN_REFUSED, hint=error)
    try:
        document = json_object(answer)
    except DocumentRejected as cause:
        raise SluisError(ErrorCode.IDP_TOKEN_REFUSED, hint="the token endpoint", cause=str(cause)) from cause
    id_token, access_token = document.get("id_token"), document.get("access_token")
    bearer = str(document.get("token_type", "")).lower() == "bearer"
    if not isinstance(id_token, str) or not isinstance(access_token, str) or not bearer:
        raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint="no ID token and bearer token in the token response")
    if len(access_token) > MAX_ACCESS_TOKEN or not (access_token.isascii() and access_token.isprintable()):
        raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint="an access token that no header can carry")
    return Tokens(id_token, access_token)


_ERRORS = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"}
    | {"invalid_scope"}
)


def _error(answer: HttpAnswer) -> str:
    """The error of RFC 6749 5.2, if it is one of them: nothing else that a peer says is repeated."""
    try:
        said = json_object(replace(answer, status=200)).get("error")
    except DocumentRejected:
        return "unknown error"
    return said if isinstance(said, str) and said in _ERRORS else "unknown error"


def _userinfo(answer: HttpAnswer, expected: Expected) -> Mapping[str, Any]:
    if answer.status == 200 and answer.content_type == _SIGNED:
        _, claims = signed_claims(answer.body.decode("ascii", errors="replace"), expected)
        check_issuer(claims, expected)
        check_audience(claims, expected)
        return claims
    try:
        return json_object(answer)
    except DocumentRejected as cause:
        raise SluisError(ErrorCode.RESPONSE_USERINFO, hint="UserInfo cannot be read", cause=str(cause)) from cause
