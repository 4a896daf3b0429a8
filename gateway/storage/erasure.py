"""One person is forgotten: every trace in the lasting records goes, and the search afterwards proves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, String, Text, delete, func, or_, select, update

from gateway.storage import known_as, schema, seen_eck_ids
from gateway.storage.contracts import Ledger, LedgerRow
from gateway.storage.ledger_chain import Chains
from gateway.storage.ledger_verification import ERASED
from gateway.storage.links import delete_links_of, links_of
from gateway.storage.sealing import SecretKey
from gateway.storage.vault import delete_account

_AT_A_TIME = 500
_ledger = schema.ledger.c


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased, and where a trace was still found afterwards (`table.column`): nowhere, when all went well."""

    ledger: int
    anomalies: int
    subjects: int
    vault: int
    links: int
    consents: int
    left: tuple[str, ...]


class Erasure:
    """Erases what is held of one local account, known by its keyed hash.

    Rows of the ledger stay: they are evidence of what the gateway did. What says of whom goes out of them, hash and
    salt both, so that what the chain covers of the person tells nothing any more. How many rows lost their person is
    on record before they do, so that an erasure that nobody ordered is found.
    """

    def __init__(self, engine: Engine, ledger: Ledger, keys: Sequence[SecretKey]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._chains = Chains(keys)

    def count(self, account: str) -> Erased:
        """What an erasure would take; `left` is empty."""
        with self._engine.connect() as connection:
            ledger, anomalies, subjects, vault, links, consents = (
                connection.scalar(select(func.count()).select_from(table).where(held)) or 0
                for table, held in (
                    (schema.ledger, _ledger.subject_hash.in_(self._chains.subjects(account))),
                    (schema.anomalies, schema.anomalies.c.account == account),
                    (schema.subjects, _subjects_of(account)),
                    (schema.vault_entries, schema.vault_entries.c.account == account),
                    (schema.account_links, links_of(account)),
                    (schema.consents, schema.consents.c.account == account),
                )
            )
        return Erased(ledger, anomalies, subjects, vault, links, consents, ())

    def forget(self, account: str, *, now: datetime) -> Erased:
        """Erase, then search. Raises SQLAlchemyError, or SluisError LEDGER_UNAVAILABLE before anything was erased."""
        rows = self._ledger_rows(account, now)
        with self._engine.begin() as connection:
            anomalies = connection.execute(delete(schema.anomalies).where(schema.anomalies.c.account == account))
            subjects = connection.execute(delete(schema.subjects).where(_subjects_of(account)))
            vault = delete_account(connection, account)
            links = delete_links_of(connection, account)
            known_as.delete_account(connection, account)
            seen_eck_ids.delete_account(connection, account)
            given = connection.execute(delete(schema.consents).where(schema.consents.c.account == account)).rowcount
        left = self.traces(account)
        return Erased(rows, anomalies.rowcount, subjects.rowcount, vault, links, given, left)

    def traces(self, account: str) -> tuple[str, ...]:
        """Every column of every table in which the account, or what the ledger knows it by, stands."""
        wanted = (account, *self._chains.subjects(account))
        found = []
        with self._engine.connect() as connection:
            for table in schema.metadata.sorted_tables:
                for column in table.columns:
                    if isinstance(column.type, String | Text):
                        held = or_(*(column.contains(one, autoescape=True) for one in wanted))
                        if connection.scalar(select(func.count()).select_from(table).where(held)):
                            found.append(f"{table.name}.{column.name}")
        return tuple(found)

    def _ledger_rows(self, account: str, now: datetime) -> int:
        """Until none is left: a login may write another meanwhile."""
        erased = 0
        wanted = select(_ledger.id).where(_ledger.subject_hash.in_(self._chains.subjects(account))).limit(_AT_A_TIME)
        while True:
            with self._engine.connect() as connection:
                ids = connection.scalars(wanted).all()
            if not ids:
                return erased
            self._ledger.append(_erasure_row(now, len(ids)))
            with self._engine.begin() as connection:
                gone = {"subject_hash": None, "subject_salt": None}
                connection.execute(update(schema.ledger).where(_ledger.id.in_(ids)).values(gone))
            erased += len(ids)


def _erasure_row(at: datetime, rows: int) -> LedgerRow:
    return LedgerRow(at, "", "", "", None, None, ERASED, None, None, None, None, None, None, f'{{"rows":{rows}}}')


def _subjects_of(account: str) -> ColumnElement[bool]:
    """Those of an account, and those that were its before another took its place."""
    return or_(schema.subjects.c.account == account, schema.subjects.c.anchor == account)
