"""GET and POST /login/<login>/school: the person says which school is theirs; /schools answers while they type."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify, request

from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.login.contracts import Hinted
from gateway.login.discovery import Discovery, FoundSchools
from gateway.login.dispatch import Dispatcher
from gateway.login.steps import ChooseSchool, Refused
from gateway.pages.front import Front
from gateway.pages.language import Choices
from gateway.web.headers import POLICY, framed_by

AT_MOST = 20
"""Schools on one page; a search narrows them down."""
AT_MOST_TYPED = 10
"""Schools beneath a search while somebody types: the next letter brings others."""
MAX_QUERY = 100


def blueprint(front: Front, *, dispatcher: Dispatcher, choices: Choices, hinted: Hinted) -> Blueprint:
    """The discovery page."""
    routes = Blueprint("discovery", __name__)
    renderer = front.renderer

    @routes.get("/login/<login>/school")
    def show(login: str) -> Response:
        discovery, query = dispatcher.discovery(login, front.browser()), _query()
        found = _found(discovery, query)
        known = choices.remembered()
        first = () if discovery.hinted is None else (discovery.hinted,)
        page = renderer.page(
            "discovery.html",
            wish=discovery.language,
            switch=True,
            service=discovery.service,
            query=query,
            found=found,
            said=_said(found, query, renderer.words(discovery.language)),
            remembered=tuple(discovery.of(tuple(dict.fromkeys((*first, *known.schools))))),
            hinted=bool(first),
            shared=known.shared,
        )
        page.headers["Content-Security-Policy"] = framed_by(POLICY_WITH_ANSWERS, discovery.service.embedded_by)
        return page

    @routes.get("/login/<login>/schools")
    def answer(login: str) -> Response:
        discovery, query = dispatcher.discovery(login, front.browser()), _query()
        found = _found(discovery, query, AT_MOST_TYPED if query else AT_MOST)
        fragment = renderer.fragment("found.html", wish=discovery.language, found=found, service=discovery.service)
        return jsonify(html=fragment, said=_said(found, query, renderer.words(discovery.language)))

    @routes.post("/login/<login>/school")
    def choose(login: str) -> Response:
        front.check_from_here()
        if "shared" in request.form:
            choices.remember(shared=request.form["shared"] == "yes")
            return front.respond(ChooseSchool(login))
        if "forget" in request.form:
            choices.forget_schools()
            hinted.forget(dispatcher.discovery(login, front.browser()).service.id)
            return front.respond(ChooseSchool(login))
        try:
            held = "held" in request.form
            brin = Brin(request.form.get("held" if held else "school", ""))
        except ValueError as cause:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN) from cause
        keep = "usual" in request.form and not choices.remembered().shared
        step = dispatcher.choose(login, brin, front.browser(), held=held, keep=keep)
        if not isinstance(step, Refused):
            choices.remember(school=brin)
        return front.respond(step)

    return routes


POLICY_WITH_ANSWERS = f"{POLICY}; connect-src 'self'"
"""For a page whose script asks this site."""


def _query() -> str:
    return request.args.get("q", "")[:MAX_QUERY].strip()


def _found(discovery: Discovery, query: str, at_most: int = AT_MOST) -> FoundSchools:
    return discovery.search(query, at_most) if query else discovery.offered(at_most)


def _said(found: FoundSchools, query: str, say: Callable[..., str]) -> str:
    """What a screen reader says of it, and what stands above the schools."""
    if not query:
        return "" if found.total else say("discovery.nobody")
    if not found.total:
        return say("discovery.none", query=query)
    return say("discovery.one") if found.total == 1 else say("discovery.count", count=found.total)
