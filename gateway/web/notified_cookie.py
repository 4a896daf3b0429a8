"""The cookie of SSO notification: at which identity provider somebody was said to be logged in.

Sealed for this browser by authenticated encryption, so that nobody can write or read one, or use it in another browser;
it says for itself how long it counts.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from datetime import timedelta

from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdpId
from gateway.storage.sealing import CannotOpen, Sealer, SecretKey
from gateway.web import jar

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
        self.name = jar.name_of("sluis-notified", https=https)

    def idp(self) -> IdpId | None:
        """Where the person was said to be logged in, not long ago."""
        text = jar.held(self.name)
        if not text or len(text) > MAX_LENGTH:
            return None
        try:
            opened = self._sealer.open(urlsafe_b64decode(text), purpose=_PURPOSE, key=self._browser())
        except (CannotOpen, NotBase64, ValueError):
            return None
        idp, until, *_ = json.loads(opened)
        return IdpId(idp) if self._clock.now().timestamp() < until else None

    def keep(self, idp: IdpId) -> None:
        """Have the browser know it for a while."""
        until = int(self._clock.now().timestamp()) + self._seconds
        sealed = self._sealer.seal(json.dumps((idp, until)).encode(), purpose=_PURPOSE, key=self._browser())
        jar.give(self.name, urlsafe_b64encode(sealed).decode(), max_age=self._seconds)

    def forget(self) -> None:
        """Have the browser forget it: whoever logged in here is known better by now."""
        if jar.held(self.name) is not None:
            jar.drop(self.name)
