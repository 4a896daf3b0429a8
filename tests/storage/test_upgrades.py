"""An older gateway on a newer schema: replicas are replaced one by one, and an update can be taken back."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine

from gateway.domain.errors import SluisError
from gateway.storage import migrate
from gateway.storage.contracts import LedgerRow
from gateway.storage.engine import open_engine
from tests.support.ledger import sql_ledger
from tests.support.schema_steps import chain, steps, what_breaks, write_step

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
ROW = LedgerRow(
    NOW, "R1", "rekentuin", "po", "99XA", "student", "released", None, "A-1", 1, "2026.1", "eck_id", "h", "{}"
)
ADDS = 'op.add_column("subjects", sa.Column("later", sa.String(8)))'


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine("sqlite:///lasting.sqlite", directory=tmp_path)
    migrate.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def newest(engine: Engine) -> str:
    return migrate.status(engine).needed


def by_a_later_gateway(engine: Engine, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setattr(migrate, "_config", lambda: chain(directory))
        later.setattr(migrate, "_needed", migrate._needed.__wrapped__)
        migrate.upgrade(engine)
        assert migrate.status(engine).current == migrate.status(engine).needed


def test_a_gateway_goes_on_while_the_next_one_takes_its_place(
    engine: Engine, newest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_step(tmp_path / "later", "9001", newest, serves=newest, body=ADDS)
    by_a_later_gateway(engine, tmp_path / "later", monkeypatch)

    found = migrate.status(engine)
    assert (found.current, found.fits, found.is_newer) == ("9001", True, True)
    migrate.check(engine)
    sql_ledger(engine).append(ROW)
    migrate.upgrade(engine)
    assert migrate.status(engine).current == "9001"


def test_a_gateway_that_a_newer_schema_does_not_serve_takes_no_login(
    engine: Engine, newest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_step(tmp_path / "later", "9001", newest, serves=newest, body=ADDS)
    write_step(tmp_path / "later", "9002", "9001", serves="9001", body='op.drop_table("outbox")')
    by_a_later_gateway(engine, tmp_path / "later", monkeypatch)

    assert not migrate.status(engine).fits
    with pytest.raises(SluisError) as caught:
        migrate.check(engine)
    assert caught.value.cause == "the schema does not fit: sluis db upgrade"


def test_what_a_chain_serves(tmp_path: Path):
    first = str(ScriptDirectory.from_config(chain()).get_current_head())
    for revision, after, serves in (("9001", first, first), ("9002", "9001", first), ("9003", "9002", "9002")):
        write_step(tmp_path, revision, after, serves=serves, body="pass")
    assert migrate.served_by(ScriptDirectory.from_config(chain(tmp_path))) == ["9003", "9002"]
    (tmp_path / "9003_later.py").unlink()
    assert migrate.served_by(ScriptDirectory.from_config(chain(tmp_path)))[:3] == ["9002", "9001", first]


def test_every_migration_serves_the_gateway_before_it():
    scripts = [*ScriptDirectory.from_config(chain()).walk_revisions()]
    assert {script.revision for script in scripts if hasattr(script.module, "serves")} == {
        script.revision for script in scripts if script.revision >= "0014"
    }
    known = {script.revision: script for script in scripts}
    for script in scripts:
        if script.revision > "0014":
            assert known[script.module.serves].revision <= script.down_revision, script.revision


def test_what_a_gateway_did_before_a_migration_it_does_after_it(tmp_path: Path):
    for before, after in steps(chain()):
        engine = create_engine(f"sqlite:///{tmp_path / after}.sqlite")
        assert what_breaks(engine, chain(), before, after) == []
        engine.dispose()


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        (ADDS, []),
        ('op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))', []),
        ('op.drop_table("outbox")', ["outbox: delete", "outbox: insert", "outbox: read", "outbox: update"]),
        (
            'op.rename_table("consents", "agreed")',
            ["consents: delete", "consents: insert", "consents: read", "consents: update"],
        ),
        (
            'op.drop_column("subjects", "anchor")',
            ["subjects: delete", "subjects: insert", "subjects: read", "subjects: update"],
        ),
        (
            'op.create_index("ix_later", "consents", ["at"], unique=True)',
            ["consents: delete", "consents: insert", "consents: update"],
        ),
    ],
)
def test_a_migration_that_breaks_the_gateway_before_it_is_seen(body: str, broken: list[str], tmp_path: Path):
    first = str(ScriptDirectory.from_config(chain()).get_current_head())
    write_step(tmp_path / "later", "9001", first, serves=first, body=body)
    [*_, (before, after)] = steps(chain(tmp_path / "later"))
    engine = create_engine(f"sqlite:///{tmp_path / 'lasting.sqlite'}")
    assert what_breaks(engine, chain(tmp_path / "later"), before, after) == broken
    engine.dispose()
