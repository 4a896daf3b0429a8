"""The vault: what schools' administrations provisioned of their accounts.

Each school's entries are sealed with a key of its own, and that key with a key of the gateway (envelope encryption):
a school is shredded by its key, and new sealing keys re-seal one key a school, not its entries. What an entry says lies
in the seal; beside it stand keyed hashes, the school, and the day on which it ends.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection, Engine, bindparam, delete, func, or_, select, update

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import Randomness
from gateway.domain.sector import Sector
from gateway.storage import schema
from gateway.storage.engine import insert_or_leave, insert_or_replace
from gateway.storage.links import close_links_of
from gateway.storage.query import Query
from gateway.storage.sealing import CannotOpen, Sealer, SecretKey, keyed_hash
from gateway.storage.transaction import transaction
from gateway.storage.vault_entry import VaultEntry, entry_of

_KEY, _ENTRY = "vault-key", "vault-entry"
_AT_A_TIME = 500
_entries, _schools, _marks = schema.vault_entries, schema.vault_schools, schema.vault_marks
_FIND = (
    select(_entries.c.sealed, _entries.c.until, _schools.c.sealed_key)
    .join(_schools, _schools.c.school == _entries.c.school)
    .where(_entries.c.account == bindparam("account"), _entries.c.school == bindparam("school"))
)


class HeldByAnother(Exception):
    """An ECK iD, or a stampseudonym, of these accounts is another account's at the same school; nothing was written."""

    def __init__(self, accounts: frozenset[str]) -> None:
        super().__init__(f"{len(accounts)} accounts have an identifier of another one")
        self.accounts = accounts


class _WrittenMeanwhile(Exception):
    """Somebody else wrote the entry: the transaction is undone."""


