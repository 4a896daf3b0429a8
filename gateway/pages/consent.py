"""/consent/<asked>: what goes to a service, and whether the person lets it go."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from gateway.domain.attribute import Attribute
from gateway.domain.language import Language
from gateway.login.consenting import Consenting
from gateway.login.dispatch import Dispatcher
from gateway.pages.front import Front
from gateway.web.headers import POLICY

NameOf = Callable[[Language, Attribute], str]
"""What an attribute is called."""


def blueprint(front: Front, *, consenting: Consenting, dispatcher: Dispatcher, name_of: NameOf) -> Blueprint:
    """The page."""
    routes = Blueprint("consent", __name__)

    @routes.get("/consent/<asked>")
    def ask(asked: str) -> Response:
        question = consenting.question(asked, front.browser())
        page = front.renderer.page("consent.html", switch=True, question=question, name_of=name_of)
        page.headers["Content-Security-Policy"] = POLICY
        return page

    @routes.post("/consent/<asked>")
    def answer(asked: str) -> Response:
        front.check_from_here()
        yes = request.form.get("answer") == "yes"
        shown = request.form.get("shown", "")[:64] if yes else None
        return front.respond(dispatcher.consented(asked, front.browser(), shown=shown))

    return routes
