"""Security headers of every response."""

from flask import Flask, Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
NO_FORMS = "; form-action 'none'"
"""Added where a page has no form. One that has cannot name where it goes: browsers hold every redirect behind a post to
it as well, which lead to schools and services, and from those on to wherever they please."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # The origin must go along on a POST to another site: services check it. The path must not.
    "Referrer-Policy": "strict-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def install(app: Flask, *, https: bool) -> None:
    """Have the app set the headers; a response that has its own Content-Security-Policy keeps it."""

    def secure(response: Response) -> Response:
        response.headers.update(_HEADERS)
        response.headers.setdefault("Content-Security-Policy", POLICY + NO_FORMS)
        response.headers.setdefault("Cache-Control", "no-store")
        if https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response

    app.after_request(secure)
