"""Services on Apache with mod_auth_openidc, and a pupil of the demo.

One is set up by the example of the gateway's page for suppliers, to the letter; the others prove who they are by a key,
by a secret in the body of the request, or, being public, not at all.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from gateway.demo.federation import DemoFederation
from tests.support import mod_auth_openidc
from tests.support.browser_like import Tab
from tests.support.demo import Demo, running_demo
from tests.support.examples import example
from tests.support.leaving import go_on
from tests.support.mod_auth_openidc import ModAuthOpenidc
from tests.support.openid_client import SECRET, relying_party
from tests.support.signing_keys import signing_key

pytestmark = pytest.mark.stranger

BY_EXAMPLE, BY_KEY = "vreemd-apache", "vreemd-apache-keys"
OTHERS = {"client_secret_post": "127.0.0.48", "none": "127.0.0.49"}
OF_THE_PROTOCOL = {"iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr", "sid", "azp", "at_hash"}
PRIVATE = signing_key(BY_KEY).private_key


@dataclass(frozen=True, slots=True)
class World:
    demo: Demo
    example: ModAuthOpenidc
    keys: ModAuthOpenidc
    others: dict[str, ModAuthOpenidc]

    def logged_in(self, service: ModAuthOpenidc, tab: Tab) -> dict[str, str]:
        """A whole login of Fenna."""
        tab.open(service.protected).press("De Regenboog").press("Fenna").press("Continue")
        return dict(service.received(tab))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if reason := mod_auth_openidc.why_not():
        pytest.skip(reason)
    plain = relying_party(BY_EXAMPLE, "127.0.0.45", "client_secret_basic")
    keyed = relying_party(BY_KEY, "127.0.0.46", "private_key_jwt")
    others = [
        relying_party(f"vreemd-apache-{method.replace('_', '-')}", host, method) for method, host in OTHERS.items()
    ]

    def introduce(made: DemoFederation) -> None:
        plain.write_entry(made.directory)
        keyed.write_entry(made.directory, rsa=PRIVATE.public_key())
        for other in others:
            other.write_entry(made.directory)

    with ExitStack() as stack:
        demo = stack.enter_context(running_demo(tmp_path_factory.mktemp("openidc"), introduce))
        copied = example(
            demo.gateway, "mod_auth_openidc", CLIENT_ID=BY_EXAMPLE, SECRET=SECRET, SERVICE=plain.address.url
        )
        first = mod_auth_openidc.service(plain.address, copied, {"oidc-passphrase": b"a passphrase of the test"})
        by_key = mod_auth_openidc.directives(
            keyed.address, issuer=demo.gateway, client=BY_KEY, method="private_key_jwt"
        )
        files = {
            "private.pem": PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "public.pem": PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        }
        second = mod_auth_openidc.service(keyed.address, by_key, files)
        more = {}
        for other in others:
            written = mod_auth_openidc.directives(
                other.address, issuer=demo.gateway, client=other.name, method=other.method
            )
            more[other.method] = stack.enter_context(mod_auth_openidc.service(other.address, written, {}))
        yield World(demo, stack.enter_context(first), stack.enter_context(second), more)


def of_the_person(received: dict[str, str]) -> dict[str, str]:
    assert received["eckid"].startswith("https://ketenid.nl/pilot/")
    return {name: value for name, value in received.items() if name not in OF_THE_PROTOCOL | {"eckid"}}


def test_a_service_that_copied_the_example_gets_the_claims_that_the_agreement_names(world: World) -> None:
    received = world.logged_in(world.example, world.demo.tab())
    assert received["iss"] == world.demo.gateway
    assert of_the_person(received) == {"given_name": "Fenna"}


def test_a_service_that_proves_who_it_is_by_a_key_and_renews_its_token(world: World) -> None:
    tab = world.demo.tab()
    received = world.logged_in(world.keys, tab)
    assert of_the_person(received) == {"given_name": "Fenna", "eduperson_affiliation": "student"}
    before = world.keys.access_token(tab)
    assert of_the_person(dict(world.keys.received(world.keys.renew(tab)))) == of_the_person(received)
    assert world.keys.access_token(tab) != before


@pytest.mark.parametrize("method", OTHERS)
def test_a_service_with_its_secret_in_the_body_or_with_none(world: World, method: str) -> None:
    received = world.logged_in(world.others[method], world.demo.tab())
    assert of_the_person(received) == {"given_name": "Fenna", "eduperson_affiliation": "student"}


def test_the_sub_is_the_same_at_every_login(world: World) -> None:
    first, second = (world.logged_in(world.example, world.demo.tab())["sub"] for _ in range(2))
    assert first == second


def test_a_logout_at_the_service_ends_the_login_at_the_gateway_too(world: World) -> None:
    tab = world.demo.tab()
    world.logged_in(world.example, tab)
    ended = go_on(tab.open(world.example.logout))
    assert (ended.url, ended.status) == (f"{world.example.address.url}/bye", 200)
    assert tab.open(world.example.protected).url.startswith(world.demo.gateway)
