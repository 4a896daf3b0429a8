"""`sluis db` and `find`, as an operator types them."""

import gzip
import json
import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.storage import migrations
from tests.support.configuration import FILES, write_configuration
from tests.support.typed import sluis

REFERENCE = "7K3M91X20D"
NEWEST = max(file.name[:4] for file in (Path(migrations.__file__).parent / "versions").glob("0*.py"))


def _with_database(directory: Path, version: str) -> Path:
    write_configuration(directory)
    (directory / "var").mkdir()
    with sqlite3.connect(directory / "var/lasting.sqlite") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        database.execute("INSERT INTO alembic_version VALUES (?)", (version,))
    database.close()
    return directory


class TestDb:
    def test_a_database_is_made_once(self, tmp_path):
        directory = write_configuration(tmp_path)

        before = sluis("db", "status", directory)
        made = sluis("db", "upgrade", directory)
        again = sluis("db", "upgrade", directory)
        after = sluis("db", "status", directory)

        assert (before.exit_code, before.output) == (1, f"schema none, needed {NEWEST}\n")
        assert (made.exit_code, made.output) == (0, f"schema none -> {NEWEST}\n")
        assert (again.exit_code, again.output) == (0, f"schema {NEWEST} -> {NEWEST}\n")
        assert (after.exit_code, after.output) == (0, f"schema {NEWEST}, needed {NEWEST}\n")

    def test_a_database_of_a_newer_gateway_is_left_alone(self, tmp_path):
        directory = _with_database(tmp_path, "9999")
        before = (tmp_path / "var/lasting.sqlite").read_bytes()

        status, upgraded = sluis("db", "status", directory), sluis("db", "upgrade", directory)

        assert (status.exit_code, status.output) == (1, f"schema 9999, needed {NEWEST}\n")
        assert upgraded.exit_code == 1
        assert upgraded.output == "the database has schema 9999, which this gateway does not know\n"
        assert _rows(tmp_path) == [("9999",)]
        assert before[100:] == (tmp_path / "var/lasting.sqlite").read_bytes()[100:], "but for the header"

    def test_an_upgrade_that_fails_changes_nothing(self, tmp_path):
        directory = write_configuration(tmp_path)
        (tmp_path / "var").mkdir()
        with sqlite3.connect(tmp_path / "var/lasting.sqlite") as database:
            database.execute("CREATE TABLE subjects (recipe TEXT)")
        database.close()

        result = sluis("db", "upgrade", directory)

        assert (result.exit_code, result.output) == (1, "the database cannot be used: OperationalError\n")
        with sqlite3.connect(tmp_path / "var/lasting.sqlite") as database:
            assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("subjects",)]
        database.close()

    @pytest.mark.parametrize("what", ["status", "upgrade"])
    def test_a_database_that_cannot_be_opened(self, what, tmp_path):
        directory = write_configuration(tmp_path)
        (tmp_path / "var/lasting.sqlite").mkdir(parents=True)

        result = sluis("db", what, directory)

        assert (result.exit_code, result.output) == (1, "the database cannot be used: OperationalError\n")

    def test_a_database_whose_driver_is_not_installed(self, tmp_path):
        url = "stores: {lasting: {url: 'postgresql+nosuchdriver://db.example/sluis'}}\n"
        directory = write_configuration(tmp_path, {"gateway.yaml": FILES["gateway.yaml"] + url})

        result = sluis("db", "status", directory)

        assert result.exit_code == 1
        assert result.output.startswith("the database cannot be used: ")
        assert result.output.count("\n") == 1

    def test_a_database_whose_address_is_not_in_the_environment(self, tmp_path, monkeypatch):
        monkeypatch.delenv("SLUIS_DATABASE_URL", raising=False)
        url = "stores: {lasting: {url: {env: SLUIS_DATABASE_URL}}}\n"
        directory = write_configuration(tmp_path, {"gateway.yaml": FILES["gateway.yaml"] + url})

        result = sluis("db", "status", directory)

        assert result.exit_code == 1
        assert result.output == "the database cannot be used: ValueError\n"


def _rows(directory: Path) -> list[tuple[str]]:
    with sqlite3.connect(directory / "var/lasting.sqlite") as database:
        rows = database.execute("SELECT version_num FROM alembic_version").fetchall()
    database.close()
    return rows


def _line(second: int, event: str, reference: str = REFERENCE, **more: str) -> str:
    known = {"timestamp": f"2026-09-07T08:30:{second:02}Z", "event": event, "level": "info", "worker": 1}
    return json.dumps({**known, "reference": reference, **more}) + "\n"


@pytest.fixture
def logged(tmp_path) -> Path:
    """A configuration whose log was rotated twice during one login."""
    text = FILES["gateway.yaml"] + "log: {file: var/sluis.log}\n"
    assert "\nlog:" not in FILES["gateway.yaml"]
    write_configuration(tmp_path, {"gateway.yaml": text})
    log = tmp_path / "var/sluis.log"
    log.parent.mkdir()
    log.write_text(_line(3, "login_refused", code="eck_id_required", hint="see [/docs] of [leesplein]"))
    log.with_name("sluis.log.1").write_text(_line(2, "response_verified", idp="po") + _line(2, "other", "AAAAAAAAAA"))
    with gzip.open(log.with_name("sluis.log.2.gz"), "wt") as oldest:
        oldest.write(_line(1, "login_started", service="leesplein"))
    return tmp_path


