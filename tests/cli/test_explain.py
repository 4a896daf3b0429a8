"""`sluis explain`, as an operator types it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.demo.federation import write_federation
from tests.support.configuration import write_configuration
from tests.support.typed import sluis


@pytest.fixture(scope="module")
def federation(tmp_path_factory) -> Path:
    return write_federation(tmp_path_factory.mktemp("explained") / "config", port=8123).directory


def _explain(directory: Path, *more: str, service="leesplein", school="99XA", role="student") -> Result:
    return sluis("explain", directory, "--service", service, "--school", school, "--role", role, *more)


class TestExplain:
    def test_names_every_attribute_with_its_rule_and_purpose(self, federation):
        result = _explain(federation)

        assert result.exit_code == 0
        rows = [line.split() for line in result.stdout.splitlines()]
        assert ["eck_id", "yes", "identifier-eck-id", "access", "eckId"] in rows
        assert ["given_name", "yes", "released-base", "greeting", "givenName"] in rows
        assert "leesplein at 99XA, student: agreement VOORBEELD-2026-07" in result.stdout
        assert "without ECK iD: provisional" in result.stdout
        assert "identity statement: primary_person_id eck_id" in result.stdout

    def test_as_json_says_the_same(self, federation):
        explained = json.loads(_explain(federation, "--json").stdout)

        assert (explained["service"], explained["school"], explained["role"]) == ("leesplein", "99XA", "student")
        assert {
            "attribute": "eck_id",
            "released": True,
            "rule": "identifier-eck-id",
            "purpose": "access",
            "reduction": "",
            "name": "eckId",
        } in explained["lines"]
        assert explained["identity_statement"]["primary_person_id"] == "eck_id"

    def test_a_role_matters(self, federation):
        learner, teacher = (
            json.loads(_explain(federation, "--json", role=role).stdout) for role in ("student", "employee")
        )

        assert learner["identity_statement"]["flag"] == "onderwijsdeelnemer"
        assert teacher["identity_statement"]["flag"] == "onderwijsmedewerker"

    def test_why_not_says_the_rule_in_words(self, federation):
        name, mail = (_explain(federation, "--why-not", one).stdout for one in ("given_name", "email"))

        assert "given_name (givenName) goes (released-base): agreed, and the policy lets it go" in name
        assert "email (mail) stays: no attribute set of leesplein asks it" in mail

    def test_a_client_is_explained_in_its_own_claims(self, federation):
        result = _explain(federation, service="schrijfmaatje")

        assert result.exit_code == 0
        rows = [line.split() for line in result.stdout.splitlines()]
        assert ["role", "yes", "released-base", "teacher-dashboard", "eduperson_affiliation"] in rows
        assert "claim" in result.stdout

    @pytest.mark.parametrize("name", ["eduperson_affiliation", "role"])
    def test_why_a_claim_goes_and_how_it_is_asked(self, federation, name):
        said = " ".join(_explain(federation, "--why-not", name, service="schrijfmaatje").stdout.split())

        assert "role (eduperson_affiliation) goes (released-base)" in said
        assert "asked by scope school, or by name in `claims`" in said

    def test_why_a_claim_that_was_asked_is_absent(self, federation):
        said = _explain(federation, "--why-not", "family_name", service="schrijfmaatje").stdout

        assert "surname (family_name) stays: no attribute set of schrijfmaatje asks it" in said

    def test_a_name_that_the_service_does_not_read(self, federation):
        result = _explain(federation, "--why-not", "givenName", service="schrijfmaatje")

        assert result.exit_code == 2
        assert "no attribute or name of schrijfmaatje is givenName" in " ".join(result.stderr.split())

    def test_the_matrix_of_a_school_in_every_form(self, federation):
        as_json, as_csv, page, table = (
            sluis("explain", federation, "--matrix", "--school", "99XA", *form).stdout
            for form in (["--json"], ["--csv"], ["--html"], [])
        )

        rows = json.loads(as_json)
        assert {(row["service"], row["role"]) for row in rows} >= {("leesplein", "student"), ("rekentuin", "staff")}
        header, *lines = as_csv.splitlines()
        assert header.split(",") == list(rows[0])
        assert len(lines) == len(rows)
        assert page.count("<table>") == len({row["service"] for row in rows})
        assert "<script" not in page
        assert "Wat er van De Regenboog naar lesmateriaal kan gaan" in page
        assert "blijft: niet in de versie die de school aanvaardde" in page
        assert ["surname", "no", "stopped-not-agreed", "everybody"] in [line.split() for line in table.splitlines()]
        assert {"leesplein", "rekentuin"} <= set(table.splitlines())

    def test_the_matrix_of_everybody_counts_schools(self, federation):
        rows = json.loads(sluis("explain", federation, "--matrix", "--json").stdout)

        assert {row["schools"] for row in rows if row["service"] == "leesplein" and row["attribute"] == "eck_id"} == {2}
        table = sluis("explain", federation, "--matrix").stdout
        first = table[table.index("rekentuin") :].splitlines()[3].split()
        assert first == ["nothing", "no", "agreement_missing", "1", "everybody"]

    @pytest.mark.parametrize("width", ["80", "120"])
    @pytest.mark.parametrize(
        "more", [["--matrix"], ["--service", "leesplein", "--school", "99XA", "--role", "student"]]
    )
    def test_no_line_is_wider_than_the_terminal(self, federation, more, width):
        said = CliRunner(env={"COLUMNS": width}).invoke(main, ["explain", str(federation), *more])
        assert max(map(len, said.stdout.splitlines())) <= int(width)

    @pytest.mark.parametrize(
        "more", [["--matrix", "--role", "student"], ["--service", "leesplein"], ["--matrix", "--school", "x"]]
    )
    def test_what_makes_no_sense_together(self, federation, more):
        assert sluis("explain", federation, *more).exit_code == 2

    def test_a_school_that_nobody_knows(self, federation):
        result = _explain(federation, school="98ZZ")

        assert result.exit_code == 1
        assert result.stdout.startswith("nothing is released: brin_unknown")

    def test_a_service_without_an_agreement(self, federation, tmp_path):
        directory = write_federation(tmp_path / "config", port=8123).directory
        for agreements in (directory / "agreements").iterdir():
            agreements.write_text("[]\n")

        result = _explain(directory)

        assert result.exit_code == 1
        assert result.stdout.startswith("nothing is released: agreement_")

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"service": "leesplien"}, "no service has the id leesplien; known: leesplein, rekentuin, schrijfmaatje"),
            ({"school": "Regenboog"}, "a BRIN is two digits and two capitals"),
            ({"role": "pupil"}, "'pupil' is not one of"),
        ],
    )
    def test_words_that_mean_nothing(self, wrong, words, federation):
        result = _explain(federation, **wrong)

        assert result.exit_code == 2
        assert words in " ".join(result.stderr.split())

    def test_a_configuration_that_cannot_be_used(self, tmp_path):
        result = _explain(write_configuration(tmp_path, {"policy.yaml": "{}\n"}), service="leesplein", school="99XB")

        assert result.exit_code == 1
        assert "policy.yaml" in result.stderr
        assert result.stdout == ""
