"""The browser's cookie: a random id that binds a login to the browser that began it (law 8).

The identity provider's answer arrives as a POST from another site, so the cookie is SameSite=None and Secure; browsers
take Secure cookies over plain http from loopback. On https the name has the `__Host-` prefix (RFC 6265bis 4.1.3.2).
"""

import hmac
from base64 import b32encode

from flask import Flask, Response, g, request

from gateway.domain.randomness import Randomness
from gateway.storage.sealing import SecretKey, keyed_hash


class BrowserCookie:
    """Reads and sets the cookie of one Flask app. Its value is `<id>.<mac>`, 59 characters."""

    def __init__(self, *, key: SecretKey, randomness: Randomness, https: bool) -> None:
        self._key = key
        self._randomness = randomness
        self.name = "__Host-sluis" if https else "sluis"

    def install(self, app: Flask) -> None:
        """Have the app set the cookie on every response to a browser that had none."""
        app.after_request(self._set)

    def browser(self) -> str:
        """The id of the browser that this request came from: a fresh one when its cookie is absent or forged."""
        if "browser" not in g:
            known = self._verified(request.cookies.get(self.name, ""))
            g.browser_is_new = known is None
            g.browser = known or self._randomness.token()
        return str(g.browser)

    def _set(self, response: Response) -> Response:
        if g.get("browser_is_new", False):
            response.set_cookie(
                self.name, f"{g.browser}.{self._mac(g.browser)}", path="/", secure=True, httponly=True, samesite="None"
            )
        return response

    def _verified(self, cookie: str) -> str | None:
        browser, _, mac = cookie.partition(".")
        return browser if cookie.isascii() and hmac.compare_digest(mac, self._mac(browser)) else None

    def _mac(self, browser: str) -> str:
        return b32encode(keyed_hash(self._key, "browser-cookie", browser)[:16]).decode().rstrip("=").lower()
