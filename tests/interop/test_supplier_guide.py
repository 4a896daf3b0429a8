"""The supplier's guide, docs/guides/supplier.md: its programs on openid-client and node-saml, from zero to a login."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import pid_file
from gateway.cli.init import write_configuration
from gateway.demo.beside import TEST_SCHOOL, beside
from gateway.domain.clock import SystemClock
from gateway.domain.randomness import SystemRandomness
from gateway.settings.loader import load
from tests.support import node_saml
from tests.support.browser_like import Tab
from tests.support.child_process import Address, free_address
from tests.support.demo import free_port
from tests.support.guide_steps import Guide, Newcomer
from tests.support.named_in_docs import ROOT
from tests.support.patient import patient
from tests.support.real_gateway import RealGateway, served
from tests.support.reloaded import workers_of

pytestmark = pytest.mark.stranger

FENNA = TEST_SCHOOL.people[0]


@dataclass(frozen=True, slots=True)
class Supplier:
    """Who reads the guide, beside a gateway and a test school that run; `gateway` is the process that serves."""

    guide: Guide
    types: Newcomer
    openid: Address
    saml: Address
    gateway: int

    def registers(self, commands: str) -> str:
        """Type commands that end in a reload; when they are done, no worker is left that does not know of it."""
        before = workers_of(self.gateway)
        told = self.types.types(commands)
        assert not before & workers_of(self.gateway), told
        return told


@pytest.fixture(scope="module")
def supplier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supplier]:
    """After the first step."""
    if reason := node_saml.why_not():
        pytest.skip(reason)
    home, port = tmp_path_factory.mktemp("supplier"), free_port()
    openid, saml = free_address("127.0.0.1"), free_address("127.0.0.1")
    directory = home / "sluis-try"
    gateway = Address("127.0.0.1", port)
    write_configuration(directory, base_url=gateway.url, rsa_bits=2048, environment="test")
    with ExitStack() as stack:
        time, dice = SystemClock(), SystemRandomness()
        stack.enter_context(beside(directory, load(directory), port, clock=time, randomness=dice))
        stack.enter_context(served(RealGateway(gateway, patient(directory))))
        ports = {8080: port, 3000: openid.port, 3001: saml.port}
        process = pid_file.running(directory / "var/sluis.pid")
        assert process is not None
        yield Supplier(Guide(ROOT / "docs/guides/supplier.md", ports), Newcomer(home), openid, saml, process)


def program(name: str, text: str) -> Path:
    """Written beside the packages that `npm install` brings: there node looks for them."""
    path = node_saml.BUILD / f"guide-{name}"
    path.write_text(text)
    return path


def at_school(address: Address) -> Tab:
    """The school's page, to which a login leads."""
    tab = Tab(language="en").open(f"{address.url}/")
    assert "Who are you?" in tab.body, f"the browser is at {tab.url}: {tab.body}"
    return tab


def shown(tab: Tab) -> dict[str, Any]:
    """What the program shows of the person."""
    tab.press("Continue")
    assert tab.body.startswith("{"), f"the browser is at {tab.url}: {tab.body}"
    return dict(json.loads(tab.body))


def test_by_openid_connect(supplier: Supplier) -> None:
    register, run = supplier.guide.commands("By OpenID Connect")
    told = supplier.registers(register)
    secret = json.loads(told[told.index("{") : told.rindex("}") + 1])["client_secret"]
    path = program("openid.mjs", supplier.guide.program("By OpenID Connect"))
    install, start = run.strip().split("\n")
    assert install == "npm install openid-client"
    start = start.replace("the-client_secret", secret).replace("openid.mjs", str(path))
    with supplier.types.leaves_running(start, supplier.openid):
        person = shown(at_school(supplier.openid).press("Fenna"))
        assert set(person) == {"eckid", "given_name", "eduperson_affiliation", "sub"}
        assert person["eckid"] == FENNA.eck_id()
        person = shown(at_school(supplier.openid).press("Noor"))
        assert set(person) == {"provisional_id", "given_name", "eduperson_affiliation", "sub"}
        cancelled = at_school(supplier.openid).press("Cancel").press("Continue")
        assert re.fullmatch(r"access_denied: reference [0-9A-Z]{10}", cancelled.body)


def test_by_saml(supplier: Supplier) -> None:
    key, run, register = supplier.guide.commands("By SAML")
    supplier.types.types(key)
    path = program("saml.mjs", supplier.guide.program("By SAML"))
    install, start = run.strip().split("\n")
    assert install == "npm install @node-saml/node-saml"
    with supplier.types.leaves_running(start.replace("saml.mjs", str(path)), supplier.saml):
        supplier.registers(register)
        person = shown(at_school(supplier.saml).press("Fenna").press("Continue"))
        assert person == {"eckId": FENNA.eck_id(), "givenName": "Fenna", "eduPersonAffiliation": "student"}
        cancelled = at_school(supplier.saml).press("Cancel").press("Continue").press("Continue")
        assert re.search(r"reference [0-9A-Z]{10}", cancelled.body)
