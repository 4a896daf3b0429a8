"""What a busy gateway says: come back in a moment. The browser does so by itself, and nothing that it sent is lost."""

import json
from dataclasses import dataclass

from flask import Flask, Response, request

from gateway.domain.randomness import Randomness
from gateway.login.limits import CLIENT, Busy, Limits
from gateway.login.steps import PostForm
from gateway.observability.metrics import Metrics
from gateway.pages.render import Renderer
from gateway.pages.respond import page_of
from gateway.web.headers import POLICY
from gateway.web.machines import of_browsers, of_suppliers
from gateway.web.waiting import Patience

_MOST_SENT_AGAIN = 1024 * 1024
"""Bytes of a form that the page holds: as much as the route that reads the longest one."""
_SOONEST, _SPREAD = 5, 16
"""Seconds: everybody comes back after 5 to 20, and not all at once."""


def install(
    app: Flask, *, patience: Patience, limits: Limits, renderer: Renderer, metrics: Metrics, randomness: Randomness
) -> None:
    """Have the app turn away who has waited too long or comes too often, before anything is done for them."""
    says = _Says(renderer, randomness)

    def turned_away() -> Response | None:
        if patience.is_over(request.environ):
            metrics.turned_away(start=request.path in patience.starts)
            return says.later(503)
        if of_suppliers(request.path):
            limits.check_machine(request.remote_addr or "")
        elif of_browsers(request.path):
            limits.check_client(request.remote_addr or "")
        return None

    def refused(response: Response) -> Response:
        if response.status_code >= 400 and of_suppliers(request.path):
            limits.refused(request.remote_addr or "")
        return response

    @app.errorhandler(Busy)
    def too_many(busy: Busy) -> Response:
        metrics.limited(busy.limit, busy.party)
        again = page_of(busy.again) if busy.again else None
        return says.later(429 if busy.limit == CLIENT else 503, after=busy.seconds, again=again)

    app.before_request(turned_away)
    app.after_request(refused)


@dataclass(frozen=True, slots=True)
class _Says:
    renderer: Renderer
    randomness: Randomness

    def later(self, status: int, *, after: int = _SOONEST, again: str | None = None) -> Response:
        """Come back `after` so many seconds and some more: to `again`, or with the same request."""
        seconds = after + self.randomness.bytes(1)[0] % _SPREAD
        if "text/html" in request.headers.get("Accept", ""):
            response = self._page(status, seconds, again)
        else:
            response = _for_a_client(status)
        response.headers["Retry-After"] = str(seconds)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _page(self, status: int, seconds: int, to: str | None) -> Response:
        again = None
        if request.method == "POST" and to is None:
            request.max_content_length = request.max_form_memory_size = _MOST_SENT_AGAIN
            again = PostForm(request.full_path.rstrip("?"), tuple(request.form.items()))
        response = self.renderer.page("busy.html", status=status, seconds=seconds, again=again, to=to or "")
        response.headers["Content-Security-Policy"] = POLICY
        if again is None:
            response.headers["Refresh"] = f"{seconds}; url={to}" if to else str(seconds)
        return response


def _for_a_client(status: int) -> Response:
    """In the form of OAuth's errors (RFC 6749 5.2)."""
    said = {"error": "temporarily_unavailable", "error_description": "the gateway is busy: try again later"}
    return Response(json.dumps(said), status=status, mimetype="application/json")
