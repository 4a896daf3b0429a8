"""`sluis succession pending`, as an operator types it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.demo.federation import write_federation
from gateway.domain.clock import SystemClock
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import IdpId
from gateway.parts import assemble, known_as_of, successions_outbox_of
from gateway.pseudonyms.derivation import account_hash
from gateway.settings.loader import load
from gateway.storage.known_as import KnownAs

SECRET = "p1-" + "0a" * 32
ACCOUNT = "a" * 64


def pending(directory: Path) -> Result:
    return CliRunner().invoke(main, ["succession", "pending", str(directory)])


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "gateway"
    write_federation(made, port=8080)
    entry = made / "services/leesplein.yaml"
    entry.write_text(entry.read_text("utf-8") + "succession: {notices: https://leesplein.example/notices}\n", "utf-8")
    assert CliRunner().invoke(main, ["db", "upgrade", str(made)]).exit_code == 0
    return made


def change(directory: Path, service: str, when: datetime, letter: bytes | None = None, account: str = ACCOUNT) -> None:
    parts = assemble(load(directory))
    known = KnownAs(account=account, service=service, kind="provisional", identifier=SECRET, reference="R1")
    store, outbox = known_as_of(parts.engine, parts.keys, SystemRandomness()), successions_outbox_of(parts)
    store.put(known, before=None, now=when, outbox=outbox)
    after = replace(known, kind="eck_id", identifier="eck", former=SECRET)
    assert store.put(after, before=SECRET, now=when, letter=letter, outbox=outbox)
    assert not store.put(after, before=SECRET, now=when, outbox=outbox), "somebody was earlier"
    parts.engine.dispose()


def test_nothing_to_tell(directory):
    result = pending(directory)
    assert (result.exit_code, result.output) == (0, "0 notices have not been taken\n")


def test_who_has_not_heard_and_until_when_they_are_told(directory):
    now = SystemClock().now()
    change(directory, "leesplein", now)
    change(directory, "rekentuin", now)
    result = pending(directory)
    assert result.exit_code == 1
    assert "leesplein: 1 since " in result.output
    assert "told again until" in result.output
    assert "rekentuin" not in result.output, "it has no address for notices"
    assert result.output.endswith("1 notices have not been taken\n")
    assert SECRET not in result.output


def test_after_thirty_days_the_purge_clears_it(directory):
    change(directory, "leesplein", datetime.now(UTC) - timedelta(days=31))
    assert "told again no longer: `sluis purge` clears them" in pending(directory).output
    assert CliRunner().invoke(main, ["purge", str(directory), "--delete"]).exit_code == 0
    assert pending(directory).exit_code == 0


def forget(directory: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["forget", str(directory), "--idp", "regenboog", "--account", "fenna", *more])


@pytest.mark.parametrize("moved", [False, True], ids=["its own account", "of an account that was moved to it"])
def test_whoever_is_forgotten_is_told_of_to_nobody(directory: Path, moved: bool) -> None:
    """A notice holds both identifiers: it would go to the service long after all else of the person is gone."""
    parts = assemble(load(directory))
    account = account_hash(parts.keys.pseudonyms.first, IdpId("regenboog"), "fenna")
    now = SystemClock().now()
    of_account = "b" * 64 if moved else account
    change(directory, "leesplein", now, letter_of(of_account), account)
    change(directory, "leesplein", now, letter_of("c" * 64, reference="R2"), "c" * 64)
    outbox = successions_outbox_of(parts)
    assert "notices: 1," in forget(directory).output
    done = forget(directory, "--delete")
    assert (done.exit_code, "nothing of this person is left" in done.output) == (0, True), done.output
    [left] = outbox.about(lambda _: True)
    assert json.loads(left.content)["account"] == "c" * 64
    parts.engine.dispose()


def letter_of(account: str, reference: str = "R1") -> bytes:
    return json.dumps({"account": account, "reference": reference, "former": SECRET}).encode()
