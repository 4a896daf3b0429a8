"""The front page, static files, and the pages of errors that end a request."""

from collections.abc import Mapping

import structlog
from flask import Blueprint, Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import Service, ServiceId
from gateway.login.steps import Refused
from gateway.observability import legs
from gateway.pages.logos import PATH as LOGOS
from gateway.pages.render import Renderer
from gateway.pages.static_files import StaticFiles
from gateway.web import Respond

log = structlog.get_logger("sluis")

_FOR_A_YEAR = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"
_OF_A_LOGO = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""Opened by itself, an SVG is a page: this one runs and loads nothing."""
_CODES: dict[type[HTTPException], ErrorCode] = {
    NotFound: ErrorCode.PAGE_UNKNOWN,
    MethodNotAllowed: ErrorCode.METHOD_NOT_ALLOWED,
    RequestEntityTooLarge: ErrorCode.REQUEST_TOO_LARGE,
}


def blueprint(*, renderer: Renderer, static_files: StaticFiles) -> Blueprint:
    """`/`, `/static/<version>/...` and `/logo/...`."""
    routes = Blueprint("site", __name__)

    @routes.get("/")
    def home() -> Response:
        return renderer.page("home.html", switch=True, alone=True)

    @routes.get("/favicon.ico")
    def icon() -> Response:
        return static("", "icon.svg")

    @routes.get("/static/<asked>/<name>")
    def static(asked: str, name: str) -> Response:
        found = static_files.files.get(name)
        if found is None:
            raise NotFound
        response = Response(found.content, mimetype=found.media_type)
        # While replicas are renewed, a page of one asks for the files of another: right for now, not for a year.
        response.headers["Cache-Control"] = _FOR_A_YEAR if asked == static_files.version else _FOR_AN_HOUR
        return response

    @routes.get(f"{LOGOS}/<name>")
    def logo(name: str) -> Response:
        found = renderer.logos.read(name)
        if found is None:
            raise NotFound
        response = Response(found.content, mimetype=found.media_type)
        response.headers["Cache-Control"] = _FOR_A_YEAR
        response.headers["Content-Security-Policy"] = _OF_A_LOGO
        return response

    return routes


def install_errors(app: Flask, *, respond: Respond, services: Mapping[ServiceId, Service]) -> None:
    """Have the app show a page for every error; what the person does not see goes to the log.

    `services` are those that a page can lead back to.
    """

    @app.errorhandler(SluisError)
    def refused(error: SluisError) -> Response:
        legs.told(code=error.code)
        log.warning("request_refused", service=error.service, code=error.code, hint=error.hint, cause=_cause(error))
        return respond(Refused(error, services.get(ServiceId(error.service))))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        code = _CODES.get(type(error), ErrorCode.PAGE_UNKNOWN)
        log.info("request_refused", code=code)
        response = respond(Refused(SluisError(code)))
        if isinstance(error, MethodNotAllowed):
            response.allow.update(error.valid_methods or ())
        return response

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        legs.told(code=ErrorCode.INTERNAL)
        log.error("request_failed", code=ErrorCode.INTERNAL, exc_info=error)
        return respond(Refused(SluisError(ErrorCode.INTERNAL)))


def _cause(error: SluisError) -> str:
    return type(error.cause).__name__ if isinstance(error.cause, BaseException) else error.cause
