"""What was seen last of each account's ECK iD: a keyed hash of it, or that there was none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, bindparam, delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage import schema
from gateway.storage.engine import insert_or_replace, utc
from gateway.storage.one_row import OneRow
from gateway.storage.sealing import SecretKey, keyed_hash

_table, _column = schema.seen_eck_ids, schema.seen_eck_ids.c
_FIND = select(_column.school, _column.sector, _column.mark, _column.since, _column.odd).where(
    _column.account == bindparam("account")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One account, and the mark of its ECK iD since a moment; None: it had none. `odd`: another had the same."""

    account: str
    school: str
    sector: str
    mark: str | None
    since: datetime
    odd: bool = False


class SqlSeenEckIds:
    """On SQL. `lookup` makes the marks. Every call raises SluisError STORE_UNAVAILABLE."""

    def __init__(self, engine: Engine, lookup: SecretKey) -> None:
        self._engine = engine
        self._lookup = lookup
        self._found = OneRow(engine, _FIND)
        self._put = insert_or_replace(engine, _table, ("account",))

    def mark(self, eck_id: str) -> str:
        """The keyed hash of an ECK iD, the same at every school."""
        return keyed_hash(self._lookup, "seen-eck-id", eck_id).hex()

    def find(self, account: str) -> Seen | None:
        """What was seen last."""
        row = self._found.find({"account": account})
        if row is None:
            return None
        school, sector, mark, since, odd = row
        moment = datetime.fromisoformat(since) if isinstance(since, str) else since
        return Seen(account=account, school=school, sector=sector, mark=mark, since=utc(moment), odd=bool(odd))

    def others(self, mark: str, account: str) -> Sequence[tuple[str, str]]:
        """School and sector of every other account that was seen with this ECK iD last."""
        wanted = select(_column.school, _column.sector).where(_column.mark == mark, _column.account != account)
        try:
            with self._engine.connect() as connection:
                return [(row.school, row.sector) for row in connection.execute(wanted)]
        except SQLAlchemyError as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=type(cause).__name__) from cause

    def put(self, seen: Seen) -> None:
        """Keep it in place of what was seen before."""
        values = {
            "account": seen.account,
            "school": seen.school,
            "sector": seen.sector,
            "mark": seen.mark,
            "since": seen.since,
            "odd": seen.odd,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(self._put, values)
        except SQLAlchemyError as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=type(cause).__name__) from cause


def give(connection: Connection, account: str, school: str) -> int:
    """Of accounts of a school with one ECK iD it is this one's: the others count as not seen. In a transaction."""
    mark = connection.scalar(select(_column.mark).where(_column.account == account))
    others = (_column.mark == mark, _column.school == school, _column.account != account)
    return connection.execute(delete(_table).where(*others)).rowcount


def move(connection: Connection, old: str, new: str) -> None:
    """One account has taken another's place; what was seen of the new one counts. In a transaction."""
    there = connection.scalar(select(_column.account).where(_column.account == new))
    if there is None:
        connection.execute(update(_table).where(_column.account == old).values(account=new))
    else:
        delete_account(connection, old)


def delete_account(connection: Connection, account: str) -> None:
    """Forget an account, in a transaction that is under way."""
    connection.execute(delete(_table).where(_column.account == account))


def delete_before(connection: Connection, moment: datetime) -> None:
    """Forget what has been so since before a moment, in a transaction that is under way."""
    connection.execute(delete(_table).where(_column.since < moment))