class Vault:
    """The entries on SQL. `keys` seal, the first of them what is new; `lookup` makes keyed hashes."""

    def __init__(self, engine: Engine, *, keys: Sequence[SecretKey], lookup: SecretKey, randomness: Randomness) -> None:
        self._engine = engine
        self._found = Query(engine, _FIND)
        self._sealer = Sealer(keys, randomness)
        self._lookup = lookup
        self._randomness = randomness
        self._put_entry = insert_or_replace(engine, _entries, ("account", "school"))
        self._put_mark = insert_or_leave(engine, _marks)
        self._put_school = insert_or_leave(engine, _schools)

    def find(self, account: str, school: str, *, today: date) -> VaultEntry | None:
        """The entry, unless it has ended.

        Raises SluisError STORE_UNAVAILABLE, also when its key is not the gateway's: that is not "no entry".
        """
        row = self._found.one({"account": account, "school": school})
        if row is None:
            return None
        sealed, last, sealed_key = row
        until = _day(last) if last is not None else None
        if until is not None and until < today:
            return None
        return self._opened(account, school, sealed, until, sealed_key)

    def _opened(self, account: str, school: str, sealed: bytes, until: date | None, sealed_key: bytes) -> VaultEntry:
        try:
            key = self._sealer.open(sealed_key, purpose=_KEY, key=school)
            plain = self._of_school(school, key).open(sealed, purpose=_ENTRY, key=account)
        except CannotOpen as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=f"a vault entry of {school}: {cause}") from cause
        return entry_of(plain, account=account, school=school, until=until)

    def has_ended(self, account: str, school: str, *, today: date) -> bool:
        """Whether the administration said of the account until when it is, and that is over.

        Raises SluisError STORE_UNAVAILABLE.
        """
        row = self._found.one({"account": account, "school": school})
        return row is not None and row[1] is not None and _day(row[1]) < today

    def held_by_others(self, entries: Sequence[VaultEntry]) -> set[str]:
        """Accounts among these with an ECK iD, or a stampseudonym, that another account of the same school has."""
        marks = [(entry, mark) for entry in entries for mark in self._marks_of(entry)]
        held = select(_marks).where(_marks.c.mark.in_({mark for _, mark in marks}))
        with self._engine.connect() as connection:
            accounts = {(row.school, row.mark): row.account for row in connection.execute(held)}
        return {
            entry.account for entry, mark in marks if accounts.get((entry.school, mark), entry.account) != entry.account
        }

    def put(self, entries: Iterable[Sequence[VaultEntry]], *, at_once: bool) -> int:
        """Write these, over what was there, and count them; `at_once`: all or nothing, else a batch at a time.

        Raises HeldByAnother, whatever `held_by_others` said a moment ago.
        """
        count = 0
        if at_once:
            with self._engine.begin() as connection:
                return sum(self._put(connection, batch) for batch in entries)
        for batch in entries:
            with self._engine.begin() as connection:
                count += self._put(connection, batch)
        return count

    def learn(self, entry: VaultEntry, sector: Sector, eck_id: str) -> bool:
        """Keep an ECK iD with an entry that is still as it was; False when it is not, or another account has it.

        Raises SluisError STORE_UNAVAILABLE.
        """
        return self.exchange(entry, replace(entry, eck_ids={**entry.eck_ids, sector: eck_id}))

    def exchange(self, entry: VaultEntry, learnt: VaultEntry) -> bool:
        """Put what was learnt of an account in place of an entry that is still as it was; False as for `learn`.

        Raises SluisError STORE_UNAVAILABLE.
        """
        try:
            with transaction(self._engine) as connection:
                if not self._remove(connection, entry.account, entry.school, lambda now: now == entry):
                    return False
                self._put(connection, [learnt])
        except (HeldByAnother, _WrittenMeanwhile):
            return False
        return True

    def delete_if(self, account: str, school: str, wanted: Callable[[VaultEntry], bool]) -> bool:
        """Remove an entry that is as it is wanted; False when it is not, or there is none. Nobody comes in between.

        What is linked to the account ends.
        Raises SluisError STORE_UNAVAILABLE.
        """
        try:
            with transaction(self._engine) as connection:
                gone = self._remove(connection, account, school, wanted)
                if gone:
                    close_links_of(connection, (account,), school)
                return gone
        except _WrittenMeanwhile:
            return False

    def move(self, connection: Connection, old: str, new: str, school: Callable[[str], str]) -> int:
        """Have the entries of one account be another's, each at the school that takes its school's place; how many.

        In a transaction that is under way. Raises SluisError STORE_UNAVAILABLE for one that cannot be opened.
        """
        held = connection.execute(
            select(_entries, _schools.c.sealed_key)
            .join(_schools, _schools.c.school == _entries.c.school)
            .where(_entries.c.account == old)
        ).all()
        entries = [self._opened(row.account, row.school, row.sealed, row.until, row.sealed_key) for row in held]
        rows = schema.eck_id_batch_rows
        connection.execute(update(rows).where(rows.c.account == old).values(account=new))
        delete_account(connection, old)
        return self._put(connection, [replace(one, account=new, school=school(one.school)) for one in entries])

    def delete(self, account: str, *, school: str | None = None) -> int:
        """Remove what is held of an account, at one school or at any; how many entries there were.

        The account is no more, and what is linked to it ends.
        """
        with self._engine.begin() as connection:
            gone = delete_account(connection, account, school=school)
            if gone:
                close_links_of(connection, (account,), school)
            return gone

    def etag(self, entry: VaultEntry) -> str:
        """The same for the same entry, another for any other; it says nothing of what is in it."""
        until = entry.until.isoformat() if entry.until else ""
        place = (entry.school, entry.account, until)
        return keyed_hash(self._lookup, "vault-etag", *place, entry.content().decode()).hex()[:32]

    def mark(self, school: str, identifier: str) -> str:
        """The keyed hash of an ECK iD or a stampseudonym at a school."""
        return keyed_hash(self._lookup, "vault-mark", school, identifier).hex()

    def of_school(self, school: str, *, today: date) -> Iterator[VaultEntry]:
        """Every entry in force of a school, some hundreds at a time. Raises SluisError STORE_UNAVAILABLE."""
        some = (
            select(_entries, _schools.c.sealed_key)
            .join(_schools, _schools.c.school == _entries.c.school)
            .where(_entries.c.school == school, or_(_entries.c.until.is_(None), _entries.c.until >= today))
            .order_by(_entries.c.account)
            .limit(_AT_A_TIME)
        )
        last = ""
        while True:
            with self._engine.connect() as connection:
                rows = connection.execute(some.where(_entries.c.account > last)).all()
            for row in rows:
                yield self._opened(row.account, school, row.sealed, row.until, row.sealed_key)
            if len(rows) < _AT_A_TIME:
                return
            last = rows[-1].account

    def shred(self, school: str) -> int:
        """Destroy a school's key, and then its entries; how many there were. Copies of them stay unreadable."""
        with self._engine.begin() as connection:
            connection.execute(delete(_schools).where(_schools.c.school == school))
        with self._engine.begin() as connection:
            connection.execute(delete(_marks).where(_marks.c.school == school))
            batches, rows = schema.eck_id_batches, schema.eck_id_batch_rows
            theirs = batches.c.school == school
            connection.execute(delete(rows).where(rows.c.batch.in_(select(batches.c.id).where(theirs))))
            connection.execute(delete(batches).where(theirs))
            return connection.execute(delete(_entries).where(_entries.c.school == school)).rowcount

    def reseal(self) -> Iterator[str]:
        """Seal each school's key with the active key; yields the school after each. It can be ended and begun again."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(_schools).order_by(_schools.c.school)).all()
        for row in rows:
            key = self._sealer.open(row.sealed_key, purpose=_KEY, key=row.school)
            sealed = self._sealer.seal(key, purpose=_KEY, key=row.school)
            unchanged = (_schools.c.school == row.school, _schools.c.sealed_key == row.sealed_key)
            with self._engine.begin() as connection:
                connection.execute(update(_schools).where(*unchanged).values(sealed_key=sealed))
            yield row.school

    def counts(self, *, today: date) -> Mapping[str, int]:
        """Entries in force of each school."""
        in_force = or_(_entries.c.until.is_(None), _entries.c.until >= today)
        counted = select(_entries.c.school, func.count()).where(in_force).group_by(_entries.c.school)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(counted.order_by(_entries.c.school))}

    def _remove(self, connection: Connection, account: str, school: str, wanted: Callable[[VaultEntry], bool]) -> bool:
        """Marks go first, as in `_put`: two transactions take their rows in one order. Each seal is another."""
        marks = (_marks.c.school == school, _marks.c.account == account)
        place = (_entries.c.school == school, _entries.c.account == account)
        row = connection.execute(
            select(_entries, _schools.c.sealed_key).join(_schools, _schools.c.school == _entries.c.school).where(*place)
        ).one_or_none()
        if row is None or not wanted(self._opened(account, school, row.sealed, row.until, row.sealed_key)):
            return False
        connection.execute(delete(_marks).where(*marks))
        if connection.execute(delete(_entries).where(*place, _entries.c.sealed == row.sealed)).rowcount != 1:
            raise _WrittenMeanwhile
        return True

    def _put(self, connection: Connection, entries: Sequence[VaultEntry]) -> int:
        sealers = {school: self.sealer(connection, school) for school in {entry.school for entry in entries}}
        rows, marks = [], []
        for entry in entries:
            sealed = sealers[entry.school].seal(entry.content(), purpose=_ENTRY, key=entry.account)
            place = {"account": entry.account, "school": entry.school}
            rows.append({**place, "sealed": sealed, "until": entry.until})
            marks += [{**place, "mark": mark} for mark in self._marks_of(entry)]
        if rows:
            again = (_marks.c.school == bindparam("at"), _marks.c.account == bindparam("of"))
            connection.execute(
                delete(_marks).where(*again), [{"at": row["school"], "of": row["account"]} for row in rows]
            )
            connection.execute(self._put_entry, rows)
        # psycopg does not always count rows of many statements: what it counts is a reason to look, and no more.
        if marks and connection.execute(self._put_mark, marks).rowcount != len(marks):
            others = self._not_theirs(connection, marks)
            if others:
                raise HeldByAnother(others)
        return len(rows)

    @staticmethod
    def _not_theirs(connection: Connection, marks: Sequence[Mapping[str, str]]) -> frozenset[str]:
        held = select(_marks).where(_marks.c.mark.in_({one["mark"] for one in marks}))
        accounts = {(row.school, row.mark): row.account for row in connection.execute(held)}
        return frozenset(one["account"] for one in marks if accounts[one["school"], one["mark"]] != one["account"])

    def sealer(self, connection: Connection, school: str) -> Sealer:
        """By the key of the school, which is made the first time; of two who make it at once, one did."""
        made = self._sealer.seal(self._randomness.bytes(32), purpose=_KEY, key=school)
        connection.execute(self._put_school, {"school": school, "sealed_key": made})
        sealed = connection.scalars(select(_schools.c.sealed_key).where(_schools.c.school == school)).one()
        return self._of_school(school, self._sealer.open(sealed, purpose=_KEY, key=school))

    def _of_school(self, school: str, key: bytes) -> Sealer:
        return Sealer([SecretKey(school, key)], self._randomness)

    def _marks_of(self, entry: VaultEntry) -> Iterator[str]:
        for value in entry.identifiers():
            yield self.mark(entry.school, value)


def delete_account(connection: Connection, account: str, *, school: str | None = None) -> int:
    """Remove an account from the vault, at one school or at any, in a transaction that is under way."""
    marks, entries = (
        delete(_marks).where(_marks.c.account == account),
        delete(_entries).where(_entries.c.account == account),
    )
    if school is not None:
        marks, entries = marks.where(_marks.c.school == school), entries.where(_entries.c.school == school)
    connection.execute(marks)
    if school is None:
        rows = schema.eck_id_batch_rows
        connection.execute(delete(rows).where(rows.c.account == account))
    return connection.execute(entries).rowcount


def delete_ended(connection: Connection, today: date) -> int:
    """Remove the entries that ended before this day, in a transaction under way; what was linked to them ends."""
    ended = _entries.c.until < today
    gone = select(_entries.c.account).where(ended, _entries.c.school == _marks.c.school)
    for school in connection.scalars(select(_entries.c.school).where(ended).distinct()).all():
        close_links_of(connection, select(_entries.c.account).where(ended, _entries.c.school == school), school)
    connection.execute(delete(_marks).where(_marks.c.account.in_(gone)))
    return connection.execute(delete(_entries).where(ended)).rowcount


def _day(kept: date | str) -> date:
    """SQLite gives the text of it."""
    return date.fromisoformat(kept) if isinstance(kept, str) else kept
