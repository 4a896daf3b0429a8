"""The browser's cookie: a random id that binds a login to the browser that began it (law 8)."""

import hmac
from collections.abc import Sequence

from flask import g

from gateway.domain.randomness import Randomness
from gateway.storage.sealing import SecretKey, keyed_hash
from gateway.web import jar


class BrowserCookie:
    """Reads and gives the cookie of the request at hand. Its value is `<id>.<mac>`, 73 characters.

    The first key signs; a cookie signed with any of them is known, so that keys rotate without losing a login.
    """

    def __init__(self, *, keys: Sequence[SecretKey], randomness: Randomness, https: bool) -> None:
        self._keys = tuple(keys)
        self._randomness = randomness
        self.name = jar.name_of("sluis", https=https)

    def browser(self) -> str:
        """The id of the browser that this request came from: a fresh one when its cookie is absent or forged."""
        browser: str | None = g.get("browser")
        if browser is None:
            browser = g.browser = self._verified(jar.held(self.name) or "") or self._fresh()
        return browser

    def _fresh(self) -> str:
        browser = self._randomness.token()
        jar.give(self.name, f"{browser}.{_mac(self._keys[0], browser)}")
        return browser

    def _verified(self, cookie: str) -> str | None:
        browser, _, mac = cookie.partition(".")
        if not mac or not cookie.isascii():
            return None
        return browser if any(hmac.compare_digest(mac, _mac(key, browser)) for key in self._keys) else None


def _mac(key: SecretKey, browser: str) -> str:
    return keyed_hash(key, "browser-cookie", browser)[:16].hex()
