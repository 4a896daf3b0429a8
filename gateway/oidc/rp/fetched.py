"""A document of an OpenID provider that is fetched when it is needed, and kept."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Lock, Thread
from typing import Generic, TypeVar

from gateway.domain.clock import Clock
from gateway.domain.errors import SluisError
from gateway.domain.http import HttpFailed
from gateway.oidc.rp.json_documents import DocumentRejected

T = TypeVar("T")

FRESH = timedelta(hours=1)
"""How long a document is used without asking again."""
STALE = timedelta(hours=24)
"""How long it is used when asking again fails."""
COOL_DOWN = timedelta(seconds=60)
"""How long nobody asks again while a copy stands, whether asking failed or brought nothing new."""
SHORT_COOL_DOWN = timedelta(seconds=5)
"""How long nobody asks again while there is no copy: a provider that is down is not asked by every login."""
PATIENCE = 1.0
"""Seconds that whoever asks again waits while a copy stands, before going on with that."""


class Fetched(Generic[T]):
    """The last good copy of a document. Of many threads one fetches; the others go on with the copy that stands.

    `fetch` returns the document or raises HttpFailed or DocumentRejected: then the copy that stands is served until it
    is STALE, and so is the exception after that. While a copy stands it is called in a thread of its own, and what it
    brings after PATIENCE is for whoever comes next.
    """

    def __init__(self, fetch: Callable[[], T], *, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._copy: tuple[T, datetime] | None = None
        self._asked: datetime | None = None

    def get(self) -> T:
        """The document, at most FRESH old if it can be had, else at most STALE."""
        now, copy = self._clock.now(), self._copy
        if copy is not None and now - copy[1] < FRESH:
            return copy[0]
        return self._renewed(now, PATIENCE)

    def renewed(self) -> T:
        """The document, asked for anew unless that was done within COOL_DOWN: something was not in it.

        Waited for as long as `fetch` takes: the copy that stands is of no use.
        """
        return self._renewed(self._clock.now(), None)

    def _renewed(self, now: datetime, patience: float | None) -> T:
        before = self._copy
        if not self._lock.acquire(blocking=self._usable(before, now) is None):
            assert before is not None
            return before[0]
        fetching: Thread | None = None
        try:
            standing = self._usable(self._copy, now)
            if standing is not None and (self._copy is not before or self._cooling(now)):
                return standing[0]
            if self._asked is not None and now - self._asked < SHORT_COOL_DOWN:
                raise HttpFailed("asked a moment ago, in vain")
            self._asked = now
            if standing is None:
                self._copy = (self._fetch(), now)
                return self._copy[0]
            thread = Thread(target=self._fetch_beside, args=(now,), name="fetched", daemon=True)
            thread.start()
            fetching = thread
        finally:
            # The thread has it until its end.
            if fetching is None:
                self._lock.release()
        fetching.join(patience)
        return (self._copy or standing)[0]

    def _fetch_beside(self, now: datetime) -> None:
        try:
            # Who needs more than the copy that stands is told so by whoever reads it.
            with suppress(HttpFailed, DocumentRejected, SluisError):
                self._copy = (self._fetch(), now)
        finally:
            self._lock.release()

    def _cooling(self, now: datetime) -> bool:
        return self._asked is not None and now - self._asked < COOL_DOWN

    @staticmethod
    def _usable(copy: tuple[T, datetime] | None, now: datetime) -> tuple[T, datetime] | None:
        return copy if copy is not None and now - copy[1] < STALE else None
