"""`sluis ledger`, `purge` and `forget`, as an operator types them."""

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from gateway.cli import main
from gateway.cli.init import write_configuration
from gateway.federation.models import IdpId, ServiceId
from gateway.login.messages import UpstreamSession
from gateway.login.sso.registry import Given, Visit
from gateway.parts import Parts, assemble, registry_of
from gateway.pseudonyms.derivation import account_hash
from gateway.settings.loader import load
from gateway.storage import migrate
from gateway.storage.contracts import LedgerRow
from tests.bench.parties import write_parties

NOW = datetime.now(UTC)
ROW = LedgerRow(
    NOW - timedelta(hours=1),
    "7K3M91X20D",
    "rekentuin",
    "po",
    "99XA",
    "student",
    "released",
    None,
    "A-1",
    1,
    "2026.2",
    "eck_id",
    None,
    "{}",
)


def sluis(*arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], input=typed)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("ledger") / "gateway"
    write_configuration(directory, base_url="http://127.0.0.1:8971", rsa_bits=2048, environment="test")
    write_parties(directory)
    return directory


@pytest.fixture
def directory(template: Path):
    for file in (template / "var").glob("*.sqlite*"):
        file.unlink()
    parts = assemble(load(template))
    migrate.upgrade(parts.engine)
    _fill(parts)
    parts.engine.dispose()
    return template


def _fill(parts: Parts) -> None:
    registry = registry_of(parts)
    visit, _ = registry.open(Visit("", "a browser", IdpId("po"), "fenna", UpstreamSession(), shared=False))
    registry.record(visit.id, Given(ServiceId("rekentuin"), "a session", "a name"))
    account = account_hash(parts.keys.pseudonyms.first, IdpId("po"), "fenna")
    with closing(parts.ledger) as ledger:
        ledger.append(replace(ROW, at=NOW - timedelta(days=800), reference="0000000000"))
        ledger.append(replace(ROW, subject_hash=account))
        ledger.answers.expect()
        ledger.append(replace(ROW, reference="1111111111"))


def test_a_whole_ledger_verifies(directory: Path):
    done = sluis("ledger", "verify", directory)
    assert (done.exit_code, done.output.rpartition(": ")[2]) == (0, "0 flaws\n")


def test_a_changed_row_is_named(directory: Path):
    parts = assemble(load(directory))
    with parts.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER ledger_update"))
        connection.execute(text("UPDATE ledger SET decision = '[]' WHERE number = 2"))
    parts.engine.dispose()
    done = sluis("ledger", "verify", directory)
    assert done.exit_code == 1
    assert "row 2: changed: its contents do not match its hash" in done.output


def test_anchors_are_taken_back(directory: Path, tmp_path: Path):
    anchors = tmp_path / "anchors.json"
    anchors.write_text(sluis("ledger", "anchors", directory).output)
    assert sluis("ledger", "verify", directory, "--anchors", anchors).exit_code == 0
    listed = json.loads(anchors.read_text())
    anchors.write_text(json.dumps([{**one, "number": 99} for one in listed]))
    done = sluis("ledger", "verify", directory, "--anchors", anchors)
    assert (done.exit_code, "behind the anchor" in done.output) == (1, True)
    anchors.write_text("{}[")
    assert (
        "is not what `sluis ledger anchors` writes" in sluis("ledger", "verify", directory, "--anchors", anchors).output
    )


def test_an_answer_that_is_not_known_to_have_left(directory: Path):
    done = sluis("ledger", "unanswered", directory)
    references = {line.split()[1] for line in done.output.splitlines()}
    assert references == {"7K3M91X20D", "1111111111"}, "nobody said that any of them was answered"


def test_purge_counts_and_deletes(directory: Path):
    counted = sluis("purge", directory)
    assert "ledger: 1 from before" in counted.output
    assert "to be deleted with --delete" in counted.output
    deleted = sluis("purge", directory, "--delete")
    assert (deleted.exit_code, "ledger: 1 from before" in deleted.output) == (0, True)
    assert "ledger: 0 from before" in sluis("purge", directory).output
    assert sluis("ledger", "verify", directory).exit_code == 0


def test_a_person_is_forgotten(directory: Path):
    asked = sluis("forget", directory, "--idp", "po", typed="fenna\n")
    assert (
        "ledger: 1 rows, anomalies: 0, subjects: 0, vault: 0, links: 0, consents: 0, notices: 0, visits: 1 with 1 "
        "logins to be erased with --delete" in asked.output
    )
    assert "fenna" not in asked.output, "what is typed is not shown"
    done = sluis("forget", directory, "--idp", "po", "--delete", typed="fenna\n")
    assert (done.exit_code, "nothing of this person is left" in done.output) == (0, True)
    assert "visits: 0 with 0 logins" in sluis("forget", directory, "--idp", "po", typed="fenna\n").output
    verified = sluis("ledger", "verify", directory)
    assert (verified.exit_code, "1 without their learner (erased)" in verified.output) == (0, True)


@pytest.mark.parametrize("command", [("ledger", "verify"), ("purge",), ("forget", "--idp", "po", "--account", "fenna")])
def test_a_database_without_its_schema_ends_the_command(command: tuple[str, ...], template: Path):
    for file in (template / "var").glob("lasting*"):
        file.unlink()
    done = sluis(
        *command[:2] if command[0] == "ledger" else command[:1], template, *command[1 + (command[0] == "ledger") :]
    )
    assert done.exit_code == 1
    assert "the database cannot be used" in done.output or "sluis db upgrade" in done.output
