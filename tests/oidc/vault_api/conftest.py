from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from gateway.app import create_app
from gateway.cli import main
from gateway.demo.federation import write_federation
from gateway.parts import Parts, assemble
from gateway.roles import vault_api_parts
from gateway.settings.loader import load
from gateway.storage import schema
from tests.support.held import HeldClock
from tests.support.vault_api import Api, add_administrations


@dataclass(frozen=True)
class Running:
    """One gateway for the tests of a module, whose clock only goes forward."""

    directory: Path
    clock: HeldClock
    parts: Parts
    app: Flask


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("vault-api") / "gateway"
    write_federation(made, port=8080)
    add_administrations(made)
    assert CliRunner().invoke(main, ["db", "upgrade", str(made)]).exit_code == 0
    return made


@pytest.fixture(scope="module")
def running(made_once: Path) -> Iterator[Running]:
    clock = HeldClock()
    parts = assemble(load(made_once), clock=clock)
    yield Running(made_once, clock, parts, create_app(parts))
    parts.engine.dispose()


@pytest.fixture
def api(running: Running) -> Api:
    """With an empty vault."""
    with running.parts.engine.begin() as connection:
        for table in (schema.vault_entries, schema.vault_marks, schema.vault_schools):
            connection.execute(table.delete())
    access, entries = vault_api_parts(running.parts)
    return Api(running.directory, running.app, running.clock, running.parts, access, entries)
