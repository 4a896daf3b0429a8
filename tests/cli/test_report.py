"""`sluis report`, as an operator types it for a school."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.demo.federation import write_federation
from gateway.domain.clock import SystemClock, dutch_day
from gateway.parts import lasting_engine
from gateway.settings.loader import load
from gateway.storage import migrate
from tests.support.configuration import write_configuration
from tests.support.used_school import ECK_ID, NAME, UsedSchool

NOW = SystemClock().now()


def sluis(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture(scope="module")
def directory(tmp_path_factory) -> Path:
    """The demo federation, with logins of today in its ledger."""
    made = write_federation(tmp_path_factory.mktemp("reported") / "config", port=8123).directory
    engine = lasting_engine(load(made))
    migrate.upgrade(engine)
    used, now = UsedSchool(engine), NOW
    used.released(range(6), {**ECK_ID, **NAME}, times=2, idp="regenboog", at=now)
    used.refused(range(5), "agreement_suspended", idp="regenboog", at=now)
    used.refused(range(5), "a_newer_code", idp="regenboog", at=now)
    used.write()
    engine.dispose()
    return made


def today(*more: str) -> list[str]:
    return ["--from", f"{dutch_day(NOW):%Y-%m-01}", *more]


def test_the_three_forms_say_the_same(directory):
    as_json, as_csv, page = (
        sluis("report", "school", directory, "99XA", *today(f"--{form}")) for form in ("json", "csv", "html")
    )
    assert (as_json.exit_code, as_csv.exit_code, page.exit_code) == (0, 0, 0)
    told = json.loads(as_json.stdout)
    [line] = told["services"]
    assert (line["service"], line["role"], line["figure"]) == (
        "rekentuin",
        "student",
        {"shown": "exact", "logins": 12, "people": 6},
    )
    rows = list(csv.DictReader(io.StringIO(as_csv.stdout)))
    [row] = [row for row in rows if row["part"] == "service"]
    assert (row["service"], row["logins"], row["people"]) == ("rekentuin", "12", "6")
    assert {row["code"] for row in rows if row["part"] == "refusal"} == {"agreement_suspended", "a_newer_code"}
    assert "<script" not in page.stdout
    assert "De afspraak was opgeschort" in page.stdout
    assert "a_newer_code" in page.stdout


def test_in_the_language_that_is_asked(directory):
    page = sluis("report", "school", directory, "99XA", *today("--language", "en")).stdout
    assert '<html lang="en">' in page
    assert "What went from The Rainbow to learning content" in page


def test_without_days_it_is_of_last_month(directory):
    told = json.loads(sluis("report", "school", directory, "99XA", "--json").stdout)
    first, last = told["period"]["first"], told["period"]["last"]
    assert first[:7] == last[:7] < f"{dutch_day(SystemClock().now()):%Y-%m}"
    assert first.endswith("-01")
    assert told["services"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["99XA", "--from", "2026-09-02", "--until", "2026-09-01"], "lies before the first day"),
        (["99XA", "--from", "2999-01-01"], "has not come yet"),
        (["99XA", "--from", "gisteren"], "'gisteren' does not match the format"),
        (["Regenboog"], "a BRIN is two digits and two capitals"),
    ],
)
def test_words_that_mean_nothing(directory, arguments, words):
    result = sluis("report", "school", directory, *arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["--from", "2026-02-02"], "a report is of whole months, from 2026-02-01 until 2026-02-28"),
        (["--from", "2026-01-01", "--until", "2026-02-27"], "a report is of whole months, from 2026-01-01 until"),
        (today(), "a report is of months that are over"),
    ],
)
def test_in_production_no_two_reports_differ_by_some_days(tmp_path, days, words):
    """Their difference would be of a few people: what small numbers are left out for."""
    made = write_configuration(tmp_path)
    result = sluis("report", "school", made, "99XA", *days)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in " ".join(result.stderr.split())


def test_in_production_whole_months_are_reported(tmp_path):
    made = write_configuration(tmp_path)
    migrate.upgrade(lasting_engine(load(made)))
    months = ["--from", "2026-01-01", "--until", "2026-02-28"]
    result = sluis("report", "school", made, "99XB", *months, "--json")
    assert result.stderr == ""
    assert (result.exit_code, json.loads(result.stdout)["period"]) == (0, {"first": months[1], "last": months[3]})


def test_a_school_that_nobody_knows(directory):
    result = sluis("report", "school", directory, "98ZZ")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no school has the BRIN 98ZZ, and the ledger has nothing of it" in result.stderr


def test_a_cell_that_a_spreadsheet_would_run_is_text(tmp_path):
    directory = write_federation(tmp_path / "config", port=8123).directory
    migrate.upgrade(lasting_engine(load(directory)))
    for file in (directory / "agreements").iterdir():
        file.write_text(file.read_text().replace("REGENBOOG-2026-01", "'=HYPERLINK(1)'"))
    rows = csv.DictReader(io.StringIO(sluis("report", "school", directory, "99XA", "--csv").stdout))
    assert "'=HYPERLINK(1)" in {row["reference"] for row in rows}
