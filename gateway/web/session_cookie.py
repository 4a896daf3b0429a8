"""The cookie of a session: its id and the key that opens it, held by the browser until it is closed."""

from collections.abc import Callable

from gateway.web import jar

MAX_LENGTH = 200


class FlaskSessionCookie:
    """Fulfils `gateway.login.contracts.SessionCookie` for the request at hand."""

    def __init__(self, *, https: bool, shared: Callable[[], bool]) -> None:
        self._shared = shared
        self.name = jar.name_of("sluis-session", https=https)

    def presented(self) -> str | None:
        known = jar.held(self.name)
        return known if known and len(known) <= MAX_LENGTH else None

    def give(self, value: str) -> None:
        jar.give(self.name, value)

    def drop(self) -> None:
        jar.drop(self.name)

    def on_shared_computer(self) -> bool:
        return self._shared()
