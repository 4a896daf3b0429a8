"""The registry: what the logins of one browser and person gave to whom, so that one logout can end all of it.

A *visit* is one person in one browser, from the first login until a logout; the cookie of a session may end long before
services let go of the person. All of it is sealed by the store. That a visit ended is a mark of its own, which outlives
everything that could bring it back.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gateway.domain.kept_form import known, named, written
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdpId, ServiceId
from gateway.login.kept_parts import upstream_as_kept, upstream_of
from gateway.login.messages import UpstreamSession
from gateway.login.sso.slots import Slots
from gateway.storage.contracts import ShortLivedStore, Value

LOGINS = 128
"""Places for the logins of one visit; far beyond what people do, some give way to others."""
_FAR = 50
"""Visits that are followed from one to the next."""
_BESIDE = 8
"""Places for logins of one browser that no service asked for."""
VISITS = 256
"""Places for the visits of one person, whatever the browser."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One person in one browser. `account` is the user id at the identity provider: it stays in the sealed store."""

    id: str
    browser: str
    idp: IdpId
    account: str = field(repr=False)
    upstream: UpstreamSession
    shared: bool

    def is_of_same_person(self, other: "Visit") -> bool:
        """Whether the other one is of the same account at the same identity provider."""
        return (self.idp, self.account) == (other.idp, other.account)


@dataclass(frozen=True, slots=True)
class Given:
    """A login at a service. `session` is the SessionIndex or sid, `name` the protocol's note of the person's name."""

    service: ServiceId
    session: str = field(repr=False)
    name: str = field(repr=False)


