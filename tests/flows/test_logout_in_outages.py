"""A Redis that is stopped, and started again, in the middle of a logout: nothing is said to have ended that has not."""

import re
import zlib
from base64 import b64decode
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree

from gateway.saml.instants import write_instant
from gateway.saml.redirect import signed_url
from tests.bench.parties import SERVICE, SERVICE_KEY
from tests.support.outages import OnServers, Person, on_servers

WAIT, EVERYWHERE = "Even geduld", "Je bent uitgelogd"
_LOGOUT = "https://service.example/slo"


def with_logout(configuration: Path) -> None:
    """The service can be told of a logout through the browser."""
    metadata = configuration / "services/bench.xml"
    binding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    endpoint = f'<md:SingleLogoutService Binding="{binding}" Location="{_LOGOUT}"/>'
    told = metadata.read_text("utf-8").replace(
        "<md:AssertionConsumerService", f"{endpoint}<md:AssertionConsumerService"
    )
    metadata.write_text(told, "utf-8")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[OnServers]:
    with on_servers(tmp_path, with_logout) as made:
        yield made


def restart(gateway: OnServers) -> None:
    gateway.redis.start()
    gateway.wait_for_the_breaker()


def yes(person: Person) -> str:
    """The form of the page that asks, as the person sends it."""
    status, _, page = person.visit("/logout")
    assert status == 200
    [token] = re.findall(r'name="token" value="([^"]+)"', page)
    return f"token={token}"


def answer_of_the_service(gateway: OnServers, person: Person, page: str) -> str:
    """Where the service sends the browser back to, from where this page sends it."""
    [there] = re.findall(r'data-to="([^"]+)"', page)
    assert there.startswith(_LOGOUT)
    asked = parse_qs(urlsplit(unescape(there)).query)
    request = etree.fromstring(zlib.decompress(b64decode(asked["SAMLRequest"][0]), -15))
    answer = (
        '<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
        f' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_ended" Version="2.0"'
        f' IssueInstant="{write_instant(gateway.clock.now())}" Destination="{person.addresses.idp_logout}"'
        f' InResponseTo="{request.get("ID")}"><saml:Issuer>{SERVICE}</saml:Issuer><samlp:Status>'
        '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:LogoutResponse>'
    ).encode()
    relay_state = asked.get("RelayState", [None])[0]
    back = urlsplit(signed_url(person.addresses.idp_logout, "SAMLResponse", answer, relay_state, SERVICE_KEY))
    return f"{back.path}?{back.query}"


def is_known(person: Person) -> bool:
    """Whether a login is answered without the school."""
    status, _, _ = person.ask()
    return status == 200


def test_a_yes_that_found_no_redis_ends_nothing_and_counts_when_it_is_back(gateway: OnServers) -> None:
    person = gateway.person()
    person.login()
    form = yes(person)
    gateway.redis.stop()

    status, _, page = person.visit("/logout", form)
    assert (status, WAIT in page, EVERYWHERE in page) == (503, True, False)

    restart(gateway)
    assert is_known(person), "nothing had ended"
    status, _, page = person.visit("/logout", form)
    assert (status, 'id="leave"' in page) == (200, True), "the same yes, sent again"
    assert not is_known(person)


def test_a_redis_restarted_while_the_browser_is_at_the_service(gateway: OnServers) -> None:
    person = gateway.person()
    person.login()
    _, _, page = person.visit("/logout", yes(person))
    back = answer_of_the_service(gateway, person, page)
    gateway.redis.stop()

    status, _, page = person.visit(back)
    assert (status, WAIT in page, EVERYWHERE in page) == (503, True, False)

    restart(gateway)
    status, on, _ = person.visit(back)
    assert status == 303
    _, _, page = person.visit(on)
    text = " ".join(" ".join(etree.fromstring(page, etree.HTMLParser()).itertext()).split())
    assert "Rekentuin : je bent uitgelogd" in text
    assert not is_known(person)


def test_a_redis_that_lost_everything_meanwhile_is_never_called_a_success(gateway: OnServers) -> None:
    person = gateway.person()
    person.login()
    _, _, page = person.visit("/logout", yes(person))
    back = answer_of_the_service(gateway, person, page)
    gateway.redis.stop()
    for file in gateway.redis.directory.rglob("appendonly.aof*"):
        file.unlink()
    restart(gateway)

    status, _, page = person.visit(back)
    assert status == 400
    assert EVERYWHERE not in page
    assert not is_known(person), "the session is gone with the rest"
