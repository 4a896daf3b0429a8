"""`sluis eckid ask` and `batch`, and what `sluis check` says of Nummervoorziening."""

import pytest
from click.testing import Result

from gateway.cli import eckid_world
from gateway.demo.federation import write_federation
from gateway.demo.nummervoorziening import CHAIN, SECTORS
from tests.support.asked_eck_ids import DAAN, FILE, OIN, PO, change, sluis
from tests.support.held import HeldClock


def test_it_works_and_what_it_has(directory):
    result = sluis("eckid", "ask", directory, "99XA")
    assert result.exit_code == 0, result.output
    assert "Nummervoorziening works" in result.output
    assert f"sector {SECTORS['Primair onderwijs']}: Primair onderwijs" in result.output
    assert f"chain {CHAIN}" in result.output
    assert sluis("check", directory).exit_code == 0


def test_a_sector_that_it_does_not_have(directory):
    another = "http://purl.edustandaard.nl/begrippenkader/00000000-0000-0000-0000-000000000000"
    change(directory / "gateway.yaml", SECTORS["Primair onderwijs"], another)
    result = sluis("eckid", "ask", directory, "99XA")
    assert result.exit_code == 1
    assert f"gateway.yaml names {another}, which it does not have" in result.output


def test_one_that_is_not_there(directory):
    change(directory / "gateway.yaml", "url: https://127.0.0.1:", "url: https://127.0.0.1:1/")
    result = sluis("eckid", "ask", directory, "99XA")
    assert result.exit_code == 1
    assert "Nummervoorziening: ping: unreachable" in result.output
    assert "The operator looks at the network" in result.output


@pytest.mark.parametrize("school", ["99XB", "00ZZ"])
def test_a_school_that_may_not_ask(directory, school):
    result = sluis("eckid", "ask", directory, school)
    assert result.exit_code == 2
    assert f"no school {school} with an `oin`" in result.output


def test_a_gateway_that_asks_nobody(tmp_path):
    write_federation(tmp_path / "gateway", port=8080)
    result = sluis("eckid", "ask", tmp_path / "gateway", "99XA")
    assert result.exit_code == 2
    assert "gateway.yaml has no nummervoorziening" in result.output


@pytest.mark.parametrize(
    ("file", "before", "after", "wrong"),
    [
        ("gateway.yaml", "nv.key", "nowhere.key", "its files cannot be used: No such file or directory"),
        ("gateway.yaml", "certificate: keys/nv.pem", "certificate: keys/nv-ca.pem", "its files cannot be used"),
        ("gateway.yaml", "url: https:", "url: http:", "it is reached over https alone"),
        ("schools/schools.yaml", f"  oin: {OIN}\n", "", "99XA has no `oin`"),
        ("gateway.yaml", "{po: ", "{vo: ", "does not name the sector of 99XA"),
    ],
)
def test_what_keeps_it_from_being_asked(directory, file, before, after, wrong):
    change(directory / file, before, after)
    assert wrong in sluis("check", directory).output.replace("\n", " ")


def test_an_identity_provider_that_needs_what_is_not_there(directory):
    gateway = directory / "gateway.yaml"
    gateway.write_text(gateway.read_text("utf-8").partition("nummervoorziening:")[0], "utf-8")
    result = sluis("check", directory)
    assert result.exit_code == 1
    assert "gateway.yaml has no nummervoorziening" in result.output


def test_a_school_gets_its_eck_ids_by_batch(provisioned, service):
    assert (sluis("eckid", "batch", "start", provisioned, "99XA").stdout) == (
        "batch 1: 2 learners\n2 learners to be asked for: now `sluis eckid batch follow`\n"
    )
    followed = sluis("eckid", "batch", "follow", provisioned)
    assert followed.exit_code == 0, followed.output
    assert "2 learners, 2 kept, 0 without: done" in followed.stdout
    shown = sluis("eckid", "batch", "show", provisioned, "1")
    assert len(shown.stdout.splitlines()) == 1
    asked = [operation for operation, oin in service[2].asked if oin == OIN]
    assert asked == ["retrieveChains", "retrieveSectors", "submitEckIdBatch", "retrieveBatch"]
    assert sluis("eckid", "batch", "start", provisioned, "99XA").stdout == "0 learners to be asked for\n"
    assert "ketenid" not in followed.output + shown.output


def test_a_batch_that_is_not_ready_yet_is_for_the_next_time(provisioned, service):
    sluis("eckid", "batch", "start", provisioned, "99XA")
    once = sluis("eckid", "batch", "follow", provisioned, "--once")
    assert (once.exit_code, "submitted, no answer yet" in once.stdout) == (0, True)
    service[2].batches["batch-1"].rounds = 2
    assert "2 kept" in sluis("eckid", "batch", "follow", provisioned).stdout


