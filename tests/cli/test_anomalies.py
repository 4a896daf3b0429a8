"""`sluis anomalies`, as an operator types it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import anomalies, main
from gateway.domain.anomaly import Anomaly
from gateway.parts import lasting_engine
from gateway.release import linked
from gateway.settings.loader import load
from gateway.storage import migrate
from gateway.storage.anomalies import SqlAnomalies
from gateway.storage.contracts import AnomalyRow
from tests.support.configuration import write_configuration

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
FENNA, DAAN = "f" * 64, "d" * 64


def record(directory: Path, day: int, kind: str, school: str | None, account: str) -> None:
    engine = lasting_engine(load(directory))
    row = AnomalyRow(NOW + timedelta(days=day), f"REF{day}", kind, "regenboog", school, account)
    SqlAnomalies(engine).record(row)
    engine.dispose()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_configuration(tmp_path)
    engine = lasting_engine(load(tmp_path))
    migrate.upgrade(engine)
    engine.dispose()
    record(tmp_path, 0, "eck_id_malformed", "99XA", FENNA)
    record(tmp_path, 1, "eck_id_malformed", "99XA", FENNA)
    record(tmp_path, 2, "eck_id_contradictory", "99XB", DAAN)
    return tmp_path


def sluis(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["anomalies", *(str(one) for one in arguments)])


def test_one_case_for_each_account_and_kind_without_the_account(directory):
    result = sluis("list", directory)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "3: eck_id_contradictory, regenboog, school 99XB, 2026-09-09, open",
        "2: eck_id_malformed, regenboog, school 99XA, 2 days, 2026-09-07 to 2026-09-08, open",
        "2 cases",
    ]
    assert FENNA not in sluis("list", directory, "--json").output


@pytest.mark.parametrize("wanted", [("--school", "99XA"), ("--kind", "eck_id_malformed")])
def test_those_of_one_school_or_kind(directory, wanted):
    found = json.loads(sluis("list", directory, "--json", *wanted).output)
    assert [(one["id"], one["days"], one["reference"], one["resolved"]) for one in found] == [(2, 2, "REF1", False)]


def test_a_case_in_words_with_the_login_to_look_up(directory):
    shown = sluis("show", directory, "3").output
    assert "One account has two ECK iDs" in shown
    assert f"sluis find {directory} REF2" in shown
    assert sluis("show", directory, "99").exit_code == 1


def test_resolved_until_it_is_seen_again(directory):
    assert sluis("resolve", directory, "2").output == "case 2 is resolved\n"
    assert sluis("resolve", directory, "2").exit_code == 1
    assert sluis("resolve", directory, "99").exit_code == 1
    assert sluis("list", directory, "--school", "99XA").exit_code == 0
    assert ", resolved\n" in sluis("list", directory, "--school", "99XA", "--all").output
    record(directory, 5, "eck_id_malformed", "99XA", FENNA)
    assert sluis("list", directory, "--school", "99XA").output.splitlines()[-1] == "1 cases"


@pytest.mark.parametrize(
    ("which", "said", "left"),
    [
        (("2", "3"), "case 2 is resolved\ncase 3 is resolved\n", 1),
        (("--kind", "eck_id_malformed"), "2 cases are resolved\n", 1),
        (("--school", "99XA"), "2 cases are resolved\n", 1),
        (("--kind", "eck_id_malformed", "--school", "99XB"), "0 cases are resolved\n", 3),
    ],
)
def test_several_at_once(directory, which, said, left):
    record(directory, 0, "eck_id_malformed", "99XA", DAAN)
    result = sluis("resolve", directory, *which)
    assert (result.exit_code, result.output) == (0, said)
    assert sluis("list", directory).output.splitlines()[-1] == f"{left} cases"


@pytest.mark.parametrize("which", [(), ("2", "--school", "99XA")])
def test_which_cases_must_be_said_in_one_way(directory, which):
    assert sluis("resolve", directory, *which).exit_code == 2


def test_every_kind_that_is_recorded_has_its_words():
    assert set(anomalies._MEANINGS) == set(Anomaly)
    of_links = {Anomaly.LINK_SUSPENDED, Anomaly.LINK_TAKEN, Anomaly.LINK_OTHER_PERSON}
    assert {Anomaly(code.value) for code in linked.ANOMALIES} == of_links
