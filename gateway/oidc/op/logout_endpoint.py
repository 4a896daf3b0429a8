"""GET and POST /oidc/logout, and the answer to its question."""

from flask import Blueprint, Response

from gateway.oidc.op.addresses import CONFIRMED_PATH, END_SESSION_PATH
from gateway.oidc.op.end_session import EndSession
from gateway.oidc.op.endpoint import posted, sent
from gateway.web import Browser, Respond


def blueprint(*, end_session: EndSession, respond: Respond, browser: Browser) -> Blueprint:
    """The end-session endpoint."""
    routes = Blueprint("oidc_op_logout", __name__)

    @routes.route(END_SESSION_PATH, methods=["GET", "POST"], provide_automatic_options=False)
    def logout() -> Response:
        return respond(end_session.begin(sent(), browser()))

    @routes.post(CONFIRMED_PATH)
    def confirmed() -> Response:
        return respond(end_session.confirmed(posted().get("token") or "", browser()))

    return routes
