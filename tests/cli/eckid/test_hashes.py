"""`sluis eckid batch hashes` and `replace`: from hashes of citizen numbers to stampseudonyms, and a new number's."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.support.asked_eck_ids import OIN, change, sluis

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
