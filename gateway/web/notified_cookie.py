"""The cookie of SSO notification: at which identity provider somebody was said to be logged in.

Sealed for this browser by authenticated encryption, so that nobody can write or read one, or use it in another browser;
it says for itself how long it counts. Services send browsers here from another site, so it is SameSite=None.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from datetime import timedelta

from flask import Flask, Response, g, request

from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdpId
from gateway.storage.sealing import CannotOpen, Sealer, SecretKey

MAX_LENGTH = 500
_PURPOSE = "sso-notification"


class NotifiedCookie:
    """Fulfils Notified for the request at hand."""

    def __init__(
        self,
        *,
        keys: Sequence[SecretKey],
        browser: Callable[[], str],
        lifetime: timedelta,
        clock: Clock,
        randomness: Randomness,
        https: bool,
    ) -> None:
        self._sealer = Sealer(keys, randomness)
        self._browser = browser
        self._seconds = int(lifetime.total_seconds())
        self._clock = clock
        self.name = "__Host-sluis-notified" if https else "sluis-notified"

    def install(self, app: Flask) -> None:
        """Have the app set the cookie on responses that changed it."""
        app.after_request(self._set)

    def idp(self) -> IdpId | None:
        """Where the person was said to be logged in, not long ago."""
        text = request.cookies.get(self.name, "")
        if not text or len(text) > MAX_LENGTH:
            return None
        try:
            opened = self._sealer.open(urlsafe_b64decode(text), purpose=_PURPOSE, key=self._browser())
        except (CannotOpen, NotBase64, ValueError):
            return None
        idp, until = json.loads(opened)
        return IdpId(idp) if self._clock.now().timestamp() < until else None

    def keep(self, idp: IdpId) -> None:
        """Have the browser know it for a while."""
        until = int(self._clock.now().timestamp()) + self._seconds
        sealed = self._sealer.seal(json.dumps((idp, until)).encode(), purpose=_PURPOSE, key=self._browser())
        g.notified_cookie = urlsafe_b64encode(sealed).decode()

    def forget(self) -> None:
        """Have the browser forget it: whoever logged in here is known better by now."""
        if self.name in request.cookies:
            g.notified_cookie = ""

    def _set(self, response: Response) -> Response:
        if "notified_cookie" in g:
            response.set_cookie(
                self.name,
                g.notified_cookie,
                max_age=self._seconds if g.notified_cookie else 0,
                path="/",
                secure=True,
                httponly=True,
                samesite="None",
            )
        return response
