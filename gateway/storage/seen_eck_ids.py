"""What was seen last of each account's ECK iD: a keyed hash of it, or that there was none."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, bindparam, delete, select, update

from gateway.storage import schema
from gateway.storage.contracts import Seen
from gateway.storage.engine import utc
from gateway.storage.query import Query
from gateway.storage.sealing import SecretKey, keyed_hash
from gateway.storage.transaction import transaction

_table, _column = schema.seen_eck_ids, schema.seen_eck_ids.c
_FIND = select(_column.school, _column.sector, _column.mark, _column.since, _column.odd).where(
    _column.account == bindparam("account")
)
_OTHERS = select(_column.school, _column.sector).where(
    _column.mark == bindparam("mark"), _column.account != bindparam("account")
)


class SqlSeenEckIds:
    """On SQL. `lookup` makes the marks. Every call raises SluisError STORE_UNAVAILABLE.

    A row is written with the ledger's row of the login that saw it (`gateway.storage.contracts.Ledger`).
    """

    def __init__(self, engine: Engine, lookup: SecretKey) -> None:
        self._engine = engine
        self._lookup = lookup
        self._found = Query(engine, _FIND)
        self._others = Query(engine, _OTHERS)

    def mark(self, eck_id: str) -> str:
        """The keyed hash of an ECK iD, the same at every school."""
        return keyed_hash(self._lookup, "seen-eck-id", eck_id).hex()

    def find(self, account: str) -> Seen | None:
        """What was seen last."""
        row = self._found.one({"account": account})
        if row is None:
            return None
        school, sector, mark, since, odd = row
        return Seen(account=account, school=school, sector=sector, mark=mark, since=utc(since), odd=bool(odd))

    def others(self, mark: str, account: str) -> Sequence[tuple[str, str]]:
        """School and sector of every other account that was seen with this ECK iD last."""
        return [(school, sector) for school, sector in self._others.all({"mark": mark, "account": account})]

    def doubt(self, seen: Seen) -> None:
        """Have this account looked at again at its next login, if it is still seen with that ECK iD."""
        row = (_column.account == seen.account, _column.mark == seen.mark)
        with transaction(self._engine) as connection:
            connection.execute(update(_table).where(*row).values(odd=True))


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
