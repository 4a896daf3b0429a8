"""The operator's guide from an empty directory to a pupil who is in, word for word."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import environ
from pathlib import Path

import pytest

from gateway.demo.beside import TEST_SCHOOL, TEST_SERVICE
from gateway.demo.people import GATEWAY_HOST
from tests.support.browser_like import Tab
from tests.support.child_process import Address, serving
from tests.support.demo import free_port
from tests.support.named_in_docs import ROOT
from tests.support.patient import patient

pytestmark = pytest.mark.untraced

GUIDE = (ROOT / "docs/guides/operator.md").read_text("utf-8")


def section(heading: str) -> str:
    """What stands under a heading of the guide, up to the next."""
    found = re.search(rf"^### \d+\. {heading}\n(.*?)^##", GUIDE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"the guide has no step {heading!r}"
    return found[1]


class Newcomer:
    """Somebody who types what the guide says, in a home directory of their own."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.environment = {
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}:{environ['PATH']}",
            "LC_ALL": "C.UTF-8",
        }

    def in_the_guide(self, text: str) -> str:
        """As the guide has it, at a port that is free here."""
        return text.replace(":8080", f":{self.port}")

    def commands(self, heading: str) -> list[str]:
        """Those of a step, in order."""
        block = re.search(r"^```sh\n(.*?)^```$", section(heading), re.MULTILINE | re.DOTALL)
        assert block is not None
        return self.in_the_guide(block[1]).strip().split("\n")

    def types(self, command: str) -> str:
        """What the terminal says; a command that fails fails the test."""
        done = subprocess.run(
            ("sh", "-e", "-c", command),
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    @contextmanager
    def leaves_running(self, command: str, host: str) -> Iterator[Path]:
        """A command that answers at this host until the block ends; yields what it says."""
        said = self.home / f"{host}.txt"
        with serving(
            ("sh", "-c", f"exec {command}"),
            address=Address(host, self.port),
            log=said,
            environment=self.environment,
            ready=lambda: Tab().open(f"http://{host}:{self.port}/").status > 0,
        ):
            yield said


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Newcomer:
    return Newcomer(tmp_path_factory.mktemp("home"), free_port())


def test_a_newcomer_is_in_after_the_steps_of_the_guide(newcomer: Newcomer) -> None:
    (init,) = newcomer.commands("Configure")
    newcomer.types(init)
    configuration = patient(newcomer.home / "sluis-try")
    (parties,) = newcomer.commands("Start a test school and a test service")
    check, serve = newcomer.commands("Check and serve")
    with newcomer.leaves_running(parties, TEST_SERVICE.host) as said:
        told = said.read_text()
        assert f"wrote {configuration / 'agreements/test-service.yaml'}" in told
        service = re.search(r"open (http\S+)", told)
        assert service is not None
        assert service[1] in newcomer.in_the_guide(section("Log in"))
        assert newcomer.types(check).strip() in section("Check and serve")
        with newcomer.leaves_running(serve, GATEWAY_HOST):
            pupil = Tab(language="en").open(service[1]).follow("Log in").press("Fenna")
            pupil.press("Continue").press("Continue")
            assert "You are in" in pupil.text
            assert f"eckId{TEST_SCHOOL.people[0].eck_id()}" in pupil.text
            assert "givenNameFenna" in pupil.text
            assert not any(word in pupil.text for word in ("Vries", "P-1", "groep 6", "fenna@"))
            new = Tab(language="en").open(service[1]).follow("Log in").press("Noor")
            assert "eckId" not in new.press("Continue").press("Continue").text
            explained, verified = (newcomer.types(command) for command in newcomer.commands("Log in"))
    assert "given_name" in explained
    assert "0 flaws" in verified
