"""GET and POST /login/<login>/school: the person says which school is theirs."""

from flask import Blueprint, Response, request

from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import folded
from gateway.federation.models import SchoolChoice
from gateway.login.dispatch import Dispatcher
from gateway.login.steps import ChooseSchool
from gateway.pages.language import Choices
from gateway.pages.render import Renderer
from gateway.web import Browser, Respond
from gateway.web.headers import POLICY
from gateway.web.origin import check_from_here

AT_MOST = 50
"""Schools on one page; a search narrows them down."""
MAX_QUERY = 100


def blueprint(
    *, dispatcher: Dispatcher, renderer: Renderer, choices: Choices, respond: Respond, browser: Browser, origin: str
) -> Blueprint:
    """The discovery page. `origin` is the gateway's own, the only one whose forms may choose."""
    routes = Blueprint("discovery", __name__)

    @routes.get("/login/<login>/school")
    def show(login: str) -> Response:
        discovery = dispatcher.discovery(login, browser())
        query = request.args.get("q", "")[:MAX_QUERY]
        found = search(discovery.choices, query)
        remembered = choices.remembered().school
        page = renderer.page(
            "discovery.html",
            wish=discovery.language,
            switch=True,
            service=discovery.service,
            login=login,
            query=query,
            found=found[:AT_MOST],
            more=max(0, len(found) - AT_MOST),
            total=len(discovery.choices),
            remembered=next((choice for choice in discovery.choices if choice.school.brin == remembered), None),
            shared=choices.remembered().shared,
            held=discovery.held,
            held_alone=discovery.held_alone,
        )
        page.headers["Content-Security-Policy"] = POLICY
        return page

    @routes.post("/login/<login>/school")
    def choose(login: str) -> Response:
        check_from_here(origin)
        if "shared" in request.form:
            choices.remember(shared=request.form["shared"] == "yes")
            return respond(ChooseSchool(login))
        try:
            held = "held" in request.form
            brin = Brin(request.form.get("held" if held else "school", ""))
        except ValueError as cause:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN) from cause
        step = dispatcher.choose(login, brin, browser(), held=held)
        choices.remember(school=brin)
        return respond(step)

    return routes


def search(choices: tuple[SchoolChoice, ...], query: str) -> tuple[SchoolChoice, ...]:
    """The schools in whose name, place or BRIN every word of the query stands; case and diacritics do not matter."""
    words = folded(query).split()
    if not words:
        return choices
    return tuple(choice for choice in choices if all(word in choice.search_text for word in words))
