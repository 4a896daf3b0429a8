"""A pupil whose school sends no ECK iD is known by the one that the administration handed in."""

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.demo.federation import DemoFederation
from gateway.demo.people import SCHOOLS
from tests.flows.test_login import received
from tests.support.demo import Demo, running_demo

ECK_ID = "https://ketenid.nl/pilot/" + "5c" * 64


def use_the_vault(federation: DemoFederation) -> None:
    entry = federation.directory / "identity-providers/regenboog.yaml"
    entry.write_text(entry.read_text("utf-8").replace("eck_id: [assertion]", "eck_id: [assertion, vault]"), "utf-8")
    service = federation.directory / "services/leesplein.yaml"
    service.write_text(service.read_text("utf-8") + "succession: {attribute: true}\n", "utf-8")


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("vault"), use_the_vault) as running:
        yield running


def names(school: Demo) -> dict[str, str]:
    return received(school.log_in(school.tab(), "leesplein", "De Regenboog", "Noor").press("Verder"))


def test_from_the_next_login_on_and_the_service_still_knows_the_pupil(school: Demo) -> None:
    before = names(school)
    assert "eckId" not in before
    file = school.federation.directory.parent / "accounts.csv"
    file.write_text(f"account;school;eck_id\nnoor@{SCHOOLS[0].domain};99XA;{ECK_ID}\n")
    arguments = ["vault", "import", str(school.federation.directory), str(file), "--idp", "regenboog"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    after = names(school)
    assert after["eckId"] == ECK_ID
    assert "uid" not in after
    assert after["NameID (persistent)"] == before["NameID (persistent)"]
    assert after["formerId"] == before["uid"]
    once_more = names(school)
    assert once_more["eckId"] == ECK_ID
    assert "formerId" not in once_more
