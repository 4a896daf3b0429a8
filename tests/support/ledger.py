"""A ledger on a database, with keys of the tests."""

from contextlib import closing
from datetime import UTC, datetime

from sqlalchemy import Engine

from gateway.domain.clock import Clock, SystemClock
from gateway.domain.randomness import SystemRandomness
from gateway.storage.contracts import LedgerRow, Seen
from gateway.storage.ledger import SqlLedger
from gateway.storage.sealing import SecretKey

LEDGER_KEY = SecretKey("l1", b"ledger key of the tests, long enough...")
ROW = LedgerRow(
    datetime(2026, 9, 7, 8, 30, tzinfo=UTC), "R1", "rekentuin", "po", "99XA", "student", "released", None, "A-1", 1,
    "2026.2", "eck_id", "a" * 64, "{}",
)  # fmt: skip


def sql_ledger(engine: Engine, *, key: SecretKey = LEDGER_KEY, clock: Clock | None = None) -> SqlLedger:
    return SqlLedger(engine, key=key, clock=clock or SystemClock(), randomness=SystemRandomness())


def keep_seen(engine: Engine, *rows: Seen) -> None:
    """As if each was seen at a login of its own."""
    with closing(sql_ledger(engine)) as ledger:
        for row in rows:
            ledger.append(ROW, seen=row)
