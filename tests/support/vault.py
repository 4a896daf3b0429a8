"""A vault on a database of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from gateway.domain.randomness import SystemRandomness
from gateway.storage import migrate
from gateway.storage.engine import open_engine
from gateway.storage.sealing import SecretKey
from gateway.storage.vault import Vault
from tests.support.releasing import KEY

SEALING = SecretKey("s1", b"a sealing key of the tests, long enough.")


@contextmanager
def database(directory: Path) -> Iterator[Engine]:
    engine = open_engine("sqlite:///lasting.sqlite", directory=directory)
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


def vault_in(engine: Engine, *keys: SecretKey) -> Vault:
    return Vault(engine, keys=keys or (SEALING,), lookup=KEY, randomness=SystemRandomness())
