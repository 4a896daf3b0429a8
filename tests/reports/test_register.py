"""The register of processing says what the configuration does: no more, no less, and what is missing aloud."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.cli.loading import examine
from gateway.demo.federation import write_federation
from gateway.domain.clock import SystemClock
from gateway.domain.language import Language
from gateway.reports.measures import LACKS, Measure
from gateway.reports.register import Activity, Missing, Register, register

TOLD = """
processing:
  officer: {name: Functionaris, email: fg@example.nl}
  legal_basis: legal-obligation
  controllers:
    stichting-voorbeeld: {name: Stichting Voorbeeld, email: bestuur@example.nl}
  processors:
    - {name: Hoster, task: {nl: "Machines", en: "Machines"}, country: NL}
    - {name: Elsewhere, task: {nl: "Wacht", en: "Watch"}, country: US, safeguard: "Article 46(2)(c)"}
  log: 30d
  measures: [{nl: "ISO 27001", en: "ISO 27001, certified"}]
"""


def sluis(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def directory(tmp_path) -> Path:
    return write_federation(tmp_path / "config", port=8123).directory


def changed(directory: Path, file: str, old: str, new: str) -> None:
    path = directory / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def told(directory: Path, text: str = TOLD) -> None:
    with (directory / "gateway.yaml").open("a") as file:
        file.write(text)


def made(directory: Path, language: Language = Language.EN) -> Register:
    configuration = examine(directory, SystemClock()).configuration
    assert configuration is not None
    return register(configuration.settings, configuration.federation, now=SystemClock().now(), language=language)


def received(of: Register, service: str) -> dict[str, tuple[tuple[str, ...], tuple[str, ...], int]]:
    [found] = [one for one in of.recipients if one.service == service]
    return {line.attribute: (line.roles, line.reductions, line.schools) for line in found.lines}


def test_recipients_get_what_explain_says_that_goes(directory):
    explained = json.loads(
        sluis("explain", directory, "--service", "rekentuin", "--school", "99XA", "--role", "student", "--json").stdout
    )
    goes = {line["attribute"] for line in explained["lines"] if line["released"]} | {"provisional_id"}
    assert received(made(directory), "rekentuin").keys() == goes


def test_a_suspended_agreement_is_no_processing(directory):
    for file in (directory / "agreements").iterdir():
        text = file.read_text().replace("reference: REGENBOOG-2026-01", "reference: R\n  suspended: a breach")
        file.write_text(text)
    assert [one.service for one in made(directory).recipients] == ["leesplein", "schrijfmaatje"]


def test_roles_and_reductions_are_those_of_the_decision(directory):
    for file in (directory / "agreements").iterdir():
        text = file.read_text().replace("VOORBEELD-2026-07", "V\n  reduce: {surname: initial}")
        file.write_text(text)
    changed(
        directory,
        "policy.yaml",
        "  given_name: {class: base,",
        "  given_name: {class: base, roles: {affiliate: never},",
    )
    found = received(made(directory), "leesplein")
    assert found["surname"] == (("student", "employee", "staff", "affiliate"), ("initial",), 2)
    assert found["given_name"][0] == ("student", "employee", "staff")


def test_periods_are_those_of_the_configuration(directory):
    told(directory, "retention: {ledger: 400d}\n")
    changed(directory, "gateway.yaml", "transaction: 15m", "transaction: 20m")
    kept = {one.activity: one.seconds for one in made(directory).activities}
    assert kept[Activity.LEDGER] == 400 * 86400
    assert kept[Activity.LOGIN] == 20 * 60
    assert kept[Activity.LOG] is None
    assert Activity.VAULT not in kept, "no identity provider of this federation asks it"
    assert Activity.FETCH in kept
    (directory / "services/schrijfmaatje.yaml").unlink()
    agreements = directory / "agreements/agreements.yaml"
    agreements.write_text(agreements.read_text().partition("- service: schrijfmaatje")[0])
    kept = {one.activity: one.seconds for one in made(directory).activities}
    assert Activity.FETCH not in kept, "no service of this federation speaks OpenID Connect any more"


def test_a_vault_is_in_it_where_there_is_one(directory):
    changed(directory, "identity-providers/regenboog.yaml", "eck_id: [assertion]", "eck_id: [assertion, vault]")
    [vault] = [one for one in made(directory).activities if one.activity is Activity.VAULT]
    assert vault.kept == "until the day on which the entry ends, or the school takes it back"


def test_links_and_consents_are_in_it_where_people_come_with_an_identity_of_their_own(tmp_path):
    federation = write_federation(tmp_path / "demo", port=8080, user_held=True)
    kept = {one.activity: one.kept for one in made(federation.directory).activities}
    assert kept[Activity.LINKS] == kept[Activity.CONSENTS] == "365 days"
    page = sluis("report", "register", federation.directory, "--language", "nl").stdout
    assert "Koppelingen van eduID en schoolaccount" in page
    assert kept[Activity.SCHOOL_LINKS] == "365 days"
    assert "Koppelingen van accounts bij twee scholen" in page
    assert kept[Activity.NUMMERVOORZIENING] == "365 days"
    assert "Nummervoorziening, namens de school" in page


def test_what_the_law_asks_and_nobody_said_is_named(directory):
    result = sluis("report", "register", directory)
    assert made(directory).missing == (Missing.OFFICER, Missing.CONTROLLERS, Missing.LOG)
    assert result.exit_code == 0
    assert "the register lacks `processing.officer` of gateway.yaml" in result.stderr
    assert "Nog in te vullen" in result.stdout


def test_what_was_said_stands_in_it(directory):
    told(directory)
    found = made(directory)
    assert found.missing == ()
    assert found.legal_basis == "legal-obligation"
    assert found.officer is not None
    assert found.officer.contact == "fg@example.nl"
    assert [(one.name, one.contact) for one in found.controllers] == [("Stichting Voorbeeld", "bestuur@example.nl")]
    assert [(one.country, one.safeguard) for one in found.processors] == [("NL", ""), ("US", "Article 46(2)(c)")]
    assert found.own_measures == ("ISO 27001, certified",)
    page = sluis("report", "register", directory, "--language", "en").stdout
    for said in ("Stichting Voorbeeld", "fg@example.nl", "ISO 27001, certified", "30 days", "Article 46(2)(c)"):
        assert said in page
    assert "Still to be filled in" not in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("processing: {controllers: {stichting-vorbeeld: {name: X, email: x@example.nl}}}\n", "did you mean"),
        ("processing: {controllers: {99XA: {name: X, email: x@example.nl}}}\n", "neither a board nor a school"),
        ("processing: {processors: [{name: X, task: {nl: Y}, country: US}]}\n", "safeguard is missing"),
        ("processing: {legal_basis: because}\n", "legal_basis is not one of the possible values"),
        ("processing: {officer: {name: X, email: nowhere}}\n", "an e-mail address is name@domain"),
    ],
)
def test_what_cannot_be_said(directory, text, said):
    told(directory, text)
    result = sluis("check", directory)
    assert result.exit_code == 1
    assert "gateway.yaml:" in result.stdout
    assert said in result.stdout


@pytest.mark.parametrize(
    ("url", "measure"),
    [
        ("postgresql://db.example/sluis?sslmode=verify-full", Measure.RECORDS_TLS),
        ("postgresql://db.example/sluis?sslmode=require", Measure.RECORDS_UNVERIFIED),
        ("sqlite:///var/lasting.sqlite", Measure.RECORDS_ON_MACHINE),
    ],
)
def test_the_database_is_as_safe_as_its_address_says(directory, url, measure):
    changed(directory, "gateway.yaml", "sqlite:///var/lasting.sqlite", url)
    assert measure in {one.measure for one in made(directory).measures}
    assert (measure in LACKS) == (measure is Measure.RECORDS_UNVERIFIED)


@pytest.mark.parametrize(
    ("store", "measure"),
    [
        ("{kind: redis, url: 'redis://r.example/0'}", Measure.STORE_PLAIN),
        ("{kind: redis, url: 'rediss+sentinel://a.example,b.example/main'}", Measure.STORE_TLS),
    ],
)
def test_the_store_is_as_safe_as_its_address_says(directory, store, measure):
    changed(directory, "gateway.yaml", "{kind: sqlite, path: var/short-lived.sqlite}", store)
    assert measure in {one.measure for one in made(directory).measures}


def test_the_three_forms_say_the_same(directory):
    as_json, as_csv, page = (
        sluis("report", "register", directory, f"--{form}").stdout for form in ("json", "csv", "html")
    )
    found = json.loads(as_json)
    rows = list(csv.DictReader(io.StringIO(as_csv)))
    lines = [(one["service"], line["attribute"]) for one in found["recipients"] for line in one["lines"]]
    assert [(row["service"], row["data"]) for row in rows if row["service"]] == lines
    assert {row["activity"] for row in rows} == {one["activity"] for one in found["activities"]}
    assert "<script" not in page
    assert page.count("Uitgeverij Letterbos") == 1
