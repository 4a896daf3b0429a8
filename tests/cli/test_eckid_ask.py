"""`sluis eckid ask` and `batch`, and what `sluis check` says of Nummervoorziening, with a stand-in on its own port."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import eckid_batch, eckid_world, main
from gateway.demo.federation import write_federation
from gateway.demo.nummervoorziening import CHAIN, SECTORS, StandIn
from gateway.demo.nummervoorziening_server import serve
from tests.support.held import HeldClock
from tests.support.tls_front import authority

OIN = "0000000700099XA00000"
PO = SECTORS["Primair onderwijs"]


FENNA, DAAN, EMMA = (f"https://ketenid.nl/sppilot/{digit * 128}" for digit in "fde")
FILE = (
    "account,school,stampseudonym,checked\n"
    f"fenna,99XA,{FENNA},2026-08-20\ndaan,99XA,{DAAN},2026-08-20\nemma,99XA,{EMMA},\n"
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):
    ca = authority(tmp_path_factory.mktemp("nummervoorziening"), "ca")
    certificate, key = ca.issue("service", "127.0.0.1")
    stand_in = StandIn()
    server = serve(stand_in, certificate=certificate, key=key, authorities=ca.ca)
    yield f"https://127.0.0.1:{server.server_address[1]}/", ca, stand_in
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory, service) -> Path:
    url, ca, _ = service
    made = tmp_path_factory.mktemp("eckid") / "gateway"
    write_federation(made, port=8080)
    certificate, key = ca.issue("gateway")
    for name, path in (("nv.pem", certificate), ("nv.key", key), ("nv-ca.pem", ca.ca)):
        shutil.copy(path, made / "keys" / name)
    gateway = made / "gateway.yaml"
    gateway.write_text(
        f"{gateway.read_text('utf-8')}\nnummervoorziening:\n  url: {url}\n"
        "  certificate: keys/nv.pem\n  key: keys/nv.key\n"
        f"  authorities: keys/nv-ca.pem\n  chain: {CHAIN}\n  sectors: {{po: {SECTORS['Primair onderwijs']}}}\n",
        "utf-8",
    )
    idp = made / "identity-providers/regenboog.yaml"
    idp.write_text(
        idp.read_text("utf-8").replace("eck_id: [assertion]", "eck_id: [assertion, vault, nummervoorziening]"), "utf-8"
    )
    change(made / "schools/schools.yaml", "- brin: 99XA\n", f"- brin: 99XA\n  oin: {OIN}\n")
    return made


@pytest.fixture
def directory(configured: Path, tmp_path: Path, service) -> Path:
    service[2].__dict__.update(StandIn(rounds=0).__dict__)
    return Path(shutil.copytree(configured, tmp_path / "gateway"))


@pytest.fixture
def provisioned(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three learners with stampseudonyms, one of them not found in the register; a clock that nobody waits for."""
    clock = HeldClock()
    monkeypatch.setattr(eckid_world, "SystemClock", lambda: clock)
    monkeypatch.setattr(eckid_batch.time, "sleep", lambda seconds: clock.forward(seconds=seconds))
    assert sluis("db", "upgrade", directory).exit_code == 0
    (directory / "learners.csv").write_text(FILE, "utf-8")
    assert sluis("vault", "import", directory, directory / "learners.csv", "--idp", "regenboog").exit_code == 0
    return directory


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")