class TestFind:
    def test_shows_a_login_in_order_over_all_logs(self, logged):
        result = sluis("find", logged, REFERENCE)

        assert result.exit_code == 0
        found = [result.output.index(event) for event in ("login_started", "response_verified", "login_refused")]
        assert found == sorted(found)
        assert "service=leesplein" in result.output
        assert "other" not in result.output

    def test_what_the_log_says_is_shown_as_it_is(self, logged):
        said = "".join(character for character in sluis("find", logged, REFERENCE).output if character not in " \n│")

        assert "hint=see[/docs]of[leesplein]" in said

    @pytest.mark.parametrize("typed", ["7k3m91x20d", "7K3M9-1X20D", "7k3m9lx2od"])
    def test_takes_a_reference_as_people_type_it(self, typed, logged):
        assert sluis("find", logged, typed).exit_code == 0

    def test_names_the_trace_where_logins_are_traced(self, logged):
        assert "trace, if" not in sluis("find", logged, REFERENCE).output
        with (logged / "gateway.yaml").open("a") as file:
            file.write("tracing: {endpoint: 'https://collector.example.nl/v1/traces'}\n")

        result = sluis("find", logged, REFERENCE)

        assert sha256(REFERENCE.encode()).hexdigest()[:32] in result.output.splitlines()[-1]

    def test_as_json(self, logged):
        lines = [json.loads(line) for line in sluis("find", logged, REFERENCE, "--json").output.splitlines()]

        assert [line["event"] for line in lines] == ["login_started", "response_verified", "login_refused"]
        assert {line["reference"] for line in lines} == {REFERENCE}

    def test_a_login_that_is_not_there(self, logged):
        result = sluis("find", logged, "0000000000")

        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr == f"0000000000 is not in the logs of {logged}\n"

    def test_a_reference_elsewhere_in_a_line_is_no_login(self, logged):
        assert sluis("find", logged, "leesplein").exit_code == 1

    def test_lines_that_are_no_text_or_were_cut_off(self, logged):
        with (logged / "var/sluis.log").open("ab") as log:
            log.write(b"\xff\xfe\n" + _line(4, "cut_off").encode()[:-2] + b"\n" + _line(5, "login_restarted").encode())

        result = sluis("find", logged, REFERENCE)

        assert result.exit_code == 0
        assert "login_restarted" in result.output
        assert "cut_off" not in result.output

    def test_replicas_tell_one_login_together(self, tmp_path):
        for name, second, event in (("one", 1, "login_started"), ("two", 2, "response_verified")):
            (tmp_path / name).mkdir()
            (tmp_path / name / "sluis.log").write_text(_line(second, event))
        with gzip.open(tmp_path / "three.gz", "wt") as third:
            third.write(_line(3, "login_released"))

        result = sluis("find", tmp_path / "one", tmp_path / "two", tmp_path / "three.gz", REFERENCE, "--json")

        events = [json.loads(line)["event"] for line in result.output.splitlines()]
        assert events == ["login_started", "response_verified", "login_released"]
        assert len(sluis("find", tmp_path, tmp_path / "one", REFERENCE, "--json").output.splitlines()) == 3

    def test_standard_input_as_a_collector_hands_it_over(self):
        lines = f"[pod/sluis-0] {_line(1, 'login_started')}[pod/sluis-1] {_line(2, 'login_refused')}"
        for where in ([], ["-"]):
            result = CliRunner().invoke(main, ["find", *where, REFERENCE], input=lines)
            assert result.exit_code == 0
            assert result.output.index("login_started") < result.output.index("login_refused")

    def test_nothing_of_a_person_comes_out_of_a_line_that_holds_it(self, tmp_path):
        (tmp_path / "x.log").write_text(_line(1, "odd", hint="mail fenna@school.example", mail="f@school.example"))

        for output in (sluis("find", tmp_path, REFERENCE).output, sluis("find", tmp_path, REFERENCE, "--json").output):
            assert "school.example" not in output
            assert "<address>" in output

    def test_a_compressed_log_that_was_cut_off_is_said(self, tmp_path):
        (tmp_path / "x.gz").write_bytes(gzip.compress(_line(1, "login_started").encode())[:-9])

        result = sluis("find", tmp_path, REFERENCE)

        assert result.exit_code == 1
        assert result.stderr.startswith("a log cannot be read: ")

    def test_what_else_is_there_is_shown_beside_a_log_that_was_cut_off(self, tmp_path):
        (tmp_path / "one.log").write_text(_line(1, "login_begun"))
        (tmp_path / "two.gz").write_bytes(b"no gzip")

        result = sluis("find", tmp_path, REFERENCE)

        assert "login_begun" in result.stdout
        assert "two.gz" in result.stderr
        assert result.exit_code == 1

    def test_says_what_the_person_was_told_and_who_can_mend_it_by_the_clock_on_the_wall(self, logged):
        said = sluis("find", logged, REFERENCE).output

        assert "eck_id_required: You have no learning number yet." in said
        assert "Who can fix this: Your school" in said
        assert "2026-09-07 10:30:03" in " ".join(said.split())

    def test_what_can_be_no_reference_is_not_looked_for(self, logged):
        result = sluis("find", logged, "leesplein")

        assert result.exit_code == 1
        assert "leesplein is no reference" in result.stderr

    def test_a_log_that_goes_elsewhere(self, tmp_path):
        result = sluis("find", write_configuration(tmp_path, {"gateway.yaml": _without_log()}), REFERENCE)

        assert result.exit_code == 1
        assert "standard error" in result.stderr


def _without_log() -> str:
    return FILES["gateway.yaml"] + "log: {file: null}\n"