def test_who_got_none_is_named_by_the_line_of_the_schools_file(provisioned, service):
    sluis("eckid", "batch", "start", provisioned, "99XA")
    sluis("eckid", "batch", "follow", provisioned, "--once")
    batch = service[2].batches["batch-1"]
    number = next(number for number, value in batch.values.items() if value == service[2].eck_id(DAAN, PO))
    batch.values.pop(number)
    batch.failed[number] = f"{DAAN} is not valid"
    followed = sluis("eckid", "batch", "follow", provisioned)
    assert (followed.exit_code, f"batch show {provisioned} 1" in followed.stderr) == (1, True)
    named = ("--file", provisioned / "learners.csv", "--idp", "regenboog")
    shown = sluis("eckid", "batch", "show", provisioned, "1", *named)
    [line] = shown.stdout.splitlines()[1:]
    assert line == (
        "line 3: Nummervoorziening made no ECK iD of the stampseudonym: the school asks for it anew "
        "(it says: … is not valid)"
    )
    assert "ketenid" not in shown.output


def test_a_batch_that_needs_somebody(provisioned, service):
    sluis("eckid", "batch", "start", provisioned, "99XA")
    service[2].nonsense = b"<html/>"
    followed = sluis("eckid", "batch", "follow", provisioned)
    assert (followed.exit_code, "perhaps submitted, perhaps not" in followed.stdout) == (1, True)
    assert sluis("eckid", "batch", "list", provisioned).exit_code == 1
    assert "The operator looks at `url`" in sluis("eckid", "batch", "show", provisioned, "1").stdout
    service[2].nonsense = None
    assert sluis("eckid", "batch", "again", provisioned, "1").exit_code == 0
    assert sluis("eckid", "batch", "follow", provisioned).exit_code == 0
    assert sluis("eckid", "batch", "again", provisioned, "1").exit_code == 1
    listed = sluis("eckid", "batch", "list", provisioned)
    assert (listed.exit_code, listed.stdout.endswith("1 batches\n")) == (0, True)


def test_a_batch_in_a_sector_that_it_does_not_have(provisioned):
    another = "http://purl.edustandaard.nl/begrippenkader/00000000-0000-0000-0000-000000000000"
    change(provisioned / "gateway.yaml", PO, another)
    result = sluis("eckid", "batch", "start", provisioned, "99XA")
    assert result.exit_code == 1
    assert f"gateway.yaml names {another}, which Nummervoorziening does not have" in result.stderr
    assert f"{PO}: Primair onderwijs" in result.stderr


def test_a_batch_is_begun_while_it_is_not_there_by_what_it_said_before(provisioned, monkeypatch):
    def start() -> Result:
        return sluis("eckid", "batch", "start", provisioned, "99XA")

    change(provisioned / "gateway.yaml", "url: https://127.0.0.1:", "url: https://127.0.0.1:1/")
    assert "Nothing was started" in start().stderr
    change(provisioned / "gateway.yaml", "url: https://127.0.0.1:1/", "url: https://127.0.0.1:")
    assert start().exit_code == 0
    sluis("vault", "import", provisioned, provisioned / "learners.csv", "--idp", "regenboog")
    change(provisioned / "gateway.yaml", "url: https://127.0.0.1:", "url: https://127.0.0.1:1/")
    later = HeldClock()
    later.forward(days=2)
    monkeypatch.setattr(eckid_world, "SystemClock", lambda: later)
    result = start()
    assert (result.exit_code, "what it had on 2026-09-07 is what counts" in result.stderr) == (0, True)
    once = sluis("eckid", "batch", "follow", provisioned, "--once")
    assert "to be submitted (unreachable)" in once.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "wrong"),
    [
        (("start", "99XB"), 2, "no school 99XB with an `oin`"),
        (("show", "7"), 1, "there is no batch 7"),
        (("show", "7", "--idp", "regenboog"), 2, "--file and --idp go together"),
    ],
)
def test_batches_that_are_not_there(provisioned, arguments, status, wrong):
    result = sluis("eckid", "batch", arguments[0], provisioned, *arguments[1:])
    assert (result.exit_code, wrong in result.output) == (status, True), result.output


@pytest.mark.parametrize(
    ("content", "idp", "wrong"),
    [("\x00", "regenboog", "it is UTF-16"), (FILE, "petteflat", "no identity provider petteflat uses the vault")],
)
def test_a_file_that_names_no_learners(provisioned, content, idp, wrong):
    sluis("eckid", "batch", "start", provisioned, "99XA")
    (provisioned / "learners.csv").write_text(content, "utf-8")
    named = ("--file", provisioned / "learners.csv", "--idp", idp)
    result = sluis("eckid", "batch", "show", provisioned, "1", *named)
    assert (result.exit_code, wrong in result.output) == (2, True), result.output


def test_batches_of_a_gateway_that_asks_nobody(tmp_path):
    write_federation(tmp_path / "gateway", port=8080)
    assert "gateway.yaml has no nummervoorziening" in sluis("eckid", "batch", "list", tmp_path / "gateway").output


def test_a_school_of_a_sector_that_is_not_asked_in(provisioned):
    change(provisioned / "gateway.yaml", "{po: ", "{vo: ")
    result = sluis("eckid", "batch", "start", provisioned, "99XA")
    assert "does not name the sector of 99XA" in result.output
