"""The cookie of a session: its id and the key that opens it, held by the browser until it is closed.

Services send browsers here by a POST from another site too, so it is SameSite=None and Secure, as the browser's own is.
"""

from collections.abc import Callable

from flask import Flask, Response, g, request

MAX_LENGTH = 200


class FlaskSessionCookie:
    """Fulfils `gateway.login.contracts.SessionCookie` for the request at hand."""

    def __init__(self, *, https: bool, shared: Callable[[], bool]) -> None:
        self._shared = shared
        self.name = "__Host-sluis-session" if https else "sluis-session"

    def install(self, app: Flask) -> None:
        """Have the app set the cookie on responses that changed it."""
        app.after_request(self._set)

    def presented(self) -> str | None:
        known: str | None = g.get("session_cookie", request.cookies.get(self.name))
        return known if known and len(known) <= MAX_LENGTH else None

    def give(self, value: str) -> None:
        g.session_cookie = value

    def drop(self) -> None:
        g.session_cookie = None

    def on_shared_computer(self) -> bool:
        return self._shared()

    def _set(self, response: Response) -> Response:
        if "session_cookie" not in g:
            return response
        # Without Max-Age it goes when the browser is closed; empty and with Max-Age=0 it goes at once.
        response.set_cookie(
            self.name,
            g.session_cookie or "",
            max_age=None if g.session_cookie else 0,
            path="/",
            secure=True,
            httponly=True,
            samesite="None",
        )
        return response
