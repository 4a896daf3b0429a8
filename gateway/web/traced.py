"""The requests of logins, told to whoever traces them."""

from typing import Protocol

from flask import Flask, Response, request

from gateway.domain.clock import Clock
from gateway.observability import legs
from gateway.observability.durations import Durations
from gateway.observability.legs import Leg


class Traces(Protocol):
    """Who wants to know."""

    def add(self, leg: Leg, *, endpoint: str, status: int) -> None:
        """A request of a login was answered with this HTTP status."""
        ...


def install(app: Flask, traces: Traces, *, clock: Clock, durations: Durations) -> None:
    """Have the app tell of every request that is of a login. A `traceparent` that comes with it is not read."""

    def begin() -> None:
        legs.begin(clock.now(), durations.now)

    def end(response: Response) -> Response:
        leg = legs.end()
        if leg is not None and leg.is_of_login and request.endpoint is not None:
            traces.add(leg, endpoint=request.endpoint, status=response.status_code)
        return response

    app.before_request(begin)
    app.after_request(end)
