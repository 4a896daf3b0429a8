"""The browser's cookie: a random id that binds a login to the browser that began it (law 8).

The identity provider's answer arrives as a POST from another site, so the cookie is SameSite=None and Secure; browsers
take Secure cookies over plain http from loopback. On https the name has the `__Host-` prefix (RFC 6265bis 4.1.3.2).
"""

import hmac
from collections.abc import Sequence

from flask import Flask, Response, g, request

from gateway.domain.randomness import Randomness
from gateway.storage.sealing import SecretKey, keyed_hash


class BrowserCookie:
    """Reads and sets the cookie of one Flask app. Its value is `<id>.<mac>`, 73 characters.

    The first key signs; a cookie signed with any of them is known, so that keys rotate without losing a login.
    """

    def __init__(self, *, keys: Sequence[SecretKey], randomness: Randomness, https: bool) -> None:
        self._keys = tuple(keys)
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
                self.name,
                f"{g.browser}.{_mac(self._keys[0], g.browser)}",
                path="/",
                secure=True,
                httponly=True,
                samesite="None",
            )
        return response

    def _verified(self, cookie: str) -> str | None:
        browser, _, mac = cookie.partition(".")
        if not cookie.isascii() or not any(hmac.compare_digest(mac, _mac(key, browser)) for key in self._keys):
            return None
        return browser


def _mac(key: SecretKey, browser: str) -> str:
    return keyed_hash(key, "browser-cookie", browser)[:16].hex()
