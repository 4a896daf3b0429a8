"""/remembered: which schools this browser knows, and a way to have it forget them. Every page leads here."""

from dataclasses import dataclass

from flask import Blueprint, Response, request

from gateway.federation.models import School, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.steps import Redirect
from gateway.pages.front import Front
from gateway.pages.language import Choice, Choices
from gateway.web.headers import POLICY

PATH = "/remembered"


@dataclass(frozen=True, slots=True)
class Straight:
    """A service for which the browser goes to a school without a question."""

    service: Service
    school: School


def blueprint(front: Front, *, federation: Federation, choices: Choices) -> Blueprint:
    """The page."""
    routes = Blueprint("remembered", __name__)

    @routes.get(PATH)
    def show() -> Response:
        known = choices.remembered()
        page = front.renderer.page(
            "remembered.html",
            switch=True,
            straight=_straight(federation, known),
            schools=[federation.schools[one] for one in known.schools if one in federation.schools],
            shared=known.shared,
        )
        page.headers["Content-Security-Policy"] = POLICY
        return page

    @routes.post(PATH)
    def forget() -> Response:
        front.check_from_here()
        if "shared" in request.form:
            choices.remember(shared=request.form["shared"] == "yes")
        elif "service" in request.form:
            choices.forget_usual(ServiceId(request.form["service"]))
        else:
            choices.forget_schools()
        return front.respond(Redirect(PATH))

    return routes


def _straight(federation: Federation, known: Choice) -> list[Straight]:
    there = ((federation.services.get(one), federation.schools.get(to.brin)) for one, to in known.usual.items())
    return [Straight(service, school) for service, school in there if service and school]
