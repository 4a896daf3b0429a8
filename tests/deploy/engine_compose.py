"""`make engine`: the compose file, by the commands of docs/guides/deploy.md; logins by nginx, a back-up, a restore.

Not among what `make test` runs: it needs podman with podman-compose, or docker with its compose, root, and the images
that are named.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from lxml import etree

from tests.bench.parties import write_parties
from tests.support.child_process import free_address
from tests.support.container_engine import ENGINES, USER, Engine, block, why_not_compose
from tests.support.named_in_docs import ROOT
from tests.support.patient import patient
from tests.support.replicas import LOGIN, ByTls
from tests.support.server_process import eventually
from tests.support.tls_front import Authority, authority
from tests.support.tls_names import get

pytestmark = pytest.mark.stranger
_PORTS = 'ports: ["80:80", "443:443"]'
_ROWS = "SELECT id, reference, outcome, hash FROM ledger ORDER BY id"


class Deployed:
    """A copy of `deploy/`, but for published ports, and somebody who types there what the guide says."""

    def __init__(self, engine: Engine, place: Path, ours: Authority) -> None:
        self.engine, self.ours = engine, ours
        self.tls, self.plain = free_address("127.0.0.1"), free_address("127.0.0.1")
        shutil.copytree(ROOT / "deploy", place / "deploy")
        self.directory = place / "deploy/compose"
        file = self.directory / "compose.yaml"
        text = file.read_text()
        assert text.count(_PORTS) == 1
        here = ", ".join(f'"{one.host}:{one.port}:{port}"' for one, port in ((self.plain, 80), (self.tls, 443)))
        file.write_text(text.replace(_PORTS, f"ports: [{here}]"))

    def types(self, having: str) -> str:
        """A block of the guide, known by what it says."""
        return self.composes(self.engine.words(block(having)))

    def composes(self, commands: str) -> str:
        return self.engine.types(commands, self.directory)

    def container(self, service: str) -> str:
        """The id of the one that there is for a service."""
        labels = ("project=sluis", f"service={service}")
        filters = [word for label in labels for word in ("--filter", f"label=com.docker.compose.{label}")]
        [found] = self.engine.run("ps", "-aq", *filters).stdout.split()
        return found

    def process(self, service: str) -> int:
        """Its first one, as the machine numbers it; 0 while it is down."""
        return int(self.engine.inspected(self.container(service))["State"]["Pid"])

    def is_healthy(self, service: str) -> bool:
        return self.engine.is_healthy(self.container(service))

    def prepare(self) -> None:
        """What the guide has made by hand, up to the start."""
        self.types("install -d -o 65532")
        configuration = self.directory / "config"
        write_parties(patient(configuration))
        path = configuration / "gateway.yaml"
        settings = yaml.safe_load(path.read_text()) | yaml.safe_load(block("trusted_proxies", "yaml"))
        # numbers of the chain's test environment are those that the tests' school sends
        path.write_text(yaml.safe_dump(settings | {"environment": "test"}, sort_keys=False))
        self.engine.give(configuration, USER)
        for name, made in zip(("fullchain.pem", "key.pem"), self.ours.issue("nginx", LOGIN), strict=True):
            shutil.copy(made, self.directory / "tls" / name)
            (self.directory / "tls" / name).chmod(0o600)

    def await_logins(self) -> None:
        eventually(self._answers, "nginx passes on to a gateway that is ready")

    def _answers(self) -> bool:
        try:
            return get(self.tls, LOGIN, "/saml/metadata/idp", authority=self.ours).status == 200
        except OSError:
            return False

    def browser(self) -> ByTls:
        return ByTls(self.tls, self.ours)

    def login(self) -> bool:
        """A complete one, in a fresh browser; fails where the service would not let the person in."""
        self.browser().login()
        return True

    def logins_at(self, service: str) -> int:
        """How many have begun there."""
        said = self.engine.run("logs", self.container(service))
        return (said.stdout + said.stderr).count("login_begun")

    def asks(self, statement: str) -> list[str]:
        """Rows that the database gives."""
        exec_ = f"{self.engine.compose} exec -T postgresql psql -U sluis -At -c"
        return self.composes(f'{exec_} "{statement}" sluis').splitlines()

    def remove(self) -> None:
        self.engine.types(f"{self.engine.compose} down -v", self.directory)


@pytest.fixture(scope="module", params=ENGINES, ids=lambda one: one.name)
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    engine: Engine = request.param
    if reason := why_not_compose(engine):
        pytest.skip(reason)
    place = tmp_path_factory.mktemp("compose")
    made = Deployed(engine, place, authority(place, "ours"))
    made.prepare()
    try:
        made.types("podman-compose ps")
        made.await_logins()
        yield made
    finally:
        print(made.composes(f"{engine.compose} logs 2>&1 | tail -n 200"))
        made.remove()


def test_both_gateways_take_logins_and_every_health_check_holds(deployed: Deployed):
    browser = deployed.browser()
    for _ in range(4):
        browser.login()
    writers = deployed.asks("SELECT count(*) FROM ledger WHERE outcome = 'released' GROUP BY writer")
    assert sum(map(int, writers)) >= 4
    for service in ("gateway-1", "gateway-2", "redis", "postgresql"):
        eventually(lambda: deployed.is_healthy(service), f"{service} is healthy")  # noqa: B023


def test_logins_go_on_while_one_gateway_is_killed_and_then_the_other(deployed: Deployed):
    for service in ("gateway-1", "gateway-2"):
        browsers = [deployed.browser() for _ in range(4)]
        under_way = [(browser, *browser.begin()) for browser in browsers]
        killed = deployed.process(service)
        os.kill(killed, signal.SIGKILL)
        for browser, attempt, request in under_way:
            status, body = browser.answer(attempt, etree.tostring(browser.response(request)))
            assert (status, "SAMLResponse" in body) == (200, True)
        for browser in browsers:
            browser.login()
        eventually(lambda: deployed.process(service) not in {0, killed}, "the engine starts it again")  # noqa: B023
        eventually(lambda: deployed.is_healthy(service), "it is healthy again")  # noqa: B023
        before = deployed.logins_at(service)
        # nginx leaves alone for seconds what it has found dead
        eventually(lambda: deployed.login() and deployed.logins_at(service) > before, "nginx sends to it again")  # noqa: B023


def test_logins_go_on_while_one_gateway_after_the_other_is_replaced(deployed: Deployed):
    before = [deployed.container(service) for service in ("gateway-1", "gateway-2")]
    with ThreadPoolExecutor(1) as typing:
        replaced = typing.submit(deployed.types, "--force-recreate")
        logins = 0
        while not replaced.done():
            deployed.browser().login()
            logins += 1
        replaced.result()
    assert logins > 10
    assert not set(before) & {deployed.container(service) for service in ("gateway-1", "gateway-2")}


def test_down_and_up_lose_nothing(deployed: Deployed):
    deployed.browser().login()
    before = deployed.asks(_ROWS)
    deployed.composes(f"{deployed.engine.compose} down")
    deployed.types("podman-compose ps")
    deployed.await_logins()
    assert deployed.asks(_ROWS)[: len(before)] == before
    deployed.browser().login()


def test_a_back_up_comes_back_on_a_machine_that_has_nothing(deployed: Deployed):
    deployed.browser().login()
    before = deployed.asks(_ROWS)
    assert len(before) > 1
    deployed.types("backup backup.sh")
    deployed.remove()
    config = deployed.directory / "config"
    shutil.rmtree(config)
    config.mkdir()
    deployed.types("backup restore.sh")
    deployed.await_logins()
    assert deployed.asks(_ROWS)[: len(before)] == before
    deployed.browser().login()
    assert len(deployed.asks(_ROWS)) > len(before)
