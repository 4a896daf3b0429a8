"""The provider's endpoints for browsers: the authorization endpoint, GET and POST."""

from flask import Blueprint, Response, request

from gateway.domain.errors import ErrorCode, SluisError
from gateway.login.dispatch import Dispatcher
from gateway.oidc.op.addresses import AUTHORIZATION_PATH
from gateway.oidc.op.authorize import Authorization, NotGranted
from gateway.oidc.op.parameters import MAX_ENCODED, Parameters, read_parameters
from gateway.web import Browser, Respond

FORM = "application/x-www-form-urlencoded"


def blueprint(*, authorization: Authorization, dispatcher: Dispatcher, respond: Respond, browser: Browser) -> Blueprint:
    """The authorization endpoint. What a client is told goes at once to its redirect URI; all else is a page."""
    routes = Blueprint("oidc_op", __name__)

    @routes.route(AUTHORIZATION_PATH, methods=["GET", "POST"], provide_automatic_options=False)
    def authorize() -> Response:
        outcome = authorization.check(sent())
        if isinstance(outcome, NotGranted):
            return respond(dispatcher.refuse(outcome.request, outcome.error, browser(), at_once=True))
        return respond(dispatcher.begin(outcome, browser()))

    return routes


def sent() -> Parameters:
    """The parameters of a request for a browser: the query of a GET or the form of a POST, never both.

    Raises SluisError.
    """
    if request.method == "GET":
        return read_parameters(request.query_string)
    if request.method == "POST":
        return posted()
    # Flask answers HEAD wherever it answers GET, and a login must not begin by looking
    raise SluisError(ErrorCode.METHOD_NOT_ALLOWED)


def posted() -> Parameters:
    """The parameters of a form, and nothing in the query beside it. Raises SluisError."""
    if request.query_string:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="parameters of a POST stand in its body alone")
    if request.mimetype != FORM:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint=f"Content-Type {FORM}")
    request.max_content_length = MAX_ENCODED + 1
    return read_parameters(request.get_data())
