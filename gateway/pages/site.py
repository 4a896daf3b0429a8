"""The front page, static files, and the pages of errors that end a request."""

from importlib.resources import files

import structlog
from flask import Blueprint, Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from gateway.domain.errors import ErrorCode, SluisError
from gateway.login.steps import Refused
from gateway.pages.render import Renderer
from gateway.web import Respond

log = structlog.get_logger("sluis")

_STATIC = {"style.css": "text/css", "submit.js": "text/javascript", "icon.svg": "image/svg+xml"}
_CODES: dict[type[HTTPException], ErrorCode] = {
    NotFound: ErrorCode.PAGE_UNKNOWN,
    MethodNotAllowed: ErrorCode.METHOD_NOT_ALLOWED,
    RequestEntityTooLarge: ErrorCode.REQUEST_TOO_LARGE,
}


def blueprint(*, renderer: Renderer) -> Blueprint:
    """`/` and `/static/<version>/...`; static files are read once."""
    routes = Blueprint("site", __name__)
    directory = files("gateway.pages") / "static"
    contents = {name: (directory / name).read_bytes() for name in _STATIC}

    @routes.get("/")
    def home() -> Response:
        return renderer.page("home.html")

    @routes.get("/favicon.ico")
    def icon() -> Response:
        return static("", "icon.svg")

    @routes.get("/static/<version>/<name>")
    def static(version: str, name: str) -> Response:  # noqa: ARG001 - the version only makes the address new
        if name not in contents:
            raise NotFound
        response = Response(contents[name], mimetype=_STATIC[name])
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    return routes


def install_errors(app: Flask, *, respond: Respond) -> None:
    """Have the app show a page for every error; what the person does not see goes to the log."""

    @app.errorhandler(SluisError)
    def refused(error: SluisError) -> Response:
        log.warning("request_refused", code=error.code, hint=error.hint, cause=_cause(error))
        return respond(Refused(error))

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        return respond(Refused(SluisError(_CODES.get(type(error), ErrorCode.PAGE_UNKNOWN))))

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        log.error("request_failed", code=ErrorCode.INTERNAL, exc_info=error)
        return respond(Refused(SluisError(ErrorCode.INTERNAL)))


def _cause(error: SluisError) -> str:
    return type(error.cause).__name__ if isinstance(error.cause, BaseException) else error.cause
