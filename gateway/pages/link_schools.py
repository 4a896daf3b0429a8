"""/link begins a linking of accounts at two schools: choose both; /link/done says what came of it."""

from flask import Blueprint, Response, request

from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import BETWEEN_SCHOOLS, LinkKind
from gateway.login.linking import Linking
from gateway.pages.discovery import AT_MOST, MAX_QUERY
from gateway.pages.front import Front
from gateway.web.headers import POLICY

PATH = "/link"


def blueprint(front: Front, *, linking: Linking) -> Blueprint:
    """The pages."""
    routes = Blueprint("link_schools", __name__)

    @routes.get(PATH)
    def choose() -> Response:
        """First the school at which the link is to be used, then the other one."""
        at = brin(request.args["at"]) if "at" in request.args else None
        kinds = linking.kinds_at(at) if at else ()
        choices = linking.others(at) if at else linking.schools()
        if not choices:
            raise SluisError(ErrorCode.PAGE_UNKNOWN)
        query = request.args.get("q", "")[:MAX_QUERY]
        found = linking.search(choices, query)
        page = front.renderer.page(
            "link_choose.html",
            switch=True,
            at=next((one.school for one in linking.schools() if one.school.brin == at), None),
            kinds=kinds,
            query=query,
            found=found[:AT_MOST],
            more=max(0, len(found) - AT_MOST),
        )
        page.headers["Content-Security-Policy"] = POLICY
        return page

    @routes.post(PATH)
    def begin_between() -> Response:
        front.check_from_here()
        kind = request.form.get("kind", "")
        if kind not in BETWEEN_SCHOOLS:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN)
        at, school = (brin(request.form.get(name, "")) for name in ("at", "school"))
        return front.respond(linking.begin_between(LinkKind(kind), at, school, front.browser()))

    @routes.get(f"{PATH}/done")
    def done() -> Response:
        return front.renderer.page("link_done.html", switch=True, pending=request.args.get("pending") == "yes")

    return routes


def brin(text: str) -> Brin:
    """What a form says. Raises SluisError LOGIN_SCHOOL_UNKNOWN."""
    try:
        return Brin(text)
    except ValueError as cause:
        raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN) from cause
