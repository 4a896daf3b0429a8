"""/login/<login>/link begins a linking of two accounts; /link/<linking> asks whether to make it."""

from flask import Blueprint, Response, redirect, request

from gateway.login.dispatch import Dispatcher
from gateway.login.link_flow import Linked
from gateway.login.linking import Linking
from gateway.pages.front import Front
from gateway.pages.link_schools import PATH, brin
from gateway.web.headers import POLICY


def blueprint(front: Front, *, linking: Linking, dispatcher: Dispatcher) -> Blueprint:
    """Both pages."""
    routes = Blueprint("linking", __name__)

    @routes.post("/login/<login>/link")
    def begin(login: str) -> Response:
        front.check_from_here()
        return front.respond(linking.begin(login, brin(request.form.get("school", "")), front.browser()))

    @routes.get(f"{PATH}/<flow>")
    def ask(flow: str) -> Response:
        question = linking.question(flow, front.browser())
        page = front.renderer.page("link_schools.html" if question.at else "link.html", switch=True, question=question)
        page.headers["Content-Security-Policy"] = POLICY
        return page

    @routes.post(f"{PATH}/<flow>")
    def answer(flow: str) -> Response:
        front.check_from_here()
        said = request.form.get("answer", "")
        if said not in ("yes", "replace"):
            step = linking.refuse(flow, front.browser())
            return front.respond(step) if step else _see_other(PATH)
        made = linking.confirm(flow, front.browser(), replacing=said == "replace")
        if not isinstance(made, Linked):
            return front.respond(made)
        if made.login:
            return front.respond(dispatcher.choose(made.login, made.school, front.browser(), held=True))
        return _see_other(f"{PATH}/done?pending={'yes' if made.pending else 'no'}")

    return routes


def _see_other(address: str) -> Response:
    return redirect(address, code=303)  # type: ignore[return-value]
