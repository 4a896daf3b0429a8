"""What a busy gateway says: come back in a moment. The browser does so by itself, and nothing that it sent is lost."""

import json

from flask import Flask, Response, request

from gateway.domain.randomness import Randomness
from gateway.login.steps import PostForm
from gateway.observability.metrics import Metrics
from gateway.pages.render import Renderer
from gateway.web.headers import POLICY
from gateway.web.waiting import Patience

_SOONEST, _SPREAD = 5, 16
"""Seconds: everybody comes back after 5 to 20, and not all at once."""


def install(app: Flask, *, patience: Patience, renderer: Renderer, metrics: Metrics, randomness: Randomness) -> None:
    """Have the app turn away who has waited too long, before anything is done for them."""

    def turned_away() -> Response | None:
        if not patience.is_over(request.environ):
            return None
        metrics.turned_away(start=request.path in patience.starts)
        seconds = _SOONEST + randomness.bytes(1)[0] % _SPREAD
        response = _page(renderer, seconds) if "text/html" in request.headers.get("Accept", "") else _for_a_client()
        response.headers["Retry-After"] = str(seconds)
        response.headers["Cache-Control"] = "no-store"
        return response

    app.before_request(turned_away)


def _for_a_client() -> Response:
    """In the form of OAuth's errors (RFC 6749 5.2)."""
    said = {"error": "temporarily_unavailable", "error_description": "the gateway is busy: try again later"}
    return Response(json.dumps(said), status=503, mimetype="application/json")


def _page(renderer: Renderer, seconds: int) -> Response:
    again = PostForm(request.full_path.rstrip("?"), tuple(request.form.items())) if request.method == "POST" else None
    response = renderer.page("busy.html", status=503, seconds=seconds, again=again)
    response.headers["Content-Security-Policy"] = POLICY
    if again is None:
        response.headers["Refresh"] = str(seconds)
    return response
