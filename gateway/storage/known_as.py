"""By what identifier each service that wants to hear of successions knows an account, and what it is still to hear."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, delete, func, select, update

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import Randomness
from gateway.storage import schema
from gateway.storage.engine import insert_or_leave, utc
from gateway.storage.outbox import SqlOutbox
from gateway.storage.query import Query
from gateway.storage.sealing import CannotOpen, Sealer, SecretKey, keyed_hash
from gateway.storage.transaction import transaction

_table, _column = schema.known_as, schema.known_as.c
_FIND = select(_column.kind, _column.sealed, _column.former, _column.reference).where(
    _column.account == bindparam("account"), _column.service == bindparam("service")
)
_CURRENT, _FORMER = "known-as", "known-as-before"
_AT_A_TIME = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAs:
    """A service knows an account by `identifier`; `former` is the one before, of a change that it has not heard of.

    `reference` is the login that brought the identifier.
    """

    account: str
    service: str
    kind: str
    identifier: str = field(repr=False)
    reference: str
    former: str | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many accounts a service has not heard of, and since when the first of them."""

    service: str
    count: int
    since: datetime


class KnownAsStore:
    """On SQL. `keys` seal, the first of them what is new; `lookup` makes keyed hashes. Raises STORE_UNAVAILABLE."""

    def __init__(self, engine: Engine, *, keys: Sequence[SecretKey], lookup: SecretKey, randomness: Randomness) -> None:
        self._engine = engine
        self._sealer = Sealer(keys, randomness)
        self._key_id = keys[0].id
        self._lookup = lookup
        self._insert = insert_or_leave(engine, _table)
        self._found = Query(engine, _FIND)

    def find(self, account: str, service: str) -> KnownAs | None:
        """What is known."""
        row = self._found.one({"account": account, "service": service})
        if row is None:
            return None
        kind, sealed, former, reference = row
        place = f"{service}:{account}"
        try:
            return KnownAs(
                account=account,
                service=service,
                kind=kind,
                identifier=self._sealer.open(sealed, purpose=_CURRENT, key=place).decode(),
                reference=reference,
                former=self._sealer.open(former, purpose=_FORMER, key=place).decode() if former else None,
            )
        except CannotOpen as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=f"what {service} knows: {cause}") from cause

    def put(
        self, known: KnownAs, *, before: str | None, now: datetime, letter: bytes | None = None, outbox: SqlOutbox
    ) -> bool:
        """Keep it in place of the identifier `before` (None: of nothing), and the letter about it with it.

        False when another login was earlier: then that one's letter is the one that goes.
        """
        place = f"{known.service}:{known.account}"
        former = None if known.former is None else known.former.encode()
        values = {
            "account": known.account,
            "service": known.service,
            "kind": known.kind,
            "mark": self._mark(known.service, known.identifier),
            "sealed": self._sealer.seal(known.identifier.encode(), purpose=_CURRENT, key=place),
            "former": None if former is None else self._sealer.seal(former, purpose=_FORMER, key=place),
            "reference": known.reference,
            "changed": now,
            "key_id": self._key_id,
        }
        with transaction(self._engine) as connection:
            if before is None:
                done = connection.execute(self._insert, values).rowcount == 1
            else:
                unchanged = (*_of(known.account, known.service), _column.mark == self._mark(known.service, before))
                done = connection.execute(update(_table).where(*unchanged).values(values)).rowcount == 1
            if done and letter is not None:
                outbox.keep_in(connection, known.service, [letter], seconds=0)
        return done

    def heard(self, service: str, reference: str) -> None:
        """The service heard of the change that this login brought, or nobody tells it any more.

        Whose login it was, the row says, and not the letter: another account may have taken the place of that one.
        """
        told = (_column.reference == reference, _column.service == service)
        with transaction(self._engine) as connection:
            connection.execute(update(_table).where(*told).values(former=None))

    def move(self, connection: Connection, old: str, new: str) -> int:
        """Have what services know one account by be another's, in a transaction that is under way; how many."""
        rows = connection.execute(select(_table).where(_column.account == old)).all()
        for row in rows:
            was, place = f"{row.service}:{old}", f"{row.service}:{new}"
            moved = {
                "account": new,
                "sealed": self._anew(row.sealed, _CURRENT, was, place),
                "former": self._anew(row.former, _FORMER, was, place) if row.former else None,
                "key_id": self._key_id,
            }
            connection.execute(update(_table).where(*_of(old, row.service)).values(moved))
        return len(rows)

    def references(self, account: str) -> frozenset[str]:
        """The logins that brought what services know this account by."""
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(select(_column.reference).where(_column.account == account)))

    def waiting(self) -> Sequence[Waiting]:
        """The services that have not heard of every change."""
        counted = select(_column.service, func.count(), func.min(_column.changed)).where(_column.former.is_not(None))
        with self._engine.connect() as connection:
            rows = connection.execute(counted.group_by(_column.service).order_by(_column.service)).all()
        return [Waiting(row[0], row[1], utc(row[2])) for row in rows]

    def reseal(self) -> Iterator[int]:
        """Seal with the active key what an older one sealed; yields how many, a batch at a time. May be ended."""
        wanted = select(_table).where(_column.key_id != self._key_id).limit(_AT_A_TIME)
        while True:
            with self._engine.begin() as connection:
                rows = connection.execute(wanted).all()
                for row in rows:
                    place = f"{row.service}:{row.account}"
                    anew = {
                        "sealed": self._anew(row.sealed, _CURRENT, place, place),
                        "former": self._anew(row.former, _FORMER, place, place) if row.former else None,
                        "key_id": self._key_id,
                    }
                    unchanged = (*_of(row.account, row.service), _column.mark == row.mark)
                    connection.execute(update(_table).where(*unchanged).values(anew))
            if not rows:
                return
            yield len(rows)

    def _anew(self, sealed: bytes, purpose: str, was: str, place: str) -> bytes:
        return self._sealer.seal(self._sealer.open(sealed, purpose=purpose, key=was), purpose=purpose, key=place)

    def _mark(self, service: str, identifier: str) -> str:
        return keyed_hash(self._lookup, "known-as", service, identifier).hex()


def delete_account(connection: Connection, account: str) -> int:
    """Remove an account in a transaction that is under way."""
    return connection.execute(delete(_table).where(_column.account == account)).rowcount


def delete_before(connection: Connection, moment: datetime) -> int:
    """Remove what has not changed since, in a transaction that is under way."""
    return connection.execute(delete(_table).where(_column.changed < moment)).rowcount


def end_successions(connection: Connection, moment: datetime) -> None:
    """Forget the identifiers before of changes until then, in a transaction that is under way."""
    connection.execute(update(_table).where(_column.changed < moment, _column.former.is_not(None)).values(former=None))


def _of(account: str, service: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _column.account == account, _column.service == service
