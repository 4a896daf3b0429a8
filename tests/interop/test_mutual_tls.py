"""A client under FAPI 2.0 with a certificate, and Apache or nginx that ends its TLS: real handshakes, real headers."""

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import yaml

from gateway.demo.federation import DemoFederation
from tests.support import apache_proxy, nginx_proxy
from tests.support.child_process import Address, free_address
from tests.support.demo import Demo, running_demo
from tests.support.op_client import CHALLENGE, VERIFIER
from tests.support.openid_client import RelyingParty
from tests.support.tls_front import Authority, authority

pytestmark = pytest.mark.stranger

NAME = "vreemd-mtls"
PROXIES = {"apache": apache_proxy, "nginx": nginx_proxy}


@dataclass(frozen=True, slots=True)
class World:
    demo: Demo
    proxy: Address
    known: Authority
    unknown: Authority
    redirect_uri: str

    def ask(
        self, path: str, who: tuple[Path, Path] | None, token: str | None = None, forged: str | None = None, **form: str
    ) -> tuple[int, dict[str, Any]]:
        """What the gateway answers to a client with this certificate, by way of the proxy."""
        context = ssl.create_default_context(cafile=self.known.ca)
        if who is not None:
            context.load_cert_chain(*who)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        headers |= {} if token is None else {"Authorization": f"Bearer {token}"}
        headers |= {} if forged is None else {"Client-Cert": forged}
        connection = HTTPSConnection(self.proxy.host, self.proxy.port, context=context, timeout=120)
        try:
            connection.request("POST", path, urlencode(form), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def push(self, who: tuple[Path, Path] | None, forged: str | None = None) -> tuple[int, dict[str, Any]]:
        asked = {"response_type": "code", "scope": "openid eck profile", "redirect_uri": self.redirect_uri}
        challenge = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
        return self.ask("/oidc/par", who, forged=forged, client_id=NAME, **asked, **challenge)


@pytest.fixture(scope="module", params=PROXIES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    front = PROXIES[request.param]
    if reason := front.why_not():
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("mutual-tls")
    known, unknown = authority(directory, "known"), authority(directory, "unknown")
    at = free_address("127.0.0.1")
    back: list[str] = []

    def introduce(made: DemoFederation) -> None:
        back.append(f"{made.base_url}/health/live")
        party = RelyingParty(NAME, Address("127.0.0.1", 1), "tls_client_auth", "ES256", signed_userinfo=False)
        party.write_entry(
            made.directory,
            redirect_uris=back,
            post_logout_redirect_uris=[],
            profile="fapi2",
            tls_client_auth_subject_dn="CN=klas",
            tls_client_certificate_bound_access_tokens=True,
        )
        (made.directory / "known.pem").write_bytes(known.ca.read_bytes())
        path = made.directory / "gateway.yaml"
        settings = yaml.safe_load(path.read_text())
        settings["trusted_proxies"] = ["127.0.0.1/32"]
        settings["client_certificates"] = {"authorities": "known.pem", "base_url": f"https://{at.host}:{at.port}"}
        path.write_text(yaml.safe_dump(settings))

    with ExitStack() as stack:
        demo = stack.enter_context(running_demo(directory, introduce))
        certificate, key = known.issue("proxy", at.host)
        stack.enter_context(front.proxy(at, gateway=demo.gateway, certificate=certificate, key=key))
        yield World(demo, at, known, unknown, back[0])


def test_a_whole_login_by_certificate(world: World) -> None:
    mine, other = world.known.issue("klas"), world.known.issue("other")
    told = json.loads(world.demo.tab().open(f"{world.demo.gateway}/.well-known/openid-configuration").body)
    aliases = told["mtls_endpoint_aliases"]
    assert aliases["token_endpoint"] == f"https://{world.proxy.host}:{world.proxy.port}/oidc/token"

    status, pushed = world.push(mine)
    assert status == 201, pushed
    query = urlencode({"client_id": NAME, "request_uri": pushed["request_uri"]})
    tab = world.demo.tab().open(f"{told['authorization_endpoint']}?{query}")
    tab.press("De Regenboog").press("Fenna").press("Continue")
    assert tab.url.startswith(world.redirect_uri), tab.url
    [code] = parse_qs(urlsplit(tab.url).query)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": world.redirect_uri}
    form |= {"code_verifier": VERIFIER, "client_id": NAME}
    assert world.ask("/oidc/token", other, **form)[0] == 401
    status, tokens = world.ask("/oidc/token", mine, **form)
    assert status == 200, tokens

    token = tokens["access_token"]
    assert world.ask("/oidc/userinfo", mine, token)[1]["given_name"] == "Fenna"
    assert world.ask("/oidc/userinfo", other, token)[0] == 401
    assert world.ask("/oidc/userinfo", None, token)[0] == 401


def test_certificates_that_prove_nothing(world: World) -> None:
    mine = world.known.issue("klas")
    for who in (None, world.unknown.issue("klas"), world.known.issue("other")):
        status, told = world.push(who)
        assert (status, told["error"]) == (401, "invalid_client")
    forged = mine[0].read_text().replace("\n", " ")
    assert world.push(None, forged=forged)[0] == 401
    assert world.push(world.known.issue("other"), forged=forged)[0] == 401
    assert world.push(mine)[0] == 201
