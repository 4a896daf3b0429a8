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


def test_a_key_that_seals_links_is_not_lost(directory: Path) -> None:
    settings = load(directory)
    active = keys_or_exit(settings).sealing.active.id
    assert dependents_of(settings, "sealing", active).links == 3
    assert sluis("reseal", directory).output == "3 links sealed anew\n"
    assert dependents_of(settings, "sealing", "another").links == 0
