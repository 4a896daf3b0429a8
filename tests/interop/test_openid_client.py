"""Relying parties on openid-client, a certified client, and a pupil of the demo: every method of authentication."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.demo.federation import DemoFederation
from tests.support import node_saml, openid_client
from tests.support.browser_like import Tab
from tests.support.demo import Demo, running_demo
from tests.support.examples import example, run_openid_client
from tests.support.leaving import go_on
from tests.support.openid_client import SECRET, RelyingParty, relying_party

pytestmark = pytest.mark.stranger

METHODS = {
    "basic": ("client_secret_basic", "RS256", False, ()),
    "post": ("client_secret_post", "ES256", False, ("par",)),
    "keys": ("private_key_jwt", "ES256", True, ()),
    "keys-par": ("private_key_jwt", "RS256", False, ("par", "dpop")),
    "public": ("none", "RS256", True, ("par", "dpop")),
    "jar": ("client_secret_post", "ES256", False, ("jar",)),
    "everything": ("private_key_jwt", "ES256", True, ("par", "jar", "dpop")),
    "fapi2": ("private_key_jwt", "ES256", False, ("par", "dpop", "fapi2")),
    "dpop": ("client_secret_basic", "ES256", True, ("dpop",)),
}
BY_EXAMPLE = "vreemd-voorbeeld"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


@dataclass(frozen=True, slots=True)
class World:
    demo: Demo
    clients: dict[str, RelyingParty]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if reason := node_saml.why_not():
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("openid")
    clients = {
        name: relying_party(
            f"vreemd-{name}", f"127.0.0.{30 + number}", method, alg, signed_userinfo=signed, extras=extras
        )
        for number, (name, (method, alg, signed, extras)) in enumerate(METHODS.items())
    }

    copied = relying_party(BY_EXAMPLE, "127.0.0.47", "client_secret_basic")

    def introduce(made: DemoFederation) -> None:
        copied.write_entry(made.directory, redirect_uris=[f"{made.base_url}/callback"])
        for one in clients.values():
            one.write_entry(made.directory, **({"require_dpop_nonce": True} if one.name == "vreemd-keys-par" else {}))

    with ExitStack() as stack:
        demo = stack.enter_context(running_demo(directory, introduce))
        for one in clients.values():
            stack.enter_context(openid_client.running(one, directory, issuer=demo.gateway))
        yield World(demo, clients)


def answer(world: World, name: str, tab: Tab | None = None, **parameters: str) -> Tab:
    """A whole login of Fenna."""
    tab = (tab or world.demo.tab()).open(world.clients[name].login(**parameters))
    if tab.url.endswith("/school"):
        tab.press("De Regenboog")
    return tab.press("Fenna").press("Continue")


def logged_in(world: World, name: str, **parameters: str) -> dict[str, Any]:
    tab = answer(world, name, **parameters)
    if "form_post" in parameters.values():
        tab.press()
    return world.clients[name].received(tab)


def test_a_program_that_copied_the_example_gets_to_know_the_person(world: World) -> None:
    gateway = world.demo.gateway
    text = example(gateway, "openid-client", CLIENT_ID=BY_EXAMPLE, SECRET=SECRET, SERVICE=gateway)

    def browse(login: str) -> str:
        tab = world.demo.tab().open(login).press("De Regenboog").press("Fenna").press("Continue")
        assert tab.url.startswith(f"{gateway}/callback?")
        return tab.url

    person = run_openid_client(text, node_saml.BUILD, browse)
    assert person["given_name"] == "Fenna"
    assert person["eckid"].startswith("https://ketenid.nl/pilot/")


@pytest.mark.parametrize("name", METHODS)
def test_a_pupil_logs_in(world: World, name: str) -> None:
    got = logged_in(world, name)
    assert "error" not in got, got
    assert got["userinfo"]["sub"] == got["claims"]["sub"]
    assert got["userinfo"]["eckid"].startswith("https://ketenid.nl/pilot/")
    assert got["userinfo"]["given_name"] == "Fenna"
    assert got["userinfo"]["eduperson_affiliation"] == ["student"]
    assert "family_name" not in got["userinfo"]
    assert got["claims"]["acr"]
    assert "eckid" not in got["claims"]


@pytest.mark.parametrize("name", METHODS)
def test_the_answer_by_a_form(world: World, name: str) -> None:
    assert logged_in(world, name, response_mode="form_post")["userinfo"]["given_name"] == "Fenna"


@pytest.mark.parametrize("name", METHODS)
def test_renewal_introspection_and_revocation(world: World, name: str) -> None:
    client = world.clients[name]
    got = logged_in(world, name, scope="openid eck offline_access")
    renewed = client.ask("refresh", got["state"])
    assert renewed["tokens"]["token_type"] == ("dpop" if "dpop" in client.extras else "bearer")
    assert renewed["claims"]["sub"] == got["claims"]["sub"]
    assert renewed["userinfo"] == got["userinfo"]
    if "fapi2" in client.extras:
        assert "refresh_token" not in renewed["tokens"]
        assert client.ask("refresh", got["state"])["userinfo"] == got["userinfo"]
    else:
        assert renewed["tokens"]["refresh_token"] != got["tokens"]["refresh_token"]
    if name == "public":
        assert client.ask("introspect", got["state"])["error"] == "unauthorized_client"
    else:
        assert client.ask("introspect", got["state"])["active"] is True
    client.ask("revoke", got["state"])
    assert "error" in client.ask("userinfo", got["state"])
    assert client.ask("refresh", got["state"])["error"] == "invalid_grant"


def test_claims_in_the_id_token_where_they_are_asked_for_by_name(world: World) -> None:
    got = logged_in(world, "basic", claims='{"id_token": {"eckid": null, "family_name": {"essential": true}}}')
    assert got["claims"]["eckid"] == got["userinfo"]["eckid"]
    assert "family_name" not in got["claims"]


def test_a_fresh_login_says_when(world: World) -> None:
    got = logged_in(world, "keys", max_age="60", prompt="login")
    assert abs(got["claims"]["auth_time"] - got["claims"]["iat"]) <= 60


def test_the_sub_of_one_pupil_is_the_same_again_and_another_at_another_client(world: World) -> None:
    first, again, elsewhere = (logged_in(world, name)["claims"]["sub"] for name in ("basic", "basic", "post"))
    assert first == again != elsewhere


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "consent"}, "consent_required"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_errors_come_back_as_the_client_reads_them(world: World, parameters: dict[str, str], error: str) -> None:
    tab = world.demo.tab().open(world.clients["basic"].login(**parameters))
    assert world.clients["basic"].received(tab)["error"] == error


def test_a_pushed_request_is_all_that_the_browser_carries(world: World) -> None:
    client = world.clients["keys-par"]
    location = client.begins(login_hint="99XA", claims='{"id_token": {"eckid": null}}')
    assert set(parse_qs(urlsplit(location).query)) == {"client_id", "request_uri"}
    tab = world.demo.tab().open(location)
    assert client.received(tab.press("Fenna").press("Continue"))["claims"]["eckid"]
    assert "request_uri_unknown" in world.demo.tab().open(location).body


def test_a_signed_request_says_all(world: World) -> None:
    client = world.clients["jar"]
    location = client.begins(max_age="60", claims='{"id_token": {"eckid": null}}')
    assert set(parse_qs(urlsplit(location).query)) == {"client_id", "request"}
    tab = world.demo.tab().open(location).press("De Regenboog").press("Fenna").press("Continue")
    assert client.received(tab)["claims"]["eckid"]


def test_a_school_hint_leads_straight_to_the_school(world: World) -> None:
    tab = world.demo.tab().open(world.clients["basic"].login(login_hint="99XA"))
    assert "Fenna" in tab.body
    assert world.clients["basic"].received(tab.press("Fenna").press("Continue"))["userinfo"]["given_name"] == "Fenna"


def test_nothing_of_the_pupil_and_no_secret_stands_in_the_log(world: World) -> None:
    got = logged_in(world, "basic")
    log = world.demo.log_lines()
    for secret in (
        got["userinfo"]["eckid"],
        "Fenna",
        got["tokens"]["access_token"],
        openid_client.SECRET,
        got["state"],
    ):
        assert secret not in log


def test_a_logout_ends_the_tokens_and_leads_back_to_the_client(world: World) -> None:
    client, tab = world.clients["keys"], world.demo.tab()
    got = client.received(answer(world, "keys", tab))
    go_on(tab.open(f"{client.address.url}/logout?state={got['state']}"))
    assert tab.url.startswith(f"{client.address.url}/bye")
    assert '"so long"' in tab.body
    assert "error" in client.ask("userinfo", got["state"])


def test_a_logout_at_the_gateway_ends_what_the_client_was_given(world: World) -> None:
    client, tab = world.clients["keys"], world.demo.tab()
    got = client.received(answer(world, "keys", tab))
    ended = go_on(tab.open(world.demo.gateway + "/logout").press("Ja, log uit"))
    assert "kunnen we niet bereiken" in ended.text, "this client has no address for it, and the page says so"
    assert "error" in client.ask("userinfo", got["state"])
