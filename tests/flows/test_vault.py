"""A pupil whose school sends no ECK iD is known by the one that the administration handed in.

Over the wire, by SAML and by OpenID Connect: what services get, in any order of logins and of what the school does.
"""

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.demo.federation import DemoFederation
from gateway.demo.people import SCHOOLS
from tests.flows.test_login import received
from tests.flows.test_openid_login import shown
from tests.support.demo import Demo, running_demo
from tests.support.dice import Dice

ECK_ID = "https://ketenid.nl/pilot/" + "5c" * 64
ACCOUNT = f"noor@{SCHOOLS[0].domain}"
IDENTIFIERS = {"eckid", "eckId", "provisional_id", "uid"}


def use_the_vault(federation: DemoFederation) -> None:
    entry = federation.directory / "identity-providers/regenboog.yaml"
    entry.write_text(entry.read_text("utf-8").replace("eck_id: [assertion]", "eck_id: [assertion, vault]"), "utf-8")
    service = federation.directory / "services/leesplein.yaml"
    service.write_text(service.read_text("utf-8") + "succession: {attribute: true}\n", "utf-8")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("vault"), use_the_vault) as running:
        yield running


def provision(school: Demo) -> None:
    file = school.federation.directory.parent / "accounts.csv"
    file.write_text(f"account;school;eck_id\n{ACCOUNT};99XA;{ECK_ID}\n")
    arguments = ["vault", "import", str(school.federation.directory), str(file), "--idp", "regenboog"]
    assert CliRunner().invoke(main, arguments).exit_code == 0


def withdraw(school: Demo) -> None:
    arguments = ["vault", "delete", str(school.federation.directory), "--idp", "regenboog"]
    done = CliRunner().invoke(main, arguments, input=f"{ACCOUNT}\n")
    assert done.exit_code == 0, done.output


def names(school: Demo) -> dict[str, str]:
    return received(school.log_in(school.tab(), "leesplein", "De Regenboog", "Noor").press("Verder"))


def test_from_the_next_login_on_and_the_service_still_knows_the_pupil(school: Demo) -> None:
    before = names(school)
    assert "eckId" not in before
    provision(school)
    after = names(school)
    assert after["eckId"] == ECK_ID
    assert "uid" not in after
    assert after["NameID (persistent)"] == before["NameID (persistent)"]
    assert after["formerId"] == before["uid"]
    once_more = names(school)
    assert once_more["eckId"] == ECK_ID
    assert "formerId" not in once_more


def test_an_eck_id_that_is_gone_for_a_while_brings_back_the_identifier_from_before(school: Demo) -> None:
    """Somebody who logs in meanwhile may be somebody else with the same user id."""
    provision(school)
    before = shown(school, "Noor")
    withdraw(school)
    meanwhile = shown(school, "Noor")
    assert meanwhile["sub"] == meanwhile["provisional_id"] != before["sub"]
    provision(school)
    assert shown(school, "Noor") == before


def test_whatever_the_order_each_service_sees_one_identifier_of_each_pupil(school: Demo) -> None:
    """The laws of `tests/release`, as services see them: each pupil by one identifier at a time, and nobody's else."""
    dice, known, has_one = Dice(1), dict[tuple[str, str], dict[str, str]](), True
    for _ in range(20):
        if dice.one(range(3)) == 0:
            (withdraw if has_one else provision)(school)
            has_one = not has_one
        service, pupil = dice.one(["leesplein", "schrijfmaatje"]), dice.one(["Noor", "Noor", "Fenna", "Daan"])
        if service == "leesplein":
            got = received(school.log_in(school.tab(), service, "De Regenboog", pupil).press("Verder"))
        else:
            got = shown(school, pupil)
        [identifier] = {name: value for name, value in got.items() if name in IDENTIFIERS}.values()
        assert identifier.startswith("https://") is (pupil != "Noor" or has_one)
        of_protocol = got["NameID (persistent)" if service == "leesplein" else "sub"]
        assert known.setdefault((service, pupil), {}).setdefault(identifier, of_protocol) == of_protocol
    assert {service for service, _ in known} == {"leesplein", "schrijfmaatje"}
    whose: dict[str, str] = {}
    for (_, pupil), seen in known.items():
        for one in {*seen, *seen.values()}:
            assert whose.setdefault(one, pupil) == pupil, "no identifier is two pupils'"
