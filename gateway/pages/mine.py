"""/me: a person sees their links, consents and what went lately; ends them, downloads them."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, request

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_time
from gateway.domain.errors import ErrorCode, SluisError
from gateway.login.mine import Mine, MyPage
from gateway.pages.consent import NameOf
from gateway.pages.discovery import AT_MOST, MAX_QUERY
from gateway.pages.front import Front
from gateway.web.headers import POLICY

PATH = "/me"


def blueprint(front: Front, *, mine: MyPage, name_of: NameOf) -> Blueprint:
    """The pages."""
    routes = Blueprint("mine", __name__)

    @routes.get(PATH)
    def choose() -> Response:
        query = request.args.get("q", "")[:MAX_QUERY]
        page = front.renderer.page(
            "mine_login.html",
            switch=True,
            alone=True,
            query=query,
            found=mine.schools(query, AT_MOST),
        )
        page.headers["Content-Security-Policy"] = POLICY
        return page

    @routes.post(PATH)
    def log_in() -> Response:
        front.check_from_here()
        held = "held" in request.form
        try:
            school = Brin(request.form.get("held" if held else "school", ""))
        except ValueError as cause:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN) from cause
        return front.respond(mine.begin(school, front.browser(), held=held))

    @routes.get(f"{PATH}/<page>")
    def show(page: str) -> Response:
        shown = front.renderer.page(
            "mine.html",
            switch=True,
            alone=True,
            mine=mine.show(page, front.browser()),
            page=page,
            name_of=name_of,
            local=dutch_time,
            links_schools=mine.links_schools(),
        )
        shown.headers["Content-Security-Policy"] = POLICY
        return shown

    @routes.get(f"{PATH}/<page>/data.json")
    def download(page: str) -> Response:
        body = json.dumps(as_data(mine.show(page, front.browser())), indent=2, ensure_ascii=False)
        response = Response(f"{body}\n", mimetype="application/json")
        response.headers["Content-Disposition"] = 'attachment; filename="sluis-me.json"'
        return response

    @routes.post(f"{PATH}/<page>")
    def act(page: str) -> Response:
        front.check_from_here()
        _do(mine, page, front.browser(), request.form)
        return _see_other("/" if "close" in request.form else f"{PATH}/{page}")

    return routes


def _do(mine: MyPage, page: str, browser: str, form: Mapping[str, str]) -> None:
    """What the button says that was pressed."""
    if "link" in form:
        mine.end_link(page, browser, form["link"])
    elif "consent" in form:
        mine.withdraw(page, browser, form["consent"])
    elif form.get("erase") == "yes" and form.get("sure") == "yes":
        mine.erase(page, browser)
    elif "close" in form:
        mine.close(page, browser)


def as_data(mine: Mine) -> dict[str, Any]:
    """All of it as JSON: moments as ISO 8601 in UTC, attributes by their canonical names."""
    return {
        "account_of": mine.idp.id,
        "school": str(mine.school.brin),
        "links": [
            {
                "id": one.id,
                "kind": one.kind.value,
                "school": one.school.brin,
                "used_at": one.at.brin if one.at else None,
                "made": one.made.isoformat(),
                "last_school_login": one.seen.isoformat(),
                "until": one.until.isoformat(),
                "standing": one.standing.value,
                "approved": one.approved.isoformat() if one.approved else None,
            }
            for one in mine.links
        ],
        "consents": [
            {"service": one.id, "at": one.at.isoformat(), "attributes": _names(one.attributes)} for one in mine.consents
        ],
        "releases_of_days": mine.days,
        "releases": [
            {
                "service": one.id,
                "at": one.at.isoformat(),
                "reference": one.reference,
                "attributes": _names(one.attributes),
            }
            for one in mine.releases
        ],
    }


def _names(attributes: tuple[Attribute, ...]) -> list[str]:
    return [one.value for one in attributes]


def _see_other(address: str) -> Response:
    return redirect(address, code=303)  # type: ignore[return-value]
