"""Flask, without what no endpoint of the gateway has: coroutines, sessions of Flask's own, addresses outside ASCII."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response
from flask.sessions import NullSession, SessionInterface
from werkzeug.datastructures import Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Answer(Response):
    """A response whose headers leave as they are: its length is known, and a Location is an address already."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        location = self.headers.get("Location")
        if self.status_code in (200, 303) and (location is None or location.isascii()):
            return self.headers
        return super().get_wsgi_headers(environ)


class NoSessions(SessionInterface):
    """The gateway's sessions lie in its store (`gateway.login.sso`)."""

    def open_session(self, app: Flask, request: Request) -> NullSession:  # noqa: ARG002
        return NullSession()

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        """There is nothing to save."""


class Application(Flask):
    """The gateway's Flask."""

    response_class = Answer
    session_interface = NoSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: looking at each one of each request for a coroutine finds none."""
        return func