class Registry:
    """Keeps visits for `seconds`, as long as services may count on a login; a login itself takes `login_seconds`."""

    def __init__(self, *, store: ShortLivedStore, randomness: Randomness, seconds: int, login_seconds: int) -> None:
        self._store = store
        self._randomness = randomness
        self._seconds = seconds
        self._login_seconds = login_seconds
        self._logins = Slots(store, limit=LOGINS)
        self._visits = Slots(store, limit=VISITS)
        self._beside = Slots(store, limit=_BESIDE)

    def open(self, visit: Visit) -> tuple[Visit, Visit | None]:
        """The visit that this login belongs to, and the one of another person that it takes the place of.

        It is the browser's own if that is of the same person, else a new one; of two at once both get the same.
        `visit.id` counts for nothing.
        """
        pointed = self._pointed(visit.browser)
        before = self.find(pointed) if pointed is not None else None
        if before is not None and before.is_of_same_person(visit):
            opened, replaced = self._prolong(before, visit), None
        else:
            opened, replaced = self._begin(replace(visit, id=self._randomness.token()), after=pointed), before
        return opened, replaced

    def of_browser(self, browser: str) -> Visit | None:
        """The visit of this browser that has not ended."""
        pointed = self._pointed(browser)
        return self.find(pointed) if pointed is not None else None

    def open_beside(self, visit: Visit) -> None:
        """A login in this browser that no service asked for: it takes no visit's place, and ends with the browser's.

        `visit.id` counts for nothing.
        """
        opened = replace(visit, id=self._randomness.token())
        self._store.put(f"visit:{opened.id}", _encode(opened), seconds=self._seconds)
        self._lead_to(opened)
        kept = opened.id.encode()
        self._beside.scatter({f"beside:{opened.browser}": kept}, seconds=self._seconds, start=self._somewhere())

    def beside(self, browser: str) -> tuple[Visit, ...]:
        """Those of a browser that have not ended, in no order."""
        return self._found(f"beside:{browser}", self._beside)

    def find(self, visit: str) -> Visit | None:
        """The visit of this id, unless it ended."""
        found = self.read(visit)
        return found if found is not None and not self.has_ended(visit) else None

    def read(self, visit: str) -> Visit | None:
        """The visit of this id, also one that ended."""
        kept = self._store.get(f"visit:{visit}")
        return _decode(kept) if kept is not None else None

    def of_login(self, session: str, service: ServiceId) -> Visit | None:
        """The visit in which this service got this SessionIndex or sid."""
        kept = self._store.get(f"login-session:{session}") if session.isascii() and len(session) < 100 else None
        if kept is None:
            return None
        of_service, visit, *_ = json.loads(kept)
        return self.find(visit) if of_service == service else None

    def of_account(self, idp: IdpId, account: str) -> tuple[Visit, ...]:
        """The visits of this person, in whatever browser."""
        return self._found(f"account:{_safe(idp, account)}")

    def of_upstream(self, idp: IdpId, *, name_id: str | None, index: str | None) -> tuple[Visit, ...]:
        """The visits that an identity provider names; one with an index that is another than theirs are not."""
        if index is not None:
            found = self._found(f"upstream-index:{_safe(idp, index)}")
            return tuple(one for one in found if name_id in (None, one.upstream.name_id))
        return self._found(f"upstream-name:{_safe(idp, name_id)}") if name_id is not None else ()

    def record(self, visit: str, given: Given) -> None:
        """Remember a login. Whoever then asks `has_ended` and hears no may let it leave: a logout will find it."""
        of_session = written((given.service, visit)).encode()
        value = written(named(given)).encode()
        self._logins.scatter(
            {f"given:{visit}": value},
            seconds=self._seconds,
            start=self._somewhere(),
            beside=(Value(f"login-session:{given.session}", of_session, self._seconds),),
        )

    def given(self, visit: str) -> tuple[Given, ...]:
        """What the visit gave, in no order."""
        return tuple(Given(**known(Given, json.loads(value))) for value in self._logins.values(f"given:{visit}"))

    def end(self, visit: Visit) -> bool:
        """End the visit, for good; False when it had ended before. What it gave can still be read.

        Logins that are under way in its browser end with it.
        """
        self._store.put(f"logout:{visit.browser}", self._randomness.token().encode(), seconds=self._login_seconds)
        return self.end_alone(visit)

    def end_alone(self, visit: Visit) -> bool:
        """The same of a visit that another person's took the place of: nothing else in the browser ends."""
        return self._store.add(f"ended:{visit.id}", b"1", seconds=self._seconds)

    def erase(self, visit: Visit) -> None:
        """Keep nothing of a visit that was ended, but for the mark that it was: a random number."""
        for given in self.given(visit.id):
            self._store.take(f"login-session:{given.session}")
        self._logins.clear(f"given:{visit.id}")
        for key in _keys(visit):
            self._visits.remove(key, visit.id.encode())
        self._store.take(f"visit:{visit.id}")

    def has_ended(self, visit: str) -> bool:
        """Whether somebody ended it."""
        return self._store.get(f"ended:{visit}") is not None

    def last_logout(self, browser: str) -> str:
        """Another text after every logout in this browser; empty when there was none lately."""
        kept = self._store.get(f"logout:{browser}")
        return kept.decode() if kept is not None else ""

    def _pointed(self, browser: str) -> str | None:
        """The last visit of this browser, ended or not: each has at most one that came after it.

        What points to the first of them may be old, for whatever was slow to write it; the rest of the way is not.
        """
        found = self._store.get(f"browser:{browser}")
        for _ in range(_FAR):
            after = self._store.get(f"after-visit:{found.decode()}") if found is not None else None
            if after is None:
                break
            found = after
        return found.decode() if found is not None else None

    def _begin(self, visit: Visit, *, after: str | None) -> Visit:
        """Keep a new visit and all that leads to it, unless another login in this browser was faster."""
        pointer = f"browser:{visit.browser}" if after is None else f"after-visit:{after}"
        _, is_next = self._lead_to(
            visit,
            beside=(
                Value(f"visit:{visit.id}", _encode(visit), self._seconds),
                Value(pointer, visit.id.encode(), 2 * self._seconds),
            ),
        )
        if not is_next:
            self._store.take(f"visit:{visit.id}")
            other = self.of_browser(visit.browser)
            if other is not None and other.is_of_same_person(visit):
                return self._prolong(other, visit)
            return self._begin(visit, after=self._pointed(visit.browser))
        if after is not None:
            self._store.put(f"browser:{visit.browser}", visit.id.encode(), seconds=2 * self._seconds)
        return visit

    def _prolong(self, before: Visit, visit: Visit) -> Visit:
        """The visit goes on with what this login says, and all that leads to it lasts as long as it does."""
        opened = replace(visit, id=before.id)
        self._store.put(f"visit:{opened.id}", _encode(opened), seconds=self._seconds)
        self._store.put(f"browser:{opened.browser}", opened.id.encode(), seconds=2 * self._seconds)
        self._lead_to(opened)
        return opened

    def _lead_to(self, visit: Visit, *, beside: Sequence[Value] = ()) -> Sequence[bool]:
        found_by = dict.fromkeys(_keys(visit), visit.id.encode())
        return self._visits.scatter(found_by, seconds=self._seconds, start=self._somewhere(), beside=beside)

    def _somewhere(self) -> int:
        return self._randomness.bytes(1)[0]

    def _found(self, key: str, where: Slots | None = None) -> tuple[Visit, ...]:
        ids = dict.fromkeys(value.decode() for value in (where or self._visits).values(key))
        return tuple(visit for one in ids if (visit := self.find(one)) is not None)


def _keys(visit: Visit) -> frozenset[str]:
    """By what the visit can be found: the account, and the names that the identity provider has for it."""
    upstream = visit.upstream
    found = {f"account:{_safe(visit.idp, visit.account)}"}
    if upstream.name_id is not None:
        found.add(f"upstream-name:{_safe(visit.idp, upstream.name_id)}")
    if upstream.index is not None:
        found.add(f"upstream-index:{_safe(visit.idp, upstream.index)}")
    return frozenset(found)


def _safe(*parts: str) -> str:
    """Parts that others chose, in ASCII and without a doubt where one ends."""
    return json.dumps(parts)


def _encode(visit: Visit) -> bytes:
    return written({**named(visit), "upstream": upstream_as_kept(visit.upstream)}).encode()


def _decode(kept: bytes) -> Visit:
    fields = known(Visit, json.loads(kept))
    return Visit(**{**fields, "upstream": upstream_of(fields["upstream"])})
