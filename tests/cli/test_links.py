"""`sluis links`, as an operator types it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.cli.key_dependents import dependents_of
from gateway.cli.loading import keys_or_exit
from gateway.domain.clock import SystemClock, dutch_day
from gateway.domain.link import LinkKind, LinkState
from gateway.domain.randomness import SystemRandomness
from gateway.federation.models import IdpId
from gateway.parts import lasting_engine, links_of
from gateway.pseudonyms.derivation import account_hash
from gateway.settings.loader import load
from gateway.storage import migrate
from gateway.storage.contracts import LinkRow
from tests.support.configuration import write_configuration

NOW = datetime.now(UTC)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_configuration(tmp_path)
    settings = load(tmp_path)
    keys, engine = keys_or_exit(settings), lasting_engine(settings)
    migrate.upgrade(engine)
    links = links_of(engine, keys, SystemRandomness())
    for number, (school, user) in enumerate((("99YA", "mo"), ("99YA", "noor"), ("99YB", "sam"))):
        row = LinkRow(
            id=str(number) * 40,
            kind=LinkKind.USER_HELD,
            state=LinkState.SUSPENDED if user == "noor" else LinkState.LIVE,
            holder=account_hash(keys.pseudonyms.first, IdpId("eduid"), user),
            linked=account_hash(keys.pseudonyms.first, IdpId("roc"), user),
            school=school,
            made=NOW + timedelta(seconds=number),
            seen=NOW,
            until=dutch_day(SystemClock().now() + timedelta(days=300)),
            content=b"{}",
        )
        assert links.make(row)
    engine.dispose()
    return tmp_path


def sluis(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["links", *(str(one) for one in arguments)])


def listed(directory: Path, *which: str) -> list[tuple[str, str]]:
    found = json.loads(sluis("list", directory, "--json", *which).output)
    return [(one["link"][0], one["standing"]) for one in found]


def test_each_link_is_listed_without_its_accounts(directory: Path) -> None:
    shown = sluis("list", directory).output
    assert f"{'0' * 40}: user_held, school 99YA, live, made " in shown
    assert "3 links" in shown
    assert not any(name in shown for name in ("mo", "noor", "sam,"))


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (("--school", "99YA"), [("0", "live"), ("1", "suspended")]),
        (("--idp", "eduid", "--account", "sam"), [("2", "live")]),
        (("--idp", "roc", "--account", "sam"), [("2", "live")]),
        (("--idp", "roc", "--account", "nobody"), []),
        (("--link", "1" * 40), [("1", "suspended")]),
    ],
    ids=str,
)
def test_those_of_a_school_of_an_account_or_one(
    which: tuple[str, ...], found: list[tuple[str, str]], directory: Path
) -> None:
    assert listed(directory, *which) == found


def test_a_school_revokes_its_links(directory: Path) -> None:
    assert sluis("revoke", directory, "--school", "99YA").output == "2 links to be revoked with --delete\n"
    assert len(listed(directory)) == 3
    assert sluis("revoke", directory, "--school", "99YA", "--delete").output == "2 links revoked\n"
    assert listed(directory) == [("2", "live")]


def test_revoking_all_of_them_by_mistake_is_not_possible(directory: Path) -> None:
    for wrong in ((), ("--account", "mo"), ("--account", "mo", "--school", "99YA")):
        assert sluis("revoke", directory, "--delete", *wrong).exit_code == 2
    assert len(listed(directory)) == 3


@pytest.fixture
def guest(directory: Path) -> Path:
    """A guest link of a minor beside them, used at 99YC."""
    settings = load(directory)
    keys, engine = keys_or_exit(settings), lasting_engine(settings)
    row = LinkRow(
        id="9" * 40,
        kind=LinkKind.GUEST,
        state=LinkState.PENDING,
        holder="a" * 64,
        linked="b" * 64,
        school="99YB",
        at="99YC",
        made=NOW + timedelta(seconds=9),
        seen=NOW,
        until=dutch_day(SystemClock().now() + timedelta(days=300)),
        content=b"{}",
    )
    assert links_of(engine, keys, SystemRandomness()).make(row)
    engine.dispose()
    return directory


def approve(directory: Path, **changes: str) -> Result:
    asked = {"link": "9" * 40, "school": "99YC", "reference": "form-2026/17", **changes}
    return sluis("approve", directory, *(part for name, value in asked.items() for part in (f"--{name}", value)))


@pytest.mark.parametrize("school", ["99YB", "99YC"])
def test_either_school_says_that_a_parent_agrees_and_that_is_on_record(school: str, guest: Path) -> None:
    assert listed(guest, "--pending") == [("9", "pending")]
    assert f"{'9' * 40}: guest, school 99YB, used at 99YC, pending, made " in sluis("list", guest).output
    done = approve(guest, school=school)
    assert done.exit_code == 0
    assert f"recorded: school {school}, " in done.output
    assert listed(guest, "--pending") == []
    assert listed(guest, "--school", "99YC") == [("9", "live")]
    assert f", approved {NOW:%Y}" in sluis("list", guest, "--link", "9" * 40).output
    assert f" by {school} (form-2026/17)" in sluis("list", guest, "--link", "9" * 40).output


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"school": "99YA"}, 1),
        ({"link": "8" * 40}, 1),
        ({"link": "0" * 40, "school": "99YA"}, 1),
        ({"reference": "mother of Lotte"}, 2),
        ({"reference": ""}, 2),
    ],
    ids=str,
)
def test_what_cannot_be_approved(wrong: dict[str, str], code: int, guest: Path) -> None:
    before = sluis("list", guest).output
    assert approve(guest, **wrong).exit_code == code
    assert sluis("list", guest).output == before


def test_what_was_approved_is_not_approved_again(guest: Path) -> None:
    assert approve(guest).exit_code == 0
    assert approve(guest, school="99YB", reference="another").exit_code == 1


def test_the_school_where_it_is_used_revokes_it(guest: Path) -> None:
    assert sluis("revoke", guest, "--school", "99YC", "--delete").output == "1 links revoked\n"
    assert len(listed(guest)) == 3


def test_a_key_that_seals_links_is_not_lost(directory: Path) -> None:
    settings = load(directory)
    active = keys_or_exit(settings).sealing.active.id
    assert dependents_of(settings, "sealing", active).links == 3
    assert sluis("reseal", directory).output == "3 links sealed anew\n"
    assert dependents_of(settings, "sealing", "another").links == 0
