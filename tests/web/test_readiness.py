"""Whether the whole gateway says that it can take logins, by the state of what it stands on."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.parts import Parts, assemble
from gateway.settings.loader import load
from gateway.storage import migrate
from tests.support.configuration import FILES, write_configuration
from tests.support.held import HeldClock, SeededRandomness


@dataclass(frozen=True)
class Gateway:
    """A gateway in this process, and where its files are."""

    parts: Parts
    client: FlaskClient
    directory: Path


@pytest.fixture
def gateway(tmp_path: Path, clock: HeldClock, randomness: SeededRandomness) -> Iterator[Gateway]:
    stores = "stores: {short_lived: {kind: sqlite, path: short/lived.sqlite}}\n"
    settings = load(write_configuration(tmp_path, {"gateway.yaml": FILES["gateway.yaml"] + stores}))
    parts = assemble(settings, clock=clock, randomness=randomness)
    yield Gateway(parts, create_app(parts).test_client(), tmp_path)
    parts.engine.dispose()


def _problems(gateway: Gateway) -> dict[str, str]:
    answer = gateway.client.get("/health/ready")
    assert answer.json is not None
    assert (answer.status_code, answer.json["status"]) in ((200, "ready"), (503, "degraded"))
    return dict(answer.json.get("problems", {}))


def test_without_its_tables_it_is_not_ready_until_they_are_made(gateway: Gateway):
    assert _problems(gateway) == {"lasting": "ledger_unavailable"}
    migrate.upgrade(gateway.parts.engine)
    assert _problems(gateway) == {}


def test_a_database_that_is_gone(gateway: Gateway):
    migrate.upgrade(gateway.parts.engine)
    gateway.parts.engine.dispose()
    shutil.rmtree(gateway.directory / "var")

    assert _problems(gateway) == {"lasting": "ledger_unavailable"}


def test_a_database_that_is_none_any_more(gateway: Gateway):
    migrate.upgrade(gateway.parts.engine)
    gateway.parts.engine.dispose()
    for file in (gateway.directory / "var").iterdir():
        file.unlink()
    (gateway.directory / "var/lasting.sqlite").write_bytes(b"no database at all. " * 100)

    assert _problems(gateway) == {"lasting": "ledger_unavailable"}


def test_a_short_lived_store_that_cannot_be_made(gateway: Gateway):
    migrate.upgrade(gateway.parts.engine)
    (gateway.directory / "short").write_text("a file, no directory")

    assert _problems(gateway) == {"short_lived": "store_unavailable"}
    assert gateway.client.get("/health/live").status_code == 200
