"""The chain of the ledger: what a row's hash covers, and the seals of a writer's head and of what was purged.

A writer is one process for as long as it lives. Its rows are numbered from 1; each holds the hash of the one before,
and a hash of its own: HMAC-SHA-256 with a key that is not in the database, over a JSON array of everything in the row.
The learner is in that array as a salted mark, so that hash and salt can be erased later and the chain stays whole.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from json.encoder import encode_basestring

from gateway.storage.contracts import LedgerRow
from gateway.storage.sealing import SecretKey, keyed_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainedRow:
    """A row in its place, all that its hash covers. `answers` is JSON of earlier rows whose answers have left.

    Hashes are 64 hexadecimal characters, the salt 32. `subject` is the learner as the ledger knows them, in place of
    the row's own `subject_hash`; it and the salt are None when they were erased.
    """

    row: LedgerRow
    writer: str
    number: int
    answers: str | None
    subject: str | None
    salt: str | None
    mark: str | None
    previous: str


@dataclass(frozen=True, slots=True)
class Head:
    """A writer and the last of its rows. `serial` numbers the writers of one ledger from 1."""

    writer: str
    serial: int
    began: datetime
    number: int
    hash: str


class Chain:
    """Makes the hashes and seals of one ledger key, and checks them."""

    def __init__(self, key: SecretKey) -> None:
        self.key_id = key.id
        self._key = keyed_hash(key, "ledger-chain")
        self._secret = key

    def subject(self, account: str | None) -> str | None:
        """A learner as the ledger knows them: a keyed hash of the hash of their local account."""
        return keyed_hash(self._secret, "ledger-subject", account).hex() if account is not None else None

    def first(self, writer: str) -> str:
        """What a writer's first row has for the hash of the one before."""
        return self._mac("first", writer)

    def row_hash(self, chained: ChainedRow) -> str:
        """The hash that this row should have."""
        row = chained.row
        return self._mac(
            "row",
            chained.writer,
            chained.number,
            chained.previous,
            row.at.astimezone(UTC).isoformat(timespec="microseconds"),
            row.reference,
            row.service,
            row.idp,
            row.school,
            row.role,
            row.outcome,
            row.code,
            row.agreement,
            row.attribute_set,
            row.policy,
            row.subject_kind,
            chained.mark,
            row.decision,
            chained.answers,
        )

    def head_seal(self, head: Head) -> str:
        """The seal of a writer's head: who cuts rows off cannot make the one that fits then."""
        began = head.began.astimezone(UTC).isoformat(timespec="microseconds")
        return self._mac("head", head.writer, head.serial, began, head.number, head.hash)

    def purge_seal(self, writer: str, number: int, row_hash: str) -> str:
        """The seal of a purge: the rows up to this number, the last with this hash, were deleted as they should."""
        return self._mac("purged", writer, number, row_hash)

    def _mac(self, *fields: str | int | None) -> str:
        return hmac.digest(self._key, json_array(fields).encode(), "sha256").hex()


class Chains:
    """The chains of all ledger keys that are there."""

    def __init__(self, keys: Sequence[SecretKey]) -> None:
        self._by_id = {key.id: Chain(key) for key in keys}

    def of(self, key_id: str) -> Chain | None:
        """The chain of this key; None when the key is not there."""
        return self._by_id.get(key_id)

    def subjects(self, account: str) -> tuple[str, ...]:
        """A learner as the ledger knows them, under each key."""
        return tuple(chain.subject(account) or "" for chain in self._by_id.values())


def json_array(fields: Iterable[str | int | None]) -> str:
    """What `json.dumps` writes without spaces and escapes of letters, in a third of its time: a login waits for two."""
    written = [
        "null" if one is None else encode_basestring(one) if isinstance(one, str) else str(one) for one in fields
    ]
    return f"[{','.join(written)}]"


def subject_mark(subject: str, salt: str) -> str:
    """What the chain covers of a learner: it can be checked with hash and salt, and tells nothing without."""
    return sha256(bytes.fromhex(salt) + subject.encode()).hexdigest()
