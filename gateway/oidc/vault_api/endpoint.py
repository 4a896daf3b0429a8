"""The endpoints under `/api/vault/v1`. Errors are problem documents (RFC 9457), at the token endpoint OAuth's."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gateway.domain.errors import ErrorCode, SluisError
from gateway.observability import reference
from gateway.oidc.op.endpoint import posted
from gateway.oidc.op.errors import description, oauth_error
from gateway.oidc.vault_api.access import Access
from gateway.oidc.vault_api.entries import Entries, EntriesRefused
from gateway.oidc.vault_api.openapi import document
from gateway.web.proxies import CLIENT_CERTIFICATE

log = structlog.get_logger("sluis")

BASE = "/api/vault/v1"
TOKEN_PATH = f"{BASE}/token"
MAX_BYTES = 2 * 1024 * 1024
"""Of a call; a thousand entries with every ECK iD that there is have three quarters of it."""


def blueprint(*, access: Access, entries: Entries, base_url: str) -> Blueprint:
    """All of them."""
    routes = Blueprint("vault_api", __name__, url_prefix=BASE)
    described = document(base_url + BASE)

    @routes.post("/token")
    @_answered(_as_oauth)
    def token() -> Response:
        return _json(access.token(posted(), request.environ.get(CLIENT_CERTIFICATE)))

    @routes.post("/entries")
    @_answered(_as_problem)
    def put() -> Response:
        caller = _caller(access)
        return _json({"entries": entries.put(caller, _body())})

    @routes.post("/entries/find")
    @_answered(_as_problem)
    def find() -> Response:
        caller = _caller(access)
        return _json({"entries": entries.find(caller, _body())})

    @routes.get("/entries/<entry_id>")
    @_answered(_as_problem)
    def get(entry_id: str) -> Response:
        told, etag = entries.get(_caller(access), entry_id)
        response = _json(told)
        response.set_etag(etag)
        response.make_conditional(request)
        return response

    @routes.delete("/entries/<entry_id>")
    @_answered(_as_problem)
    def delete(entry_id: str) -> Response:
        wanted = () if request.if_match.star_tag else tuple(request.if_match.as_set())
        entries.delete(_caller(access), entry_id, wanted)
        return Response(status=204)

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return Response(json.dumps(described, indent=1), mimetype="application/json")

    return routes


def _caller(access: Access) -> Any:
    return access.caller(request.headers.get("Authorization"), request.environ.get(CLIENT_CERTIFICATE))


def _body() -> bytes:
    if request.mimetype != "application/json":
        raise SluisError(ErrorCode.API_CONTENT_TYPE, hint="Content-Type: application/json")
    request.max_content_length = MAX_BYTES
    return request.get_data(cache=False)


def _json(told: Any, status: int = 200, mimetype: str = "application/json") -> Response:
    response = Response(json.dumps(told), status=status, mimetype=mimetype)
    response.headers["Cache-Control"] = "no-store"
    return response


def _answered(
    tell: Callable[[SluisError], Response],
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Have an endpoint tell its errors in this way, and log them."""

    def around(endpoint: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(endpoint)
        def answered(**named: str) -> Response:
            try:
                return endpoint(**named)
            except SluisError as error:
                return _told(error, tell)
            except RequestEntityTooLarge:
                return _told(SluisError(ErrorCode.REQUEST_TOO_LARGE, hint=f"at most {MAX_BYTES} bytes"), tell)
            except HTTPException:
                raise
            except Exception as cause:
                log.exception("request_failed", code=ErrorCode.INTERNAL, exc_info=cause)
                return tell(SluisError(ErrorCode.INTERNAL))

        return answered

    return around


def _told(error: SluisError, tell: Callable[[SluisError], Response]) -> Response:
    log.warning(
        "client_refused", code=error.code, hint=error.hint, endpoint=str(request.url_rule), cause=str(error.cause)
    )
    response = tell(error)
    if error.code is ErrorCode.STORE_UNAVAILABLE:
        response.headers["Retry-After"] = "10"
    return response


def _as_oauth(error: SluisError) -> Response:
    said = description(error, reference.current())
    http = 400 if error.code is ErrorCode.REQUEST_TOO_LARGE else error.kind.http_status
    return _json({"error": oauth_error(error), "error_description": said, "reference": reference.current()}, http)


def _as_problem(error: SluisError) -> Response:
    told: dict[str, Any] = {
        "type": f"urn:sluis:error:{error.code.value}",
        "title": error.code.value.replace("_", " "),
        "status": error.kind.http_status,
        "reference": reference.current(),
    }
    if error.hint:
        told["detail"] = error.hint
    if isinstance(error, EntriesRefused):
        told["problems"] = [{"index": index, "problem": wrong} for index, wrong in error.problems.items()]
    response = _json(told, error.kind.http_status, "application/problem+json")
    if error.code is ErrorCode.TOKEN_MISSING:
        response.headers["WWW-Authenticate"] = "Bearer"
    elif error.code is ErrorCode.TOKEN_INVALID:
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    return response
