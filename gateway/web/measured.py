"""How long requests wait and take, for the operator's metrics."""

from flask import Flask, Response, g, request

from gateway.observability.durations import Durations
from gateway.web.waiting import waited

_NO_ENDPOINT = "none"
"""Of addresses that there are not, and of methods that they do not have."""


def install(app: Flask, durations: Durations) -> None:
    """Have the app measure every request."""

    def begin() -> None:
        g.begun = durations.now()
        durations.waited(waited(request.environ))

    def end(response: Response) -> Response:
        durations.answered(request.endpoint or _NO_ENDPOINT, g.begun)
        return response

    app.before_request(begin)
    app.after_request(end)
