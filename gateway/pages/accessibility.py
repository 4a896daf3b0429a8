"""/accessibility: the statement of what works for whom, in the languages that all is said in."""

from flask import Blueprint, Response

from gateway.domain.language import COMPLETE
from gateway.pages.render import Renderer
from gateway.settings.models.gateway import Gateway

PATH = "/accessibility"


def blueprint(*, gateway: Gateway, renderer: Renderer) -> Blueprint:
    """The page. Whoever meets a barrier writes to the address of the statement, else to the first contact."""
    routes = Blueprint("accessibility", __name__)
    statement = gateway.pages.accessibility
    email = statement.email or gateway.contacts[0].email
    minutes = int(gateway.lifetimes.transaction.total_seconds()) // 60

    @routes.get(PATH)
    def show() -> Response:
        return renderer.page(
            "accessibility.html",
            switch=True,
            alone=True,
            spoken=COMPLETE,
            statement=statement,
            email=email,
            minutes=minutes,
        )

    return routes
