"""Accounts that take the place of others: a school with another administration, or one that merged.

What moves: subjects, what services know accounts by, entries of the vault, links, consents. The ledger and anomalies
stay as they are: they say what happened, and to which account it did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, insert, not_, or_, select, update
from sqlalchemy.exc import IntegrityError

from gateway.domain.randomness import Randomness
from gateway.storage import schema, seen_eck_ids
from gateway.storage.known_as import KnownAsStore
from gateway.storage.links import SqlLinks, links_of
from gateway.storage.vault import Vault, delete_account

_subjects, _column = schema.subjects, schema.subjects.c
_MOVED = "moved:"
"""Begins the anchor of an account that was moved away."""
_OF_ACCOUNTS = (schema.subjects, schema.known_as, schema.vault_entries, schema.consents)
_MADE = {
    schema.subjects: schema.subjects.c.since,
    schema.known_as: schema.known_as.c.changed,
    schema.consents: schema.consents.c.at,
}
"""When a row of these tables came about."""


@dataclass(frozen=True, slots=True)
class Move:
    """One account and the other that takes its place; both are keyed hashes."""

    number: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Found:
    """What moves of one account: whether there is anything, and whether the other is in use already."""

    number: int
    rows: int
    taken: bool


class Moving:
    """Moves accounts. `idp` is the identity provider of those that come, `schools` which takes the place of which.

    With `began`, a moment, new accounts may have been in use since then, and not before: what services knew the old
    account by is what they go on with, and what the administration says of the new one stays.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        vault: Vault,
        known_as: KnownAsStore,
        links: SqlLinks,
        idp: str,
        schools: Mapping[str, str],
        randomness: Randomness,
        began: datetime | None = None,
    ) -> None:
        self._engine = engine
        self._began = began
        self._vault = vault
        self._known_as = known_as
        self._links = links
        self._idp = idp
        self._schools = schools
        self._randomness = randomness

    def look(self, moves: Sequence[Move]) -> list[Found]:
        """What would move; nothing does. Raises SQLAlchemyError."""
        with self._engine.connect() as connection:
            return [Found(one.number, _held(connection, one.old), self._taken(connection, one)) for one in moves]

    def move(self, moves: Sequence[Move]) -> int:
        """Move these, all or none; how many accounts had something. What has moved moves no more: run it again.

        Raises SluisError STORE_UNAVAILABLE, or SQLAlchemyError: IntegrityError when an account came into use meanwhile.
        """
        moved = 0
        with self._engine.begin() as connection:
            for one in moves:
                moved += self._move(connection, one) > 0
        return moved

    def _move(self, connection: Connection, one: Move) -> int:
        old, new = one.old, one.new
        if _held(connection, old) and self._taken(connection, one):
            raise IntegrityError("the account is in use", None, ValueError("in use"))
        if old != new and self._began is not None:
            self._give_way(connection, old, new)
        rows = self._vault.move(connection, old, new, self._school)
        rows += self._links.move(connection, old, new, idp=self._idp, school=self._school)
        if old == new:
            return rows
        rows += self._move_subjects(connection, old, new)
        rows += self._known_as.move(connection, old, new)
        seen_eck_ids.move(connection, old, new)
        consents = schema.consents
        rows += connection.execute(update(consents).where(consents.c.account == old).values(account=new)).rowcount
        return rows

    def _move_subjects(self, connection: Connection, old: str, new: str) -> int:
        """They stay derived from the old account, which gets another anchor: whoever has it next is somebody else."""
        connection.execute(delete(_subjects).where(_column.account.in_((old, new)), _column.anchor.startswith(_MOVED)))
        rows = connection.execute(select(_subjects).where(_column.account == old)).mappings().all()
        for row in rows:
            where = (_column.account == old, _column.service == row["service"])
            moved = {"account": new, "anchor": row["anchor"] or old}
            connection.execute(update(_subjects).where(*where).values(moved))
            left = {**row, "anchor": f"{_MOVED}{self._randomness.token()}"}
            connection.execute(insert(_subjects).values(left))
        return len(rows)

    def _taken(self, connection: Connection, one: Move) -> bool:
        if one.old == one.new:
            return False
        if self._began is None:
            return _held(connection, one.new) > 0
        links = select(func.count()).select_from(schema.account_links).where(links_of(one.new))
        before = sum(_count(connection, table, one.new, made < self._began) for table, made in _MADE.items())
        return before + (connection.scalar(links) or 0) > 0

    def _give_way(self, connection: Connection, old: str, new: str) -> None:
        """Of two rows that would be one: the old account's where a service knows by it, else the new one's."""
        for table in (_subjects, schema.known_as):
            _delete_twins(connection, table, stays=old, goes=new)
        _delete_twins(connection, schema.consents, stays=new, goes=old)
        entries = schema.vault_entries.c
        held = connection.scalars(select(entries.school).where(entries.account == new)).all()
        for school in connection.scalars(select(entries.school).where(entries.account == old)).all():
            if self._school(school) in held:
                delete_account(connection, old, school=school)

    def _school(self, brin: str) -> str:
        return self._schools.get(brin, brin)


def _delete_twins(connection: Connection, table: Table, *, stays: str, goes: str) -> None:
    both = select(table.c.service).where(table.c.account == stays)
    connection.execute(delete(table).where(table.c.account == goes, table.c.service.in_(both)))


def _held(connection: Connection, account: str) -> int:
    links = select(func.count()).select_from(schema.account_links).where(links_of(account))
    return sum(_count(connection, table, account) for table in _OF_ACCOUNTS) + (connection.scalar(links) or 0)


def _count(connection: Connection, table: Table, account: str, *more: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(table).where(table.c.account == account, *more)
    if table is _subjects:
        counted = counted.where(or_(_column.anchor.is_(None), not_(_column.anchor.startswith(_MOVED))))
    return connection.scalar(counted) or 0
