"""A ledger on a database, with keys of the tests."""

from sqlalchemy import Engine

from gateway.domain.clock import Clock, SystemClock
from gateway.domain.randomness import SystemRandomness
from gateway.storage.ledger import SqlLedger
from gateway.storage.sealing import SecretKey

LEDGER_KEY = SecretKey("l1", b"ledger key of the tests, long enough...")


def sql_ledger(engine: Engine, *, key: SecretKey = LEDGER_KEY, clock: Clock | None = None) -> SqlLedger:
    return SqlLedger(engine, key=key, clock=clock or SystemClock(), randomness=SystemRandomness())
