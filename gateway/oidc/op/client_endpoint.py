"""The provider's endpoints for clients: requests, tokens, UserInfo, introspection, revocation, documents."""

import json
from collections.abc import Callable, Collection
from functools import wraps
from hashlib import sha256
from typing import Any

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gateway.domain.errors import ErrorCode, SluisError
from gateway.observability import legs, reference
from gateway.oidc.op.addresses import (
    CONFIGURATION_PATH,
    INTROSPECTION_PATH,
    JWKS_PATH,
    OAUTH_CONFIGURATION_PATH,
    PUSHED_PATH,
    REVOCATION_PATH,
    TOKEN_PATH,
    USERINFO_PATH,
)
from gateway.oidc.op.called import Called
from gateway.oidc.op.endpoint import posted
from gateway.oidc.op.errors import description, oauth_error
from gateway.oidc.op.par import PushedAuthorization
from gateway.oidc.op.proofs import ALGORITHMS, NonceNeeded
from gateway.oidc.op.protected import TokenStatus, UserInfo
from gateway.oidc.op.token import TokenEndpoint
from gateway.oidc.op.transport import Transport
from gateway.web.proxies import CLIENT_CERTIFICATE

log = structlog.get_logger("sluis")

MAX_AGE = 3600
"""Seconds for which a cache may keep the documents; a new key is announced longer than that before its first use."""
_ANY = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_POST = ("POST",)
_OF_TOKENS = frozenset({ErrorCode.TOKEN_INVALID, ErrorCode.TOKEN_SCOPE})
_OF_PROOFS = frozenset({ErrorCode.PROOF_INVALID, ErrorCode.PROOF_NONCE})
_DPOP = f'DPoP algs="{" ".join(ALGORITHMS)}"'


def blueprint(
    *,
    pushed: PushedAuthorization,
    token: TokenEndpoint,
    userinfo: UserInfo,
    status: TokenStatus,
    configuration: dict[str, Any],
    jwks: dict[str, Any],
) -> Blueprint:
    """All of them. Errors are JSON (RFC 6749 5.2); no answer but the documents may be kept."""
    routes = Blueprint("oidc_op_clients", __name__)

    @routes.route(PUSHED_PATH, methods=_ANY)
    @_in_json(_POST)
    def push() -> Response:
        return _json(pushed.push(_called()), 201)

    @routes.route(TOKEN_PATH, methods=_ANY)
    @_in_json(_POST)
    def exchange() -> Response:
        return _json(token.exchange(_called()))

    @routes.route(USERINFO_PATH, methods=_ANY)
    @_in_json(("GET", "HEAD", "POST"))
    def user_info() -> Response:
        told = userinfo.answer(_transport())
        return Response(told, mimetype="application/jwt") if isinstance(told, str) else _json(told)

    @routes.route(INTROSPECTION_PATH, methods=_ANY)
    @_in_json(_POST)
    def introspect() -> Response:
        return _json(status.introspect(_called()))

    @routes.route(REVOCATION_PATH, methods=_ANY)
    @_in_json(_POST)
    def revoke() -> Response:
        status.revoke(_called())
        return _json({})

    _serve(routes, CONFIGURATION_PATH, "configuration", configuration, "application/json")
    _serve(routes, OAUTH_CONFIGURATION_PATH, "oauth_configuration", configuration, "application/json")
    _serve(routes, JWKS_PATH, "jwks", jwks, "application/jwk-set+json")
    return routes


def _called() -> Called:
    return Called(posted(), _transport())


def _transport() -> Transport:
    return Transport(
        method=request.method,
        path=request.path,
        authorization=request.headers.get("Authorization"),
        proof=request.headers.get("DPoP"),
        certificate=request.environ.get(CLIENT_CERTIFICATE),
    )


def _json(told: dict[str, Any], status: int = 200) -> Response:
    response = Response(json.dumps(told), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


class _WrongMethod(SluisError):
    """Asked by a method that the endpoint does not have: 405, and `Allow` (RFC 9126 2.3, RFC 9110 15.5.6)."""

    def __init__(self, methods: Collection[str]) -> None:
        super().__init__(ErrorCode.REQUEST_UNSUPPORTED, hint=f"this endpoint takes {' and '.join(methods)} alone")
        self.methods = methods


def _in_json(methods: Collection[str]) -> Callable[[Callable[[], Response]], Callable[[], Response]]:
    """Have an endpoint, which takes these methods, tell its errors as OAuth does, and log them."""

    def answering(endpoint: Callable[[], Response]) -> Callable[[], Response]:
        @wraps(endpoint)
        def answered() -> Response:
            try:
                if request.method == "OPTIONS":
                    return Response(status=204, headers={"Allow": ", ".join(methods)})
                return endpoint() if request.method in methods else _refused(_WrongMethod(methods))
            except SluisError as error:
                return _refused(error)
            except RequestEntityTooLarge:
                return _refused(SluisError(ErrorCode.REQUEST_TOO_LARGE))
            except HTTPException:
                raise
            except Exception as cause:
                log.exception("request_failed", code=ErrorCode.INTERNAL, exc_info=cause)
                return _refused(SluisError(ErrorCode.INTERNAL))

        return answered

    return answering


def _refused(error: SluisError) -> Response:
    legs.told(code=error.code)
    log.warning("client_refused", code=error.code, hint=error.hint, endpoint=request.path)
    if error.code is ErrorCode.TOKEN_MISSING:
        # RFC 6750 3.1: who sent no token is told no error code.
        response = _json({}, 401)
        response.headers["WWW-Authenticate"] = f"Bearer, {_DPOP}"
        return response
    code, said = oauth_error(error), description(error, reference.current())
    http = error.kind.http_status
    if error.code is ErrorCode.REQUEST_TOO_LARGE and request.path != PUSHED_PATH:
        http = 400  # RFC 6749 5.2; RFC 9126 2.3 keeps 413
    response = _json({"error": code, "error_description": said, "reference": reference.current()}, http)
    if isinstance(error, _WrongMethod):
        response.status_code = 405
        response.allow.update(error.methods)
    if isinstance(error, NonceNeeded):
        response.headers["DPoP-Nonce"] = error.nonce
    if error.code in _OF_TOKENS or (error.code in _OF_PROOFS and request.path == USERINFO_PATH):
        if error.code in _OF_PROOFS:
            response.status_code = 401
        what = f'error="{code}", error_description="{said}"'
        by_proof = request.headers.get("Authorization", "").lower().startswith("dpop ")
        response.headers["WWW-Authenticate"] = f"{_DPOP}, {what}" if by_proof else f"Bearer {what}, {_DPOP}"
    elif error.code is ErrorCode.CLIENT_AUTHENTICATION:
        response.headers["WWW-Authenticate"] = 'Basic realm="clients"'
    return response


def _serve(routes: Blueprint, path: str, name: str, told: dict[str, Any], content_type: str) -> None:
    """A document that anybody may read and keep for a while, browsers of any site too."""
    body = json.dumps(told, indent=1).encode()
    etag = sha256(body).hexdigest()

    def served() -> Response:
        response = Response(body, content_type=content_type)
        response.set_etag(etag)
        response.cache_control.public = True
        response.cache_control.max_age = MAX_AGE
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.make_conditional(request)
        return response

    routes.add_url_rule(path, name, served, methods=["GET"])
