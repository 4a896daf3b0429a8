"""`sluis accounts migrate`: a school changes its administration, and no service notices."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.attributes.values import RawAttributes
from gateway.cli import main
from gateway.demo.federation import write_federation
from gateway.domain.sector import Sector
from gateway.federation.models import IdpId, ServiceId
from gateway.parts import Parts, assemble, releases_of, vault_of
from gateway.pseudonyms.derivation import account_hash
from gateway.release.released import ReleasedAttributes
from gateway.settings.loader import load
from gateway.storage.vault_entry import VaultEntry

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
ECK_ID, ANOTHER = ("https://ketenid.nl/pilot/" + digit * 128 for digit in "fd")


@dataclass
class School:
    """The gateway as it is configured, and its learners as they log in."""

    directory: Path
    parts: Parts

    def released(
        self, user: str, *, eck_id: str | None = None, idp: str = "regenboog", now: datetime = NOW
    ) -> ReleasedAttributes:
        provider = self.parts.federation.identity_providers[IdpId(idp)]
        sent = [
            ("uid", (user,)),
            ("nlEduPersonHomeOrganizationId", (str(next(iter(provider.schools))),)),
            ("eduPersonAffiliation", ("student",)),
            ("givenName", ("Noor",)),
        ]
        if eck_id:
            sent.append(("eckId", (eck_id,)))
        releases = releases_of(self.parts)
        outcome = releases.release(
            service=self.parts.federation.services[ServiceId("leesplein")],
            idp=provider,
            reading=releases.read(RawAttributes(tuple(sent), None), provider, now=now),
            now=now,
            reference="R1",
        )
        return outcome.released

    def provision(self, user: str, **said: object) -> None:
        vault = vault_of(self.parts.engine, self.parts.keys, self.parts.randomness)
        account = account_hash(self.parts.keys.pseudonyms.first, IdpId("regenboog"), user)
        vault.put([[VaultEntry(account=account, school="99XA", **said)]], at_once=True)

    def held(self, user: str) -> VaultEntry | None:
        vault = vault_of(self.parts.engine, self.parts.keys, self.parts.randomness)
        return vault.find(
            account_hash(self.parts.keys.pseudonyms.first, IdpId("regenboog"), user), "99XA", today=NOW.date()
        )

    def migrate(self, *pairs: str, more: tuple[str, ...] = ("--write",), text: str = "") -> Result:
        file = self.directory.parent / "accounts.csv"
        file.write_text(text or "old,new\n" + "".join(f"{pair}\n" for pair in pairs), "utf-8")
        arguments = ["accounts", "migrate", str(self.directory), str(file), "--idp", "regenboog", *more]
        return CliRunner().invoke(main, arguments)


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("accounts") / "gateway"
    write_federation(made, port=8080)
    for name, before, after in (
        ("identity-providers/regenboog.yaml", "eck_id: [assertion]", "eck_id: [assertion, vault]"),
        ("services/leesplein.yaml", "", "succession: {attribute: true}\n"),
    ):
        file = made / name
        text = file.read_text("utf-8")
        file.write_text(text.replace(before, after) if before else text + after, "utf-8")
    assert CliRunner().invoke(main, ["db", "upgrade", str(made)]).exit_code == 0
    return made


@pytest.fixture
def school(configured: Path, tmp_path: Path) -> Iterator[School]:
    """With nothing in its records yet."""
    made = tmp_path / "gateway"
    shutil.copytree(configured, made)
    parts = assemble(load(made))
    yield School(made, parts)
    parts.ledger.close()
    parts.engine.dispose()


def test_a_learner_without_an_eck_id_is_known_by_the_same_identifier_under_another_user_id(school):
    before = school.released("noor@regenboog.example").subject
    assert school.migrate("noor@regenboog.example,n.0001@regenboog.example").exit_code == 0
    after = school.released("n.0001@regenboog.example").subject
    assert (after.identifier, after.pairwise, after.kind) == (before.identifier, before.pairwise, before.kind)
    another = school.released("noor@regenboog.example").subject
    assert another.identifier != after.identifier, "whoever gets the old user id is somebody else"
    assert school.released("noor@regenboog.example").subject == another


def test_moved_there_and_back_again(school):
    before = school.released("a@regenboog.example").subject
    assert school.migrate("a@regenboog.example,b@regenboog.example").exit_code == 0
    assert school.migrate("b@regenboog.example,a@regenboog.example").exit_code == 0
    assert school.released("a@regenboog.example").subject == before


def test_who_moved_twice_is_still_the_same(school):
    before = school.released("a@regenboog.example").subject
    assert school.migrate("a@regenboog.example,b@regenboog.example").exit_code == 0
    assert school.migrate("b@regenboog.example,c@regenboog.example").exit_code == 0
    assert school.released("c@regenboog.example").subject == before


def test_and_when_the_eck_id_comes_the_service_hears_whom_it_is_of(school):
    before = school.released("noor@regenboog.example").subject
    assert school.migrate("noor@regenboog.example,n.0001@regenboog.example").exit_code == 0
    after = school.released("n.0001@regenboog.example", eck_id=ECK_ID)
    assert (after.subject.identifier, after.former) == (ECK_ID, before.identifier)
    assert after.subject.pairwise == before.pairwise


def test_entries_of_the_vault_go_with_the_account(school):
    school.provision("noor@regenboog.example", eck_ids={Sector.PO: ECK_ID}, adult=False)
    assert school.released("noor@regenboog.example").subject.identifier == ECK_ID
    assert school.migrate("noor@regenboog.example,n.0001@regenboog.example").exit_code == 0
    assert school.released("n.0001@regenboog.example").subject.identifier == ECK_ID
    assert school.released("noor@regenboog.example").subject.identifier != ECK_ID
    school.provision("other@regenboog.example", eck_ids={Sector.PO: ANOTHER})


def test_another_identity_provider_and_another_school(school):
    before = school.released("noor@regenboog.example").subject
    school.provision("noor@regenboog.example", eck_ids={Sector.PO: ECK_ID})
    more = ("--to-idp", "petteflat", "--school", "99XA", "--to-school", "99XB", "--write")
    result = school.migrate("noor@regenboog.example,noor@petteflat.example", more=more)
    assert result.exit_code == 0, result.output
    vault = vault_of(school.parts.engine, school.parts.keys, school.parts.randomness)
    assert vault.counts(today=NOW.date()) == {"99XB": 1}
    account = account_hash(school.parts.keys.pseudonyms.first, IdpId("petteflat"), "noor@petteflat.example")
    found = vault.find(account, "99XB", today=NOW.date())
    assert found is not None
    assert found.eck_ids == {Sector.PO: ECK_ID}
    service = school.parts.federation.services[ServiceId("leesplein")]
    known = releases_of(school.parts)._deciding._subjects.known_before(account, service)
    assert known == before.pairwise


def test_without_write_nothing_moves(school):
    before = school.released("noor@regenboog.example").subject
    result = school.migrate("noor@regenboog.example,n.0001@regenboog.example", more=())
    assert (result.exit_code, result.stdout) == (
        0,
        "1 lines, 1 accounts with something to move, 0 that cannot be moved\nnothing was written: --write does\n",
    )
    assert school.released("noor@regenboog.example").subject == before


def test_a_second_time_there_is_nothing_to_move(school):
    school.released("noor@regenboog.example")
    assert school.migrate("noor@regenboog.example,n.0001@regenboog.example").exit_code == 0
    again = school.migrate("noor@regenboog.example,n.0001@regenboog.example")
    assert again.exit_code == 0
    assert again.stdout.endswith("0 accounts go on as others\n")


def test_a_new_account_that_is_in_use_keeps_everything_as_it_is(school):
    """Nobody is given another's identifier, and no line of the file is written."""
    mine = school.released("noor@regenboog.example").subject
    other = school.released("n.0001@regenboog.example").subject
    third = school.released("x@regenboog.example").subject
    result = school.migrate(
        "x@regenboog.example,y@regenboog.example", "noor@regenboog.example,n.0001@regenboog.example"
    )
    assert result.exit_code == 1
    assert "line 3: the new account is in use already" in result.stderr
    assert [school.released(f"{name}@regenboog.example").subject for name in ("noor", "n.0001", "x")] == [
        mine,
        other,
        third,
    ]


