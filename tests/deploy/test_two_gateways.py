"""nginx and Caddy as in `deploy/`, in front of two gateways with Redis and PostgreSQL: whole logins across both."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from lxml import etree

from tests.support import deployed_proxies
from tests.support.deployed_proxies import Front
from tests.support.op_client import CHALLENGE
from tests.support.replicas import CALLBACK, CLIENT, LOGIN, MUTUAL, ByTls, Replicas, replicas
from tests.support.server_process import eventually
from tests.support.tls_front import Authority, authority
from tests.support.tls_names import Answer, get

pytestmark = [
    pytest.mark.stranger,
    pytest.mark.skipif(find_spec("pgserver") is None, reason="no PostgreSQL: its wheels end at Python 3.12"),
]


@dataclass(frozen=True)
class World:
    behind: Replicas
    front: Front
    ours: Authority

    def browser(self) -> ByTls:
        return ByTls(self.front.tls, self.ours)

    def get(self, host: str, path: str) -> Answer:
        return get(self.front.tls, host, path, authority=self.ours)

    def push(self, host: str, who: tuple[Path, Path] | None, **headers: str) -> int:
        """The status of a pushed request of a client that proves itself by a certificate."""
        asked = {"response_type": "code", "scope": "openid eck", "redirect_uri": CALLBACK, "client_id": CLIENT}
        form = urlencode(asked | {"code_challenge": CHALLENGE, "code_challenge_method": "S256"})
        headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        return get(
            self.front.tls, host, "/oidc/par", authority=self.ours, who=who, method="POST", body=form, headers=headers
        ).status

    def releases(self) -> list[int]:
        """How many releases each gateway put on record."""
        with psycopg.connect(self.behind.database.replace("+psycopg", "")) as connection:
            rows = connection.execute(
                "SELECT count(*) FROM ledger WHERE outcome = 'released' GROUP BY writer"
            ).fetchall()
        return [count for (count,) in rows]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Replicas, Authority]]:
    directory = tmp_path_factory.mktemp("two")
    ours = authority(directory, "ours")
    with replicas(directory, ours) as made:
        yield made, ours


@pytest.fixture(scope="module", params=deployed_proxies.PROXIES)
def world(request: pytest.FixtureRequest, behind: tuple[Replicas, Authority]) -> Iterator[World]:
    if reason := deployed_proxies.why_not(request.param):
        pytest.skip(reason)
    made, ours = behind
    with ExitStack() as stack:
        addresses = [one.address for one in made.gateways]
        front = stack.enter_context(
            deployed_proxies.PROXIES[request.param](addresses, *ours.issue("proxy", LOGIN, MUTUAL))
        )
        yield World(made, front, ours)


def finish(world: World, browser: ByTls, attempt: str, request: str) -> None:
    """The school's answer; sent again, as by reload, where the proxy must notice first that a gateway is gone."""
    response = etree.tostring(browser.response(request))
    status, body = browser.answer(attempt, response)
    if world.front.notices_late and status == 502:
        said: list[tuple[int, str]] = []
        eventually(lambda: said.append(browser.answer(attempt, response)) or said[-1][0] != 502, "the proxy noticed")
        status, body = said[-1]
    assert (status, "SAMLResponse" in body) == (200, True)


def test_logins_go_on_while_one_gateway_is_killed(world: World) -> None:
    browsers = [world.browser() for _ in range(4)]
    before = sum(world.releases())
    for browser in browsers:
        browser.login()
        # in turns, a login begins at one gateway and ends at the other; the next one the other way round
        world.get(LOGIN, "/saml/metadata/idp")
    assert len(world.releases()) >= 2

    started = [(browser, *browser.begin()) for browser in browsers]
    world.behind.gateways[0].kill()
    try:
        for login in started:
            finish(world, *login)
        for browser in browsers:
            finish(world, browser, *browser.begin())
    finally:
        world.behind.gateways[0].start()
    browsers[0].login()
    assert "SAML" not in world.front.log.read_text()
    assert sum(world.releases()) == before + 13


def test_a_certificate_of_a_client_is_handed_on(world: World) -> None:
    mine, other = world.ours.issue(CLIENT), world.ours.issue("other")
    assert world.push(MUTUAL, mine) == 201
    assert world.push(MUTUAL, other) == 401
    assert world.push(MUTUAL, None) == 401


def test_what_a_caller_claims_of_itself_is_not_believed(world: World) -> None:
    forged = world.ours.issue(CLIENT)[0].read_text().replace("\n", "%0A")
    for host in (LOGIN, MUTUAL):
        assert world.push(host, None, **{"Client-Cert": forged}) == 401
    assert world.push(MUTUAL, world.ours.issue("other"), **{"Client-Cert": forged}) == 401


def test_what_is_for_operators_stays_inside(world: World) -> None:
    for path in ("/metrics", "/health/live", "/health/ready"):
        assert world.get(LOGIN, path).status == 404
        assert world.get(MUTUAL, path).status == 404
    assert world.get(LOGIN, "/saml/metadata/idp").status == 200
    assert world.get(MUTUAL, "/saml/metadata/idp").status == 404


def test_plain_http_leads_to_https(world: World) -> None:
    connection = HTTPConnection(world.front.plain.host, world.front.plain.port, timeout=120)
    connection.request("GET", "/saml/metadata/idp?a=b", headers={"Host": LOGIN})
    answer = connection.getresponse()
    assert answer.status == 308
    assert answer.headers["Location"].startswith(f"https://{LOGIN}")
    assert answer.headers["Location"].endswith("/saml/metadata/idp?a=b")
    connection.close()
