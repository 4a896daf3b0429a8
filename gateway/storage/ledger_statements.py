"""The ledger's statements for the database's own driver: on the way of every login, without a layer between."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from gateway.storage.contracts import Seen
from gateway.storage.ledger_chain import ChainedRow, Head

_COLUMNS = (
    "at", "reference", "service", "idp", "school", "role", "outcome", "code", "agreement", "attribute_set", "policy",
    "subject_kind", "subject_hash", "decision", "writer", "number", "answers", "subject_salt", "subject_mark",
    "previous", "hash",
)  # fmt: skip
_SEEN_COLUMNS = ("account", "school", "sector", "mark", "since", "odd")
_SEEN = f"INSERT INTO seen_eck_ids ({', '.join(_SEEN_COLUMNS)}) VALUES "  # noqa: S608 - names of ours
_ANEW = ", ".join(f"{name} = excluded.{name}" for name in _SEEN_COLUMNS[1:])
_SEEN_ANEW = f" ON CONFLICT (account) DO UPDATE SET {_ANEW}"
_LOCK = 0x51D16
_ROWS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Statements:
    """Statements in the words of one database, whose connection commits each by itself outside a transaction.

    `insert` and `insert_and_move` hold the names of the columns and await the places of the values. Where one statement
    can do both, `insert_and_move`, which follows a WITH, spares a login the way to the database and back.
    """

    begin: str
    lock: str | None
    serial: str
    register: str
    insert: str
    move: str
    insert_and_move: str | None
    place: str
    text_moments: bool

    def inserting(self, count: int) -> str:
        """`insert` of so many rows."""
        return self.insert + _places(self.place, len(_COLUMNS), count)

    def inserting_and_moving(self, count: int, seen: int) -> str | None:
        """`insert_and_move` of so many rows, with `seeing` of so many before it."""
        if self.insert_and_move is None:
            return None
        first = f"seen AS ({self.seeing(seen)}), " if seen else ""
        return f"WITH {first}{self.insert_and_move}" + _places(self.place, len(_COLUMNS), count)

    def seeing(self, count: int) -> str:
        """What was seen of so many accounts, each another one, in place of what was seen of them before."""
        return _SEEN + _places(self.place, len(_SEEN_COLUMNS), count) + _SEEN_ANEW

    def seen_values(self, seen: Seen) -> tuple[Any, ...]:
        """The values of one account."""
        return (seen.account, seen.school, seen.sector, seen.mark, self.moment(seen.since), seen.odd)

    def moment(self, at: datetime) -> Any:
        """A moment as SQLAlchemy stores it in this database: SQLite has no type for it."""
        at = at.astimezone(UTC)
        return at.replace(tzinfo=None).isoformat(" ", "microseconds") if self.text_moments else at

    def row_values(self, chained: ChainedRow, row_hash: str) -> tuple[Any, ...]:
        """The values of one row."""
        row = chained.row
        return (
            self.moment(row.at),
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
            chained.subject,
            row.decision,
            chained.writer,
            chained.number,
            chained.answers,
            chained.salt,
            chained.mark,
            chained.previous,
            row_hash,
        )

    def head_values(self, head: Head, key_id: str, seal: str) -> tuple[Any, ...]:
        """The values of `register`."""
        return (head.writer, head.serial, key_id, self.moment(head.began), head.number, head.hash, seal)


@lru_cache(2 * _ROWS_AT_ONCE)
def _places(place: str, columns: int, count: int) -> str:
    return ", ".join([f"({', '.join([place] * columns)})"] * count)


def statements(dialect: str) -> Statements:
    """The statements for `sqlite` or `postgresql`."""
    sqlite = dialect == "sqlite"
    place = "?" if sqlite else "%s"
    insert = f"INSERT INTO ledger ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608 - names of ours
    move = f"UPDATE ledger_writers SET number = {place}, head = {place}, seal = {place} WHERE writer = {place}"  # noqa: S608
    heads = ", ".join([place] * 7)
    register = f"INSERT INTO ledger_writers (writer, serial, key_id, began, number, head, seal) VALUES ({heads})"  # noqa: S608
    return Statements(
        # A transaction that finds out later that it must write may be refused at once instead of waiting.
        begin="BEGIN IMMEDIATE" if sqlite else "BEGIN",
        lock=None if sqlite else f"SELECT pg_advisory_xact_lock({_LOCK})",
        serial="SELECT COALESCE(MAX(serial), 0) + 1 FROM ledger_writers",
        register=register,
        insert=insert,
        move=move,
        insert_and_move=None if sqlite else f"moved AS ({move}) {insert}",
        place=place,
        text_moments=sqlite,
    )
