"""/login/<login>/link begins a linking of two accounts; /link/<linking> asks whether to make it."""

from flask import Blueprint, Response, redirect, request

from gateway.login.dispatch import Dispatcher
from gateway.login.link_flow import Linked
from gateway.login.linking import Linking
from gateway.pages.link_schools import PATH, brin
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
        return respond(linking.begin(login, brin(request.form.get("school", "")), browser()))

    @routes.get(f"{PATH}/<flow>")
    def ask(flow: str) -> Response:
        question = linking.question(flow, browser())
        page = renderer.page("link_schools.html" if question.at else "link.html", switch=True, question=question)
        page.headers["Content-Security-Policy"] = POLICY
        return page

    @routes.post(f"{PATH}/<flow>")
    def answer(flow: str) -> Response:
        check_from_here(origin)
        said = request.form.get("answer", "")
        if said not in ("yes", "replace"):
            step = linking.refuse(flow, browser())
            return respond(step) if step else _see_other(PATH)
        made = linking.confirm(flow, browser(), replacing=said == "replace")
        if not isinstance(made, Linked):
            return respond(made)
        if made.login:
            return respond(dispatcher.choose(made.login, made.school, browser(), held=True))
        return _see_other(f"{PATH}/done?pending={'yes' if made.pending else 'no'}")

    return routes


def _see_other(address: str) -> Response:
    return redirect(address, code=303)  # type: ignore[return-value]