def sluis(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


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


HASHES = {name: digit * 64 for name, digit in (("sara", "a"), ("mees", "b"), ("fenna", "c"))}


def hash_file(directory: Path, *lines: str, name: str = "hashes.csv") -> Path:
    file = directory / name
    header = "account;school;checked;hash"
    file.write_text("\n".join([header, *lines, ""]), "utf-8")
    return file


def hash_line(name: str, hpgn: str | None = None, checked: str = "2026-08-20") -> str:
    return f"{name};99XA;{checked};{HASHES[name] if hpgn is None else hpgn}"


def submit(directory: Path, file: Path, *more: str) -> Result:
    return sluis("eckid", "batch", "hashes", directory, file, "--idp", "regenboog", *more)


def test_from_hashes_to_eck_ids_by_both_batches(provisioned, service):
    """Fenna has a stampseudonym already, and is not submitted."""
    file = hash_file(provisioned, *map(hash_line, HASHES))
    submitted = submit(provisioned, file)
    assert submitted.exit_code == 0, submitted.output
    assert submitted.stdout == (
        "3 good lines, 0 bad ones\nbatch 1: 2 learners of 99XA\n2 learners submitted: now `sluis eckid batch follow`\n"
    )
    again = submit(provisioned, file)
    assert again.stdout.endswith("0 learners submitted\n"), "they are under way"
    followed = sluis("eckid", "batch", "follow", provisioned)
    assert followed.exit_code == 0, followed.output
    assert "1: school 99XA, stampseudonyms, 2026-09-07 10:30, 2 learners, 2 kept, 0 without: done" in followed.stdout
    assert submit(provisioned, file).stdout.endswith("0 learners submitted\n"), "and have one"
    assert "4 learners to be asked for" in sluis("eckid", "batch", "start", provisioned, "99XA").stdout
    followed = sluis("eckid", "batch", "follow", provisioned)
    assert "4 learners, 4 kept, 0 without: done" in followed.stdout
    asked = [operation for operation, oin in service[2].asked if oin == OIN and "Batch" in operation]
    assert asked == ["submitStampseudonymBatch", "retrieveBatch", "submitEckIdBatch", "retrieveBatch"]
    for path in (provisioned / "var").iterdir():
        assert not any(one.encode() in path.read_bytes() for one in HASHES.values()), "no hash is kept"


def test_a_hash_that_it_makes_nothing_of_is_named_by_its_line(provisioned, service):
    file = hash_file(provisioned, hash_line("sara"), hash_line("mees"))
    submit(provisioned, file)
    batch = service[2].batches["batch-1"]
    number = next(one for one, value in batch.values.items() if value == service[2].stampseudonym(HASHES["mees"]))
    batch.values.pop(number)
    batch.failed[number] = "no such number"
    assert sluis("eckid", "batch", "follow", provisioned).exit_code == 1
    shown = sluis("eckid", "batch", "show", provisioned, "1", "--file", file, "--idp", "regenboog")
    [line] = shown.stdout.splitlines()[1:]
    assert line == (
        "line 3: Nummervoorziening made no stampseudonym of the hash: the school makes the hash anew "
        "(it says: no such number)"
    )
    assert "batch 2: 1 learners" in submit(provisioned, file).stdout, "mees, once more"


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (hash_line("mees", "063138219"), "hash: it has the shape of a citizen number"),
        (hash_line("mees", "B" * 64), "hash: it has 64 lowercase hexadecimal characters"),
        (hash_line("mees", ""), "hash: it has 64 lowercase hexadecimal characters"),
        (hash_line("mees", checked=""), "checked: the day on which the learner was found in DUO's register"),
        (hash_line("mees", HASHES["sara"]), "an earlier line has this hash for another account of the school"),
        (hash_line("sara"), "the same account at the same school stands in an earlier line"),
        ("=cmd();99XA;2026-08-20;" + "b" * 64, "account: it begins as a formula of a spreadsheet does"),
        ("mees;99XA", "it has 2 cells and the header has 4"),
    ],
)
def test_a_bad_line_keeps_a_file_of_hashes_out_unless_it_is_let_go(provisioned, line, wrong):
    file = hash_file(provisioned, hash_line("sara"), line)
    result = submit(provisioned, file)
    assert (result.exit_code, result.stdout) == (1, "1 good lines, 1 bad ones\nnothing was submitted\n")
    assert result.stderr.startswith(f"line 3: {wrong}")
    assert submit(provisioned, file, "--dry-run").stdout.endswith("nothing was submitted\n")
    assert "1 learners submitted" in submit(provisioned, file, "--partial").stdout


