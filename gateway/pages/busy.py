"""What a busy gateway says: come back in a moment. The browser does so by itself, and nothing that it sent is lost."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from gateway.domain.language import Language
from gateway.domain.randomness import Randomness
from gateway.login.limits import CLIENT, Busy, Limits
from gateway.login.steps import PostForm
from gateway.observability.metrics import Metrics
from gateway.pages.render import Renderer
from gateway.pages.respond import page_of
from gateway.web.headers import POLICY
from gateway.web.machines import of_browsers, of_suppliers
from gateway.web.waiting import Patience, waited

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MOST_SENT_AGAIN = 1024 * 1024
"""Bytes of a form that the page holds: as much as the route that reads the longest one."""
_SOONEST, _SPREAD = 5, 16
"""Seconds: everybody comes back after 5 to 20, and not all at once."""
_OF_ONE_READER = ("Retry-After", "Refresh", "Set-Cookie")
"""Headers that nobody else may have."""
_LATE = "sluis.late"
"""In the environment of a request that has waited too long."""


def install(
    app: Flask, *, patience: Patience, limits: Limits, renderer: Renderer, metrics: Metrics, randomness: Randomness
) -> None:
    """Have the app turn away who has waited too long or comes too often, before anything is done for them."""
    says = _Says(renderer, randomness)

    def turned_away() -> Response | None:
        if request.environ.get(_LATE):
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
    app.wsgi_app = _AtTheDoor(app.wsgi_app, patience, says, metrics)  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True)
class _Says:
    renderer: Renderer
    randomness: Randomness

    def later(self, status: int, *, after: int = _SOONEST, again: str | None = None) -> Response:
        """Come back `after` so many seconds and some more: to `again`, or with the same request."""
        seconds = self.seconds(after)
        if "text/html" in request.headers.get("Accept", ""):
            response = self._page(status, seconds, again)
        else:
            response = _for_a_client(status)
        response.headers["Retry-After"] = str(seconds)
        response.headers["Cache-Control"] = "no-store"
        return response

    def seconds(self, after: int = _SOONEST) -> int:
        """For one of many who are told at once."""
        return after + self.randomness.bytes(1)[0] % _SPREAD

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


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer, but for when to come back."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: tuple[bytes, ...]
    refreshes: bool

    def after(self, seconds: int) -> list[tuple[str, str]]:
        """Its headers."""
        times = ("Retry-After", "Refresh") if self.refreshes else ("Retry-After",)
        return [*self.headers, *((name, str(seconds)) for name in times)]


@dataclass(frozen=True, slots=True)
class _AtTheDoor:
    """WSGI middleware: whoever is turned away as they begin by a link hears what the last one heard.

    The more come, the more of what a gateway can do goes into telling them so; all hear the same, in their language.
    """

    app: "WSGIApplication"
    patience: Patience
    says: _Says
    metrics: Metrics
    _kept: dict[tuple[Language, bool], _Kept] = field(default_factory=dict)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not self.patience.is_over(environ):
            return self.app(environ, start_response)
        environ[_LATE] = True
        if not self._same_for_all(environ):
            return self.app(environ, start_response)
        reader = self.says.renderer.choices.spoken(environ), "text/html" in environ.get("HTTP_ACCEPT", "")
        kept = self._kept.get(reader)
        if kept is None:
            # It counts this one as well.
            kept = self._kept[reader] = _kept(self.app, environ)
        else:
            self.metrics.turned_away(start=True)
            self.metrics.durations.waited(waited(environ))
        start_response(kept.status, kept.after(self.says.seconds()))
        return kept.body

    def _same_for_all(self, environ: "WSGIEnvironment") -> bool:
        """Not so where a form is to be sent again, or a language is asked for, which the browser then remembers."""
        by_link = environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"] in self.patience.starts
        return by_link and "lang=" not in environ["QUERY_STRING"]


def _kept(app: "WSGIApplication", environ: "WSGIEnvironment") -> _Kept:
    said: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        said[:] = status, headers

    body = app(environ, start)
    pieces = tuple(body)
    getattr(body, "close", lambda: None)()
    status, headers = said
    lasting = tuple(one for one in headers if one[0] not in _OF_ONE_READER)
    return _Kept(status, lasting, pieces, any(name == "Refresh" for name, _ in headers))
