"""What has been kept long enough goes; the chain of the ledger stays whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, func, select, update

from gateway.storage import known_as, schema, seen_eck_ids
from gateway.storage.eck_id_batches import delete_made_before
from gateway.storage.ledger_chain import Chains
from gateway.storage.sealing import SecretKey
from gateway.storage.vault import delete_ended

SUCCESSION = timedelta(days=30)
"""How long a service may not hear of a changed identifier before it is told no more."""

_ledger = schema.ledger.c
_writers = schema.ledger_writers.c


@dataclass(frozen=True, slots=True)
class Limits:
    """Records from before these moments go."""

    ledger: datetime
    anomalies: datetime
    subjects: datetime
    successions: datetime
    """What a service has not heard since then, it is told no more."""
    consents: datetime
    today: date
    """Entries of the vault, and account links, that ended before this day go."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many records went, or would go. `keys_missing` are ledger keys without which some rows must stay."""

    ledger: int
    anomalies: int
    subjects: int
    vault: int
    links: int
    consents: int
    keys_missing: tuple[str, ...] = ()


class Retention:
    """Deletes what is past its limit. `keys` are the ledger keys: a purge is sealed, so that it is no tampering."""

    def __init__(self, engine: Engine, keys: Sequence[SecretKey]) -> None:
        self._engine = engine
        self._chains = Chains(keys)

    def purge(self, limits: Limits, *, delete_them: bool) -> Purged:
        """Delete, or count alone. Raises SQLAlchemyError; what one transaction holds goes whole or not at all.

        A writer's rows go up to the first that is to stay, so that no gap comes into its chain.
        """
        with self._engine.begin() as connection:
            rows, missing = self._ledger_rows(connection, limits.ledger, delete_them=delete_them)
            day = schema.anomalies.c.at < limits.anomalies
            since = schema.subjects.c.since < limits.subjects
            ended = schema.vault_entries.c.until < limits.today
            given = schema.consents.c.at < limits.consents
            over = schema.account_links.c.until < limits.today
            anomalies, subjects, vault, links, consents = (
                connection.scalar(select(func.count()).select_from(table).where(old)) or 0
                for table, old in (
                    (schema.anomalies, day),
                    (schema.subjects, since),
                    (schema.vault_entries, ended),
                    (schema.account_links, over),
                    (schema.consents, given),
                )
            )
            if delete_them:
                connection.execute(delete(schema.anomalies).where(day))
                connection.execute(delete(schema.subjects).where(since))
                delete_ended(connection, limits.today)
                connection.execute(delete(schema.account_links).where(over))
                delete_made_before(connection, limits.anomalies)
                seen_eck_ids.delete_before(connection, limits.subjects)
                known_as.delete_before(connection, limits.subjects)
                known_as.end_successions(connection, limits.successions)
                connection.execute(delete(schema.consents).where(given))
        return Purged(rows, anomalies, subjects, vault, links, consents, missing)

    def _ledger_rows(
        self, connection: Connection, before: datetime, *, delete_them: bool
    ) -> tuple[int, tuple[str, ...]]:
        gone, missing = 0, []
        for writer in connection.execute(select(schema.ledger_writers)).all():
            last = self._last_to_go(connection, writer.writer, before)
            if last is None or last <= writer.purged:
                continue
            seal, row_hash = "", self._hash_of(connection, writer.writer, last)
            if writer.writer:
                chain = self._chains.of(writer.key_id)
                if chain is None:
                    missing.append(writer.key_id)
                    continue
                seal = chain.purge_seal(writer.writer, last, row_hash)
            old = (_ledger.writer == writer.writer, _ledger.number <= last)
            gone += connection.scalar(select(func.count()).select_from(schema.ledger).where(*old)) or 0
            if delete_them:
                moved = {"purged": last, "purged_head": row_hash, "purge_seal": seal}
                connection.execute(update(schema.ledger_writers).where(_writers.writer == writer.writer).values(moved))
                connection.execute(delete(schema.ledger).where(*old))
        return gone, tuple(sorted(set(missing)))

    @staticmethod
    def _last_to_go(connection: Connection, writer: str, before: datetime) -> int | None:
        of_writer = _ledger.writer == writer
        stays = connection.scalar(select(func.min(_ledger.number)).where(of_writer, _ledger.at >= before))
        until = select(func.max(_ledger.number)).where(of_writer)
        last: int | None = connection.scalar(until if stays is None else until.where(_ledger.number < stays))
        return last

    @staticmethod
    def _hash_of(connection: Connection, writer: str, number: int) -> str:
        wanted = select(_ledger.hash).where(_ledger.writer == writer, _ledger.number == number)
        return connection.scalar(wanted) or ""
