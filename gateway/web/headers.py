"""Security headers of every response."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_UNFRAMED = "frame-ancestors 'none'"
POLICY = f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; {_UNFRAMED}"
NO_FORMS = "; form-action 'none'"
"""Added where a page has no form. One that has cannot name where it goes: browsers hold every redirect behind a post to
it as well, which lead to schools and services, and from those on to wherever they please."""

_FEATURES = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "usb",
    "xr-spatial-tracking",
)
"""What browsers can do and no page of ours needs."""

_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    # The origin must go along on a POST to another site: services check it. The path must not.
    ("Referrer-Policy", "strict-origin"),
    ("Permissions-Policy", ", ".join(f"{feature}=()" for feature in _FEATURES)),
)
ALONE = (("Cross-Origin-Opener-Policy", "same-origin"),)
"""For pages that no login goes through. The others have none: every value but its default cuts a service that opened
the login in a window of its own off from that window, for good. No page of a login holds anything that an opener could
read."""
_ON_HTTPS = (("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),)
_FOR_OLD_BROWSERS = (("X-Frame-Options", "DENY"),)
"""Says `frame-ancestors 'none'` to those that do not know it (RFC 7034). It has no word for certain origins."""
_UNLESS_SET = (("Content-Security-Policy", POLICY + NO_FORMS), ("Cache-Control", "no-store"))


def framed_by(policy: str, origins: Iterable[str]) -> str:
    """The policy of a page that pages of these origins may show in a frame; without any none may."""
    named = " ".join(origins)
    return policy.replace(_UNFRAMED, f"frame-ancestors {named}") if named else policy


def framing(addresses: Iterable[str]) -> str:
    """What is added where a page loads these addresses in frames: their origins, and no other."""
    origins = sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, addresses)})
    return f"; frame-src {' '.join(origins)}" if origins else ""


def install(app: Flask, *, https: bool) -> None:
    """Have every response of the app carry them; its own Content-Security-Policy or Cache-Control it keeps.

    They are put in behind Flask, so that a response that Flask failed to make has them too.
    """
    always = _ALWAYS + _ON_HTTPS * https
    inner = app.wsgi_app

    def secured(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            own = {name.lower() for name, _ in headers}
            unset = [default for default in _UNLESS_SET if default[0].lower() not in own]
            sent = [*headers, *always, *unset]
            unframed = any(name.lower() == "content-security-policy" and _UNFRAMED in value for name, value in sent)
            return start_response(status, [*sent, *_FOR_OLD_BROWSERS * unframed], *failure)

        return inner(environ, start)

    app.wsgi_app = secured  # type: ignore[method-assign]
