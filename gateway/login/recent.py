"""How logins went in the last hour, at each identity provider and each service, over all workers and replicas.

Each process counts for itself and puts its counts in the short-lived store now and then, under a numbered place of its
own. Nothing of a person is in them, and nothing grows: so many names, places and minutes, and no more. What came after
the last time that a process put its counts is missing until it counts again.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

import structlog

from gateway.domain.clock import Clock
from gateway.domain.errors import CATALOGUE, Audience, ErrorCode, SluisError
from gateway.federation.models import IdentityProvider
from gateway.login.contracts import TowardsIdentityProviders
from gateway.login.messages import AuthenticationRequest
from gateway.login.steps import PostForm, Redirect
from gateway.storage.contracts import ShortLivedStore

log = structlog.get_logger("sluis")

PLACES = 128
"""Processes whose counts can be in the store."""
MOST_NAMES = 1000
"""Identity providers, or services, that one process counts in ten minutes."""
_SPAN = 600
_SPANS = 6
_EVERY = 30
_KEPT = _SPAN * (_SPANS + 1)


class Party(StrEnum):
    """Of whom something is counted."""

    IDP = auto()
    SERVICE = auto()


_OF_THE_IDP = frozenset({ErrorCode.IDP_UNREACHABLE, ErrorCode.IDP_TOKEN_REFUSED, ErrorCode.INSTITUTION_UNREACHABLE})
_OF_NOBODY = ("agreement_", "link_", "eck_id_required")
"""Refusals that are as they should be: somebody decided so."""


@dataclass(slots=True)
class Count:
    """`asked`: sent to log in. `good`: released. `trouble`: failed by the party's doing. `other`: ended otherwise."""

    asked: int = 0
    good: int = 0
    trouble: int = 0
    other: int = 0

    def add(self, other: "Count") -> None:
        """Count these as well."""
        self.asked += other.asked
        self.good += other.good
        self.trouble += other.trouble
        self.other += other.other


Counts = dict[tuple[Party, str], Count]


class Counted:
    """An identity provider's side of logins, and who was sent there is counted. Fulfils TowardsIdentityProviders."""

    def __init__(self, inner: TowardsIdentityProviders, recent: "Recent") -> None:
        self._inner = inner
        self._recent = recent

    def authenticate(self, idp: IdentityProvider, request: AuthenticationRequest) -> Redirect | PostForm:
        """The request that takes the browser there."""
        step = self._inner.authenticate(idp, request)
        self._recent.asked(idp.id)
        return step


class Recent:
    """The counts of this process, and the sum of all."""

    def __init__(self, *, store: ShortLivedStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._turn = threading.Lock()
        self._spans: dict[int, Counts] = {}
        self._place: int | None = None
        self._put_at = 0.0
        self._seen: tuple[float, Counts] | None = None

    def asked(self, idp: str) -> None:
        """Somebody was sent to this identity provider."""
        self._count({(Party.IDP, idp): Count(asked=1)})

    def login(self, *, service: str, idp: str, outcome: str, code: str) -> None:
        """A login ended. `idp` is empty when none was chosen yet, `code` when it succeeded."""
        parties = {Party.SERVICE: service, Party.IDP: idp}
        self._count({(party, name): _counted(party, outcome, code) for party, name in parties.items() if name})

    def counts(self) -> Mapping[tuple[Party, str], Count]:
        """The last hour, at most half a minute old. Raises SluisError(STORE_UNAVAILABLE)."""
        now = self._clock.now().timestamp()
        seen = self._seen
        if seen is None or not seen[0] <= now < seen[0] + _EVERY:
            self._put(now)
            seen = self._seen = (now, self._sum(int(now) // _SPAN))
        return seen[1]

    def _count(self, counted: Counts) -> None:
        now = self._clock.now().timestamp()
        with self._turn:
            span = self._spans.setdefault(int(now) // _SPAN, {})
            for key, count in counted.items():
                if key in span or sum(party == key[0] for party, _ in span) < MOST_NAMES:
                    span.setdefault(key, Count()).add(count)
            due = not self._put_at <= now < self._put_at + _EVERY
        if due:
            try:
                self._put(now)
            except SluisError as error:
                # No login ends because it could not be counted.
                log.warning("recent_not_kept", code=error.code)

    def _put(self, now: float) -> None:
        """Put what this process counted where the others find it."""
        first = int(now) // _SPAN - _SPANS + 1
        with self._turn:
            self._spans = {span: counts for span, counts in self._spans.items() if span >= first}
            forgotten = not self._put_at <= now < self._put_at + _KEPT
            self._put_at = now
            value = _written(self._spans) if self._spans else None
        if value is None:
            return
        if self._place is not None and not forgotten:
            self._store.put(_key(self._place), value, seconds=_KEPT)
            return
        free = (place for place in range(PLACES) if self._store.add(_key(place), value, seconds=_KEPT))
        self._place = next(free, None)

    def _sum(self, current: int) -> Counts:
        total: Counts = {}
        for kept in self._store.get_all([_key(place) for place in range(PLACES)]):
            for key, count in _read(kept, since=current - _SPANS + 1) if kept else ():
                total.setdefault(key, Count()).add(count)
        return total


def _counted(party: Party, outcome: str, code: str) -> Count:
    if outcome == "released":
        return Count(good=1)
    by_will = code.startswith(_OF_NOBODY)
    error = ErrorCode(code)
    audience = CATALOGUE[error].audience
    at_fault = {
        Party.IDP: audience is Audience.SCHOOL or error in _OF_THE_IDP,
        Party.SERVICE: audience is Audience.SERVICE,
    }[party]
    return Count(trouble=1) if at_fault and not by_will else Count(other=1)


def _key(place: int) -> str:
    return f"recent:{place}"


def _written(spans: Mapping[int, Counts]) -> bytes:
    rows = [
        (span, party, name, one.asked, one.good, one.trouble, one.other)
        for span, counts in spans.items()
        for (party, name), one in counts.items()
    ]
    return json.dumps(rows).encode()


def _read(kept: bytes, *, since: int) -> Iterator[tuple[tuple[Party, str], Count]]:
    for span, party, name, *numbers in json.loads(kept):
        if span >= since:
            yield (Party(party), name), Count(*numbers)
