"""Sessions of single sign-on, each sealed with a key that only the browser's cookie holds.

The cookie is `<id>.<key>`. The store has the session under the id, sealed with that key for that browser: neither the
store, nor the gateway's own keys, nor a cookie in another browser opens it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import replace
from datetime import datetime

from gateway.attributes.canonical import Reading
from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.federation.snapshot import Federation
from gateway.federation.sso import SsoRules
from gateway.login.contracts import SessionCookie
from gateway.login.messages import Authentication
from gateway.login.sso.registry import Registry, Visit
from gateway.login.sso.session import Session, minimal, needed_by
from gateway.storage.contracts import ShortLivedStore
from gateway.storage.sealing import CannotOpen, Sealer, SecretKey

_ID_LENGTH = 40
_KEY_BYTES = 32
_ONE_USE = 60
"""Seconds in which logins count as one: so much longer than its idle time a session may live."""


class Sessions:
    """Begins, finds and prolongs sessions. That one is over is for the registry to say."""

    def __init__(
        self,
        *,
        store: ShortLivedStore,
        registry: Registry,
        cookie: SessionCookie,
        federation: Federation,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._store = store
        self._registry = registry
        self._cookie = cookie
        self._clock = clock
        self._randomness = randomness
        self._needed = needed_by(one for one in federation.services.values() if one.sso)

    def begin(self, visit: Visit, authentication: Authentication, reading: Reading, rules: SsoRules) -> None:
        """A session for a login at the school, in place of the one that the browser had; none if the school has none.

        Its id and key are new, whoever was logged in before: a login is never continued under a cookie that somebody
        may know already.
        """
        self.forget(visit.browser)
        if not rules.enabled:
            return
        now = self._clock.now()
        session = Session(
            visit=visit.id,
            idp=authentication.idp,
            reading=minimal(reading, self._needed),
            knows=self._needed,
            context=authentication.context,
            instant=authentication.instant,
            authorities=authentication.authorities,
            until=_until(now, authentication.session.ends, rules, shared=visit.shared),
            idle=int(rules.idle.total_seconds()),
            used=now.timestamp(),
        )
        session_id, key = self._randomness.token(), self._randomness.bytes(_KEY_BYTES)
        if self._keep(session_id, key, visit.browser, session):
            self._cookie.give(f"{session_id}.{urlsafe_b64encode(key).rstrip(b'=').decode()}")

    def find(self, browser: str) -> Session | None:
        """The session of this browser, if there is one that is not over.

        A cookie that opens nothing is left alone: another tab may be getting the one that follows it.
        """
        presented = self._presented()
        if presented is None:
            return None
        session_id, key = presented
        session = self._opened(session_id, key, browser)
        if session is None:
            return None
        if session.until <= self._clock.now().timestamp() or self._registry.has_ended(session.visit):
            self._cookie.drop()
            return None
        return session

    def prolong(self, browser: str, session: Session) -> None:
        """A login was answered from it: the idle time begins anew. Of logins in one minute the first is noted."""
        presented, now = self._presented(), self._clock.now().timestamp()
        if presented is not None and now - session.used >= _ONE_USE:
            self._keep(*presented, browser, replace(session, used=now))

    def forget(self, browser: str) -> None:
        """Have neither store nor browser keep the session any longer."""
        presented = self._presented()
        if presented is not None and self._opened(*presented, browser) is not None:
            self._store.take(f"session:{presented[0]}")
        if self._cookie.presented() is not None:
            self._cookie.drop()

    def _keep(self, session_id: str, key: bytes, browser: str, session: Session) -> bool:
        left = int(session.until - self._clock.now().timestamp())
        seconds = min(session.idle + _ONE_USE, left)
        if seconds < 1:
            return False
        sealed = self._sealer(key).seal(session.dump(), purpose="session", key=f"{session_id}:{browser}")
        self._store.put(f"session:{session_id}", sealed, seconds=seconds)
        return True

    def _opened(self, session_id: str, key: bytes, browser: str) -> Session | None:
        sealed = self._store.get(f"session:{session_id}")
        if sealed is None:
            return None
        try:
            return Session.load(self._sealer(key).open(sealed, purpose="session", key=f"{session_id}:{browser}"))
        except (CannotOpen, ValueError):
            return None

    def _presented(self) -> tuple[str, bytes] | None:
        session_id, _, text = (self._cookie.presented() or "").partition(".")
        if len(session_id) != _ID_LENGTH or not session_id.isascii() or not session_id.isalnum():
            return None
        try:
            key = urlsafe_b64decode(f"{text}=")
        except (NotBase64, ValueError):
            return None
        return (session_id, key) if len(key) == _KEY_BYTES else None

    def _sealer(self, key: bytes) -> Sealer:
        return Sealer((SecretKey("cookie", key),), self._randomness)


def _until(now: datetime, granted: datetime | None, rules: SsoRules, *, shared: bool) -> float:
    """No longer than the school's rules, and than the identity provider grants."""
    ends = now + (rules.shared if shared else rules.absolute)
    return (min(ends, granted) if granted is not None else ends).timestamp()
