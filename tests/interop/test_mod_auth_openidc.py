"""A service on Apache with mod_auth_openidc, and a pupil of the demo."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.support import mod_auth_openidc
from tests.support.browser_like import Tab
from tests.support.demo import Demo, running_demo
from tests.support.leaving import go_on
from tests.support.mod_auth_openidc import ModAuthOpenidc
from tests.support.openid_client import relying_party

pytestmark = pytest.mark.stranger

NAME = "vreemd-apache"
OF_THE_PROTOCOL = {"iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr", "sid", "azp", "at_hash"}


@dataclass(frozen=True, slots=True)
class World:
    demo: Demo
    service: ModAuthOpenidc

    def logged_in(self, tab: Tab) -> dict[str, str]:
        """A whole login of Fenna."""
        tab.open(self.service.protected).press("De Regenboog").press("Fenna").press("Continue")
        return dict(self.service.received(tab))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if reason := mod_auth_openidc.why_not():
        pytest.skip(reason)
    client = relying_party(NAME, "127.0.0.45", "client_secret_basic")
    with ExitStack() as stack:
        demo = stack.enter_context(
            running_demo(tmp_path_factory.mktemp("openidc"), lambda made: client.write_entry(made.directory))
        )
        service = stack.enter_context(mod_auth_openidc.service(client.address, issuer=demo.gateway, client=NAME))
        yield World(demo, service)


def test_the_service_gets_the_claims_that_the_agreement_names(world: World) -> None:
    received = world.logged_in(world.demo.tab())
    assert received["iss"] == world.demo.gateway
    assert received["eckid"].startswith("https://ketenid.nl/pilot/")
    assert {name: value for name, value in received.items() if name not in OF_THE_PROTOCOL | {"eckid"}} == {
        "given_name": "Fenna",
        "eduperson_affiliation": "student",
    }


def test_the_sub_is_the_same_at_every_login(world: World) -> None:
    first, second = (world.logged_in(world.demo.tab())["sub"] for _ in range(2))
    assert first == second


def test_a_logout_at_the_service_ends_the_login_at_the_gateway_too(world: World) -> None:
    tab = world.demo.tab()
    world.logged_in(tab)
    ended = go_on(tab.open(world.service.logout))
    assert (ended.url, ended.status) == (f"{world.service.address.url}/bye", 200)
    assert tab.open(world.service.protected).url.startswith(world.demo.gateway)
