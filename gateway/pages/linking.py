"""/login/<login>/link begins a linking of two accounts; /link/<linking> asks whether to make it."""

from flask import Blueprint, Response, request

from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.login.dispatch import Dispatcher
from gateway.login.linking import Linked, Linking
from gateway.pages.render import Renderer
from gateway.web import Browser, Respond
from gateway.web.headers import POLICY
from gateway.web.origin import check_from_here


def blueprint(
    *, linking: Linking, dispatcher: Dispatcher, renderer: Renderer, respond: Respond, browser: Browser, origin: str
) -> Blueprint:
    """Both pages. `origin` is the gateway's own, the only one whose forms may begin or confirm a link."""
    routes = Blueprint("linking", __name__)

    @routes.post("/login/<login>/link")
    def begin(login: str) -> Response:
        check_from_here(origin)
        try:
            school = Brin(request.form.get("school", ""))
        except ValueError as cause:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN) from cause
        return respond(linking.begin(login, school, browser()))

    @routes.get("/link/<flow>")
    def ask(flow: str) -> Response:
        question = linking.question(flow, browser())
        page = renderer.page("link.html", switch=True, question=question)
        page.headers["Content-Security-Policy"] = POLICY
        return page

    @routes.post("/link/<flow>")
    def answer(flow: str) -> Response:
        check_from_here(origin)
        said = request.form.get("answer", "")
        if said not in ("yes", "replace"):
            return respond(linking.refuse(flow, browser()))
        done = linking.confirm(flow, browser(), replacing=said == "replace")
        if isinstance(done, Linked):
            return respond(dispatcher.choose(done.login, done.school, browser(), held=True))
        return respond(done)

    return routes
