from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.app import create_app
from gateway.cli import main
from gateway.demo.federation import write_federation
from gateway.parts import assemble
from gateway.roles import vault_api_parts
from gateway.settings.loader import load
from gateway.storage import schema
from tests.support.held import HeldClock
from tests.support.vault_api import Api, add_administrations


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("vault-api") / "gateway"
    write_federation(made, port=8080)
    add_administrations(made)
    assert CliRunner().invoke(main, ["db", "upgrade", str(made)]).exit_code == 0
    return made


@pytest.fixture
def api(made_once: Path) -> Iterator[Api]:
    clock = HeldClock()
    parts = assemble(load(made_once), clock=clock)
    with parts.engine.begin() as connection:
        for table in (schema.vault_entries, schema.vault_marks, schema.vault_schools):
            connection.execute(table.delete())
    access, entries = vault_api_parts(parts)
    yield Api(made_once, create_app(parts), clock, parts, access, entries)
    parts.engine.dispose()