def test_who_logged_in_too_early_gets_back_what_was_theirs(school):
    before = school.released("noor@regenboog.example").subject
    early = school.released("n.0001@regenboog.example", now=NOW + timedelta(days=3)).subject
    school.provision("noor@regenboog.example", stampseudonym="said before")
    school.provision("n.0001@regenboog.example", stampseudonym="said last")
    assert early.identifier != before.identifier
    pair = "noor@regenboog.example,n.0001@regenboog.example"
    refused = school.migrate(pair)
    assert (refused.exit_code, "say since when: --began" in refused.stderr) == (1, True)
    moved = school.migrate(pair, more=("--began", "2026-09-09", "--write"))
    assert moved.exit_code == 0, moved.output
    after = school.released("n.0001@regenboog.example").subject
    assert (after.identifier, after.pairwise) == (before.identifier, before.pairwise)
    assert school.held("n.0001@regenboog.example").stampseudonym == "said last"
    assert school.held("noor@regenboog.example") is None


def test_a_new_account_that_was_in_use_before_is_somebody_elses(school):
    mine = school.released("noor@regenboog.example").subject
    other = school.released("n.0001@regenboog.example").subject
    result = school.migrate(
        "noor@regenboog.example,n.0001@regenboog.example", more=("--began", "2026-09-09", "--write")
    )
    assert result.exit_code == 1
    assert "line 2: the new account was in use before 2026-09-09" in result.stderr
    assert school.released("noor@regenboog.example").subject == mine
    assert school.released("n.0001@regenboog.example").subject == other


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("old,new\na,b\nb,c\n", "line 2: the new account is an old one of another line"),
        ("old,new\na,b\na,c\n", "line 3: an earlier line has this old or new account"),
        ("old,new\na,b\nc,b\n", "line 3: an earlier line has this old or new account"),
        ("old,new\na\n", "line 2: it has not two cells"),
        ("old,new\na,123456782\n", "line 2: account: it has the shape of a citizen number"),
        ("old,new\n,b\n", "line 2: account: it is empty"),
        ("from,to\na,b\n", "the header is `old` and `new`"),
        ("", "the header is `old` and `new`"),
        ('old,new\n"a,b\n', "it is no CSV in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(school, text, wrong):
    result = school.migrate(text=text or "\n")
    assert result.exit_code == 1
    assert wrong in result.stderr
    assert "123456782" not in result.output


def test_semicolons_and_empty_lines(school):
    school.released("noor@regenboog.example")
    result = school.migrate(text="Old;New\r\n\r\nnoor@regenboog.example;n.0001@regenboog.example\r\n")
    assert result.stdout.endswith("1 accounts go on as others\n")


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        (("--to-idp", "nobody"), "there is no identity provider nobody"),
        (("--school", "99XA"), "--school and --to-school go together"),
        (("--school", "99XA", "--to-school", "x"), "a BRIN is two digits"),
        (("--school", "99XA", "--to-school", "11AA"), "no school has the BRIN 11AA"),
    ],
)
def test_options_that_lead_nowhere(school, more, wrong):
    result = school.migrate("a,b", more=more)
    assert result.exit_code == 2
    assert wrong in result.output


def test_a_person_who_moved_is_forgotten_under_either_account(school):
    school.released("noor@regenboog.example")
    assert school.migrate("noor@regenboog.example,n.0001@regenboog.example").exit_code == 0
    arguments = [
        "forget",
        str(school.directory),
        "--idp",
        "regenboog",
        "--account",
        "noor@regenboog.example",
        "--delete",
    ]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "nothing of this person is left" in result.output
