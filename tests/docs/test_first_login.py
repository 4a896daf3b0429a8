"""The operator's guide from an empty directory to a pupil who is in, word for word."""

import re
from pathlib import Path

import pytest

from gateway.demo.beside import TEST_SCHOOL, TEST_SERVICE
from gateway.demo.people import GATEWAY_HOST
from tests.support.browser_like import Tab
from tests.support.child_process import Address
from tests.support.demo import free_port
from tests.support.guide_steps import Guide, Newcomer
from tests.support.named_in_docs import ROOT
from tests.support.patient import patient

pytestmark = pytest.mark.untraced


def test_a_newcomer_is_in_after_the_steps_of_the_guide(tmp_path: Path) -> None:
    port = free_port()
    guide, newcomer = Guide(ROOT / "docs/guides/operator.md", {8080: port}), Newcomer(tmp_path)
    (init,) = guide.commands("Configure")
    newcomer.types(init)
    configuration = patient(tmp_path / "sluis-try")
    (parties,) = guide.commands("Start a test school and a test service")
    (check_and_serve,) = guide.commands("Check and serve")
    check, serve = check_and_serve.strip().split("\n")
    with newcomer.leaves_running(parties.strip(), Address(TEST_SERVICE.host, port)) as said:
        told = said.read_text()
        assert f"wrote {configuration / 'agreements/test-service.yaml'}" in told
        service = re.search(r"open (http\S+)", told)
        assert service is not None
        assert service[1] in guide.step("Log in")
        assert newcomer.types(check).strip() in guide.step("Check and serve")
        with newcomer.leaves_running(serve, Address(GATEWAY_HOST, port)):
            pupil = Tab(language="en").open(service[1]).follow("Log in").press("Fenna, student")
            pupil.press("Continue").press("Continue")
            assert "You are in" in pupil.text
            assert f"eckId{TEST_SCHOOL.people[0].eck_id()}" in pupil.text
            assert "givenNameFenna" in pupil.text
            assert not any(word in pupil.text for word in ("Vries", "P-1", "groep 6", "fenna@"))
            new = Tab(language="en").open(service[1]).follow("Log in").press("Noor, student")
            assert "eckId" not in new.press("Continue").press("Continue").text
            (explain_and_verify,) = guide.commands("Log in")
            found = newcomer.types(explain_and_verify)
    assert "given_name" in found
    assert "0 flaws" in found
