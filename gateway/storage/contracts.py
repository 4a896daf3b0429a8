"""What a backend promises. `tests/storage/test_short_lived_stores.py` holds every backend to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


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

    def get(self, key: str) -> bytes | None:
        """The value, left where it is; None when there is none (any more)."""
        ...

    def take(self, key: str) -> bytes | None:
        """The value, removed in the same step. Of many at once exactly one gets it."""
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
    key that it was derived with.
    """

    account: str
    service: str
    key_id: str
    since: datetime


class Ledger(Protocol):
    """The append-only record of releases."""

    def append(self, row: LedgerRow) -> None:
        """Return when the row is durable; raises SluisError(LEDGER_UNAVAILABLE) when it cannot be made so."""
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
