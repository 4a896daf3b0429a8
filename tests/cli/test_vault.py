"""`sluis vault`, as an operator types it with the file of a school."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.demo.federation import write_federation

FENNA, DAAN, EMMA = ("https://ketenid.nl/pilot/" + digit * 128 for digit in "fde")
HEADER = "account,school,eck_id\n"
GOOD = f"{HEADER}fenna77,99XA,{FENNA}\ndaan12,99XA,{DAAN}\n"


def sluis(*arguments: str | Path, **more: str) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], **more)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("vault") / "gateway"
    write_federation(made, port=8080)
    assert sluis("db", "upgrade", made).exit_code == 0
    return made


@pytest.fixture
def directory(made_once: Path, tmp_path: Path) -> Path:
    shutil.copytree(made_once, tmp_path / "gateway")
    return tmp_path / "gateway"


def taken(directory: Path, content: str | bytes, *more: str, name: str = "accounts.csv") -> Result:
    file = directory.parent / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return sluis("vault", "import", directory, file, "--idp", "regenboog", *more)


def held(directory: Path) -> str:
    return sluis("vault", "status", directory).stdout


def test_a_good_file_is_taken_in_and_counted(directory):
    result = taken(directory, GOOD)
    assert (result.exit_code, result.stdout) == (0, "2 good lines, 0 bad ones\n2 entries written\n")
    assert "its entry needs `eck_id: [assertion, vault]`" in result.stderr
    assert held(directory) == "99XA: 2\n2 entries in force\n"


def test_a_dry_run_writes_nothing(directory):
    result = taken(directory, GOOD, "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "2 good lines, 0 bad ones\nnothing was written\n")
    assert held(directory) == "0 entries in force\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), id="a byte order mark"),
        pytest.param(GOOD.replace(",", ";"), id="the semicolons of Excel"),
        pytest.param(GOOD.replace(",", "\t"), id="tabs"),
        pytest.param(GOOD.replace("\n", "\r\n"), id="ends of line of Windows"),
        pytest.param(GOOD.rstrip("\n"), id="no end of line at the end"),
        pytest.param(GOOD.replace("fenna77", '"fenna77"'), id="quotes"),
        pytest.param(GOOD.replace("daan", "\n\ndaan"), id="empty lines"),
        pytest.param(GOOD.replace("account", "Account "), id="a header with a capital and a blank"),
    ],
)
def test_forms_that_administrations_write(directory, content):
    assert taken(directory, content).stdout.endswith("2 entries written\n")


def test_json_lines(directory):
    lines = [
        {"account": "fenna77", "school": "99XA", "eck_id_po": FENNA, "eck_id_vo": DAAN, "until": "2027-07-31"},
        {"account": "emma", "school": "99XA", "eck_id": EMMA, "checked": "2026-08-20", "until": None},
    ]
    result = taken(directory, "".join(json.dumps(line) + "\n" for line in lines), name="accounts.jsonl")
    assert result.stdout.endswith("2 entries written\n")


BAD_LINES = {
    f",99XA,{FENNA}": "account: it is empty",
    f"=cmd(),99XA,{FENNA}": "account: it begins as a formula of a spreadsheet does",
    f"123456782,99XA,{FENNA}": "account: it has the shape of a citizen number",
    f"{'a' * 257},99XA,{FENNA}": "account: at most 256 characters",
    f"a\x07b,99XA,{FENNA}": "account: at most 256 characters, all of them printable",
    f"fenna77,Regenboog,{FENNA}": "school: a BRIN has 4 characters",
    f"fenna77,99XB,{FENNA}": "school: this identity provider does not speak for it",
    "fenna77,99XA,": "eck_id: there is none",
    f"fenna77,99XA,{FENNA[:-1]}": "eck_id: an ECK iD is https://ketenid.nl/",
    f"fenna77,99XA,{FENNA.replace('pilot', '201703')}": "do not belong in this environment",
    f"fenna77,99XA,{FENNA.replace('pilot', 'sppilot')}": "this is a stampseudonym"[:21],
    "fenna77,99XA": "it has 2 cells and the header has 3",
    f'"fenna77,99XA,{FENNA}': "a quote is left open",
    f"daan12,99XA,{FENNA}": "the same account at the same school stands in an earlier line",
    f"emma,99XA,{DAAN}": "an earlier line has this ECK iD, or stampseudonym, for another account of the school",
}


def test_bad_lines_are_named_one_by_one_and_keep_the_file_out(directory):
    result = taken(directory, f"{HEADER}daan12,99XA,{DAAN}\n" + "".join(f"{line}\n" for line in BAD_LINES))
    count = len(BAD_LINES)
    assert (result.exit_code, result.stdout) == (1, f"1 good lines, {count} bad ones\nnothing was written\n")
    told = [line for line in result.stderr.splitlines() if line.startswith("line ")]
    assert len(told) == count
    for number, (line, wrong) in enumerate(zip(told, BAD_LINES.values(), strict=True), 3):
        assert line.startswith(f"line {number}: ")
        assert wrong in line
    assert FENNA not in result.output
    assert "fenna77" not in result.output
    assert held(directory) == "0 entries in force\n"


def test_one_bad_line_is_enough(directory):
    assert taken(directory, f"{GOOD}fenna77,99XA\n").stdout.endswith("2 good lines, 1 bad ones\nnothing was written\n")


BAD_JSON = {
    "not json": "it is not JSON",
    '["fenna77"]': "it is not a JSON object with texts",
    '{"account": 4}': "it is not a JSON object with texts",
    '{"bsn": "1"}': "a column is named as a citizen number",
    '{"age": "7"}': "1 unknown columns",
    f'{{"account":"a","school":"99XA","eck_id":"{FENNA}","until":"31-07-2027"}}': "until: a day is written as",
    f'{{"account":"a","school":"99XA","eck_id":"{FENNA}","eck_id_po":"{DAAN}"}}': "are of the same sector",
}


def test_bad_lines_of_json(directory):
    result = taken(directory, "".join(f"{line}\n" for line in BAD_JSON), name="accounts.jsonl")
    assert result.exit_code == 1
    told = [line for line in result.stderr.splitlines() if line.startswith("line ")]
    for number, (line, wrong) in enumerate(zip(told, BAD_JSON.values(), strict=True), 1):
        assert line.startswith(f"line {number}: ")
        assert wrong in line


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (GOOD.encode("utf-16"), "it is UTF-16; save it as UTF-8"),
        (GOOD.replace("fenna", "fénna").encode("latin-1"), "it is not UTF-8"),
        (b"", "it is empty"),
        (b"PK\x03\x04\x14\x00", "it is a workbook of a spreadsheet; save it as CSV"),
        (b"fenna77,99XA\n", "the header (the first line, with the names of the columns), at 1, 2: 2 unknown columns"),
        (b"account,eck_id\n", "the header does not name school"),
        (b"account,account,school\n", "the header names a column twice"),
        (b"account,school,eck_id,shoe size\n", "at 4: 1 unknown columns; known are account, school, eck_id"),
        (b"account,school,bsn\n", "at 3: a column is named as a citizen number"),
        (HEADER.encode() + b"a" * 9000, "line 2 is longer than 8192 characters"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_would_be_right(directory, content, wrong):
    result = taken(directory, content)
    assert result.exit_code == 1
    assert wrong in result.stderr
    assert held(directory) == "0 entries in force\n"


def test_the_good_lines_alone(directory):
    result = taken(directory, f"{GOOD}emma,99XB,{EMMA}\n", "--partial")
    assert (result.exit_code, result.stdout) == (1, "2 good lines, 1 bad ones\n2 entries written\n")
    assert held(directory) == "99XA: 2\n2 entries in force\n"


def test_the_same_file_again_and_an_eck_id_that_changed_hands(directory):
    taken(directory, GOOD)
    assert taken(directory, GOOD).exit_code == 0
    result = taken(directory, f"{HEADER}emma,99XA,{DAAN}\n")
    assert result.exit_code == 1
    assert "line 2: the vault has this ECK iD, or stampseudonym, for another account of the school" in result.stderr
    assert sluis("vault", "delete", directory, "--idp", "regenboog", input="daan12\n").exit_code == 0
    assert taken(directory, f"{HEADER}emma,99XA,{DAAN}\n").exit_code == 0


def test_an_identity_provider_that_is_not_there(directory):
    file = directory.parent / "accounts.csv"
    file.write_text(GOOD)
    result = sluis("vault", "import", directory, file, "--idp", "entree")
    assert result.exit_code == 2
    assert "there is petteflat, regenboog" in result.stderr.replace("\n", " ")


def test_a_school_is_shredded_after_a_question(directory):
    taken(directory, GOOD)
    assert sluis("vault", "shred", directory, "99XA", input="n\n").exit_code == 1
    assert held(directory) == "99XA: 2\n2 entries in force\n"
    assert "2 entries removed" in sluis("vault", "shred", directory, "99XA", "--yes").stdout
    assert held(directory) == "0 entries in force\n"


def test_resealing_says_how_many_schools(directory):
    taken(directory, GOOD)
    assert sluis("vault", "reseal", directory).stdout == "the keys of 1 schools are sealed with the active key\n"


def test_a_person_is_forgotten_in_the_vault_too(directory):
    taken(directory, GOOD)
    forgotten = sluis("forget", directory, "--idp", "regenboog", "--account", "fenna77", "--delete")
    assert (forgotten.exit_code, "vault: 1, " in forgotten.stdout) == (0, True)
    assert held(directory) == "99XA: 1\n1 entries in force\n"


def test_an_entry_that_ended_is_purged(directory):
    taken(directory, f"{HEADER.strip()},until\nfenna77,99XA,{FENNA},2020-07-31\ndaan12,99XA,{DAAN},\n")
    assert "vault: 1 that ended before" in sluis("purge", directory).stdout
    assert sluis("purge", directory, "--delete").exit_code == 0
    assert "vault: 0 that ended before" in sluis("purge", directory).stdout
    assert taken(directory, f"{HEADER}emma,99XA,{FENNA}\n").exit_code == 0


WHOLE = "account,school,eck_id,stampseudonym,adult,checked\n"
STAMP = FENNA.replace("pilot", "sppilot")


def test_a_stampseudonym_and_of_age_or_not(directory):
    lines = f"fenna77,99XA01,,{STAMP},ja,2026-08-20\ndaan12,99XA,{DAAN},,no,\nemma,99XA,,,yes,\n"
    result = taken(directory, WHOLE + lines)
    assert result.stdout.endswith("3 entries written\n")


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (f"fenna77,99XA,,{FENNA},,", "stampseudonym: a stampseudonym is https://ketenid.nl/sp<segment>/"),
        (f"fenna77,99XA,,{STAMP.replace('sppilot', 'sp201703')},,", "do not belong in this environment"),
        (f"fenna77,99XA,,{STAMP.replace('sppilot', 'spnone')},,", "stampseudonyms of segment that is unknown"),
        (f"fenna77,99XA,{FENNA},,20080131,", "adult: yes or no (ja or nee); a birth date does not belong here"),
        (f"fenna77,99XA,{FENNA},,,2026-W36-1", "checked: a day is written as 2026-09-01"),
        ("fenna77,99XA,,,,2026-08-20", "eck_id: there is none, and no stampseudonym"),
        (f"emma,99XA,,{STAMP},,", "an earlier line has this ECK iD, or stampseudonym, for another account"),
    ],
)
def test_a_bad_line_about_these(directory, line, wrong):
    result = taken(directory, f"{WHOLE}daan12,99XA,,{STAMP},,\n{line}\n")
    assert result.exit_code == 1
    assert wrong in result.stderr
    assert "ketenid.nl/sppilot" not in result.output
    assert held(directory) == "0 entries in force\n"
