"""/consent/<asked>: what goes to a service, and whether the person lets it go."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from gateway.domain.attribute import Attribute
from gateway.domain.language import Language
from gateway.login.consenting import Consenting
from gateway.login.dispatch import Dispatcher
from gateway.pages.render import Renderer
from gateway.web import Browser, Respond
from gateway.web.headers import POLICY
from gateway.web.origin import check_from_here

NameOf = Callable[[Language, Attribute], str]
"""What an attribute is called."""


def blueprint(
    *,
    consenting: Consenting,
    dispatcher: Dispatcher,
    renderer: Renderer,
    respond: Respond,
    browser: Browser,
    origin: str,
    name_of: NameOf,
) -> Blueprint:
    """The page. `origin` is the gateway's own, the only one whose forms may consent."""
    routes = Blueprint("consent", __name__)

    @routes.get("/consent/<asked>")
    def ask(asked: str) -> Response:
        question = consenting.question(asked, browser())
        page = renderer.page("consent.html", switch=True, question=question, name_of=name_of)
        page.headers["Content-Security-Policy"] = POLICY
        return page

    @routes.post("/consent/<asked>")
    def answer(asked: str) -> Response:
        check_from_here(origin)
        yes = request.form.get("answer") == "yes"
        shown = request.form.get("shown", "")[:64] if yes else None
        return respond(dispatcher.consented(asked, browser(), shown=shown))

    return routes