@pytest.mark.parametrize(
    ("header", "wrong"),
    [
        ("account,school,hash", "the header does not name checked"),
        ("account,school,checked,hash,bsn", "a column is named as a citizen number"),
        ("account,school,checked,hash,stampseudonym", "1 unknown columns"),
    ],
)
def test_a_file_that_is_none_of_hashes(provisioned, header, wrong):
    file = provisioned / "hashes.csv"
    file.write_text(f"{header}\n", "utf-8")
    result = submit(provisioned, file)
    assert (result.exit_code, wrong in result.stderr, "nothing was submitted" in result.stderr) == (1, True, True)


def test_hashes_that_it_does_not_take_are_for_another_time(provisioned, service):
    file = hash_file(provisioned, hash_line("sara"))
    service[2].limit = 0
    result = submit(provisioned, file)
    assert (result.exit_code, "takes no more batches today: tomorrow" in result.stderr) == (1, True)
    assert sluis("eckid", "batch", "list", provisioned).stdout == "0 batches\n"
    service[2].limit = 1000
    assert submit(provisioned, file).exit_code == 0


def test_hashes_of_which_nobody_knows_whether_it_took_them(provisioned, service):
    file = hash_file(provisioned, hash_line("sara"))
    service[2].nonsense = b"<html/>"
    result = submit(provisioned, file)
    assert (result.exit_code, "Nobody knows whether the batch was taken" in result.stderr) == (1, True)
    assert "then `hashes` with the school's file" in sluis("eckid", "batch", "list", provisioned).stdout
    service[2].nonsense = None
    assert submit(provisioned, file).stdout.endswith("0 learners submitted\n"), "a person decides"
    assert "batch 1 is given up" in sluis("eckid", "batch", "again", provisioned, "1").stdout
    assert "1 learners submitted" in submit(provisioned, file).stdout
    assert sluis("eckid", "batch", "follow", provisioned).exit_code == 0


def replaced(directory: Path, lines: str, *more: str) -> Result:
    return CliRunner().invoke(main, ["eckid", "replace", str(directory), "99XA", *more], input=lines)


def test_a_new_number_stands_for_what_the_old_one_stood_for(provisioned, service):
    old, new = HASHES["sara"], HASHES["mees"]
    result = replaced(provisioned, f"{old},{new}\n")
    assert (result.exit_code, result.stdout) == (0, "1 replaced\n")
    assert service[2].stampseudonym(new) == service[2].stampseudonym(old)
    assert service[2].asked[-1] == ("replaceStampseudonym", OIN)
    later = replaced(provisioned, f"{old} {HASHES['fenna']}\n", "--from", "2027-08-01")
    assert later.stdout == "1 replaced, from 2027-08-01 on\n"
    assert service[2].stampseudonym(HASHES["fenna"]) != service[2].stampseudonym(old)


def test_lines_that_are_not_replaced_are_named(provisioned, service):
    old, new = HASHES["sara"], HASHES["mees"]
    result = replaced(provisioned, f"063138219 {new}\n\n{old} {old}\n{old};{new}\n")
    assert (result.exit_code, result.stdout) == (1, "1 replaced\n")
    assert result.stderr.splitlines() == [
        "line 1: two hashes of 64 lowercase hexadecimal characters: the old one, and the new one",
        "line 3: the hashes are the same",
    ]
    service[2].nonsense = b"<html/>"
    assert "to do it twice makes no difference" in replaced(provisioned, f"{old} {new}\n").stderr
    change(provisioned / "gateway.yaml", "url: https://127.0.0.1:", "url: https://127.0.0.1:1/")
    assert "heard nothing of it" in replaced(provisioned, f"{old} {new}\n").stderr
