"""What a backend promises. `tests/storage/test_short_lived_stores.py` holds every backend to it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, Protocol

from gateway.domain.link import LinkKind, LinkState

Measure = Callable[[], AbstractContextManager[None]]
"""Makes what a call runs in to be measured."""


class Value(NamedTuple):
    """A value and the key and lifetime that it is to have."""

    key: str
    value: bytes
    seconds: int


class ShortLivedStore(Protocol):
    """Values that end by themselves: transactions, replay marks, sessions.

    Keys are ASCII strings, values bytes. A value is there until its lifetime (whole seconds, at least 1) has passed,
    and never after. All replicas see one store: each call is atomic among them. Every call raises
    SluisError(STORE_UNAVAILABLE) when the backend does not answer.
    """

    def put(self, key: str, value: bytes, *, seconds: int) -> None:
        """Store under the key, over what was there."""
        ...

    def add(self, key: str, value: bytes, *, seconds: int) -> bool:
        """Store only if the key is free; False when it is taken. Of many at once exactly one gets True."""
        ...

    def add_all(self, values: Sequence[Value]) -> Sequence[bool]:
        """`add` of each, one behind the other, in one way to the backend and back. Only each by itself is atomic.

        When it raises, some may have been stored.
        """
        ...

    def get(self, key: str) -> bytes | None:
        """The value, left where it is; None when there is none (any more)."""
        ...

    def take(self, key: str) -> bytes | None:
        """The value, removed in the same step. Of many at once exactly one gets it."""
        ...

    def get_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """`get` of each, in one way to the backend and back. Only each by itself is atomic."""
        ...

    def take_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """`take` of each, in one way to the backend and back. When it raises, some may have been removed."""
        ...

    def count(self, key: str, amount: int, *, seconds: int) -> int:
        """Add to the number under the key, which begins at 0 and lives from the first of it on; what it is now.

        Of many at once none is lost. A key that is counted under is used for nothing else. It is no longer counted
        under when its lifetime has nearly passed: what is counted at its very end may begin, or live, anew.
        """
        ...

    def ping(self) -> None:
        """Return when the backend answers and can be written to."""
        ...


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One release or refused release. No attribute value, no local id.

    `subject_hash` is the keyed hash of the local account, where it is known (hexadecimal); the ledger stores a hash of
    that with a key of its own.

    `decision` is JSON, as `gateway.release.record` writes it: attribute name -> the id of the rule that let it through
    or stopped it, and of the reduction that ran.
    """

    at: datetime
    reference: str
    service: str
    idp: str
    school: str | None
    role: str | None
    outcome: str
    code: str | None
    agreement: str | None
    attribute_set: int | None
    policy: str | None
    subject_kind: str | None
    subject_hash: str | None
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One account, and the mark of its ECK iD since a moment; None: it had none. `odd`: another had the same."""

    account: str
    school: str
    sector: str
    mark: str | None
    since: datetime
    odd: bool = False


@dataclass(frozen=True, slots=True)
class AnomalyRow:
    """Something wrong with an identifier, to be reported; no value. `account` is a keyed hash (hexadecimal)."""

    at: datetime
    reference: str
    kind: str
    idp: str
    school: str | None
    account: str | None


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """A pairwise identifier was given out for this account at this service, from the local account as anchor.

    It keeps that anchor when an ECK iD comes later (design.md 5). `account` is a keyed hash, `key_id` the pseudonym
    key that it was derived with. `anchor` is the account whose place this one took, or a word for one whose
    place was taken (None: the account itself). `after` is the keyed hash of the ECK iD that the account had before, and
    had no more then (`gateway.storage.seen_eck_ids`).
    """

    account: str
    service: str
    key_id: str
    since: datetime
    anchor: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """One link. `holder` and `linked` are keyed hashes: of the account that its person comes with, and of the other.

    `school` is the BRIN of the other one's school, `at` of the one at which a school's account is that somebody comes
    with. `seen` is the last login at `school`, `until` the link's last day. `approved` is when a school said that a
    parent agrees, `approved_by` which one, and `approval` where it keeps that. `told`: its person was told that it
    stopped.
    """

    id: str
    kind: LinkKind
    state: LinkState
    holder: str = field(repr=False)
    linked: str = field(repr=False)
    school: str
    made: datetime
    seen: datetime
    until: date
    content: bytes = field(repr=False)
    at: str | None = None
    approved: datetime | None = None
    approved_by: str | None = None
    approval: str | None = None
    told: bool = False

    @property
    def bound_to(self) -> str:
        """What the seal is bound to: moved to another account it does not open."""
        bound = f"{self.id}:{self.kind}:{self.holder}:{self.linked}:{self.school}"
        return f"{bound}:{self.at}" if self.at else bound


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """What a person lets go to a service. `account` is a keyed hash, `what` the set (`gateway.release.consent`)."""

    account: str
    service: str
    what: str
    at: datetime


class Ledger(Protocol):
    """The append-only record of releases."""

    def append(self, row: LedgerRow, *, seen: Seen | None = None) -> None:
        """Return when the row is durable; raises SluisError(LEDGER_UNAVAILABLE) when it cannot be made so.

        What was `seen` with that login takes the place of what was seen of the account before, in the same transaction:
        one of its own would cost as much again.
        """
        ...

    def take_back(self) -> None:
        """No answer follows the row that this request wrote last: another takes its place."""
        ...


class Anomalies(Protocol):
    """What is wrong with identifiers; the same anomaly of the same account and kind is kept once a day."""

    def record(self, row: AnomalyRow) -> None:
        """Keep it; raises SluisError(STORE_UNAVAILABLE)."""
        ...


class Subjects(Protocol):
    """Which accounts a service knows by an identifier that is not derived from an ECK iD."""

    def find(self, account: str, service: str) -> SubjectRow | None:
        """The row, if there is one."""
        ...

    def keep(self, row: SubjectRow) -> SubjectRow:
        """Insert unless there is one already; the row that stands, of whoever came first."""
        ...


class Links(Protocol):
    """The account links. Every call raises SluisError(STORE_UNAVAILABLE) when the database does not answer."""

    def of_holder(self, holder: str, school: str) -> LinkRow | None:
        """The link by which this account comes to a school, whatever became of it."""
        ...

    def from_account(self, holder: str, at: str) -> tuple[LinkRow, ...]:
        """The links by which this account at a school comes to accounts at others, the oldest first."""
        ...

    def of_linked(self, linked: str) -> tuple[LinkRow, ...]:
        """The links that lead to this account."""
        ...

    def of_account(self, account: str) -> Sequence[LinkRow]:
        """The links of this account, on either side."""
        ...

    def revoke(self, links: Sequence[str]) -> int:
        """Delete these; how many there were."""
        ...

    def make(self, row: LinkRow, *, instead_of: Sequence[str] = ()) -> bool:
        """Keep it, and delete those that it replaces; False, and nothing changed, when another is in its place."""
        ...

    def change(self, row: LinkRow, *, was: LinkState) -> bool:
        """Write over the one of this id; False when it was revoked meanwhile, or is in another state than it was."""
        ...


class Consents(Protocol):
    """The consents. Every call raises SluisError(STORE_UNAVAILABLE) when the database does not answer."""

    def find(self, account: str, service: str) -> ConsentRow | None:
        """What this account lets go to this service."""
        ...

    def keep(self, row: ConsentRow) -> None:
        """Keep it, over what was let go before."""
        ...

    def of_account(self, account: str) -> Sequence[ConsentRow]:
        """All consents of this account."""
        ...

    def withdraw(self, account: str, service: str) -> bool:
        """Delete one; whether there was one."""
        ...
