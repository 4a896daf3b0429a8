"""The cookies of the request at hand: those that it brought, and those that its response sets.

An identity provider's answer, and many a service's request, comes as a POST from another site: all are SameSite=None
and Secure, which browsers take over plain http from loopback, and none is for scripts.
"""

from flask import Flask, Response, g, request


def name_of(name: str, *, https: bool) -> str:
    """On https with the prefix that binds a cookie to this very host (RFC 6265bis 4.1.3.2)."""
    return f"__Host-{name}" if https else name


def held(name: str) -> str | None:
    """What the browser holds by this name once it has the response; None for no cookie."""
    given: dict[str, tuple[str, int | None]] | None = g.get("cookies")
    if given is not None and name in given:
        return given[name][0] or None
    brought = request.cookies
    # Asked for one that is not there, `get` raises and catches an error within, which takes ten times as long.
    return brought[name] or None if name in brought else None


def give(name: str, value: str, *, max_age: int | None = None) -> None:
    """Have the browser hold this, for `max_age` seconds or until it is closed."""
    g.setdefault("cookies", {})[name] = value, max_age


def drop(name: str) -> None:
    """Have the browser let it go."""
    give(name, "", max_age=0)


def install(app: Flask) -> None:
    """Have the app set the cookies that were given."""
    app.after_request(_set)


def _set(response: Response) -> Response:
    for name, (value, max_age) in g.get("cookies", {}).items():
        response.set_cookie(name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="None")
    return response
