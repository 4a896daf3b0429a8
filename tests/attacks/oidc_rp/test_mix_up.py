"""Mix-up, at the whole gateway: a member sends browsers on to another one's provider, to be handed that one's code.

The victim is led to the attacker's provider, by a link that names it, and from there on, without seeing a page, to the
one at which they are logged in; with the state that the gateway gave the attacker, and nonce and challenge of a login
that the attacker began at the victim's provider in a browser of their own (RFC 9700 4.4.1).
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from werkzeug.test import TestResponse

from gateway.domain.errors import ErrorCode
from tests.errors.gateway import Browser, Gateway


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    made = Gateway.made(tmp_path / "gateway")
    yield made
    made.parts.engine.dispose()


def asked(browser: Browser) -> dict[str, str]:
    """What the gateway sent the browser to the provider with."""
    return {name: values[0] for name, values in parse_qs(urlsplit(browser.location).query).items()}


def at_provider(gateway: Gateway) -> Browser:
    browser = gateway.browser()
    browser.authorize()
    browser.choose("99XE", held=True)
    return browser


def refused(answer: TestResponse) -> bool:
    return ErrorCode.RESPONSE_ISSUER in answer.get_data(as_text=True) and "Location" not in answer.headers


def tokens_asked(gateway: Gateway) -> int:
    return sum(url.endswith("/token") for url, _ in gateway.outside.provider.asked)


@pytest.mark.parametrize(
    "arrives_at",
    ["/oidc/callback/another", "/oidc/callback", "/oidc/callback/", "/oidc/callback/regenboog", "/oidc/callback/../x"],
)
def test_a_code_that_arrives_at_another_address_is_sent_to_nobody(gateway: Gateway, arrives_at: str) -> None:
    browser = at_provider(gateway)
    sent = asked(browser)
    stolen = urlencode({"state": sent["state"], "code": "the victim's"})
    answer = browser.get(f"{arrives_at}?{stolen}")
    assert refused(answer) or answer.status_code == 404
    assert tokens_asked(gateway) == 0
    gateway.outside.provider.claims["nonce"] = sent["nonce"]
    own = urlsplit(sent["redirect_uri"]).path
    browser.get(f"{own}?{urlencode({'state': sent['state'], 'code': 'their own'})}")
    assert tokens_asked(gateway) == 1, "the true answer still comes"


def test_a_school_that_speaks_saml_is_handed_no_code_either(gateway: Gateway) -> None:
    own = urlsplit(asked(at_provider(gateway))["redirect_uri"]).path
    browser = gateway.browser()
    browser.to_school()
    state = browser.asked()[1]["RelayState"]
    assert refused(browser.get(f"{own}?{urlencode({'state': state, 'code': 'of the victim'})}"))
    assert tokens_asked(gateway) == 0


def test_an_answer_of_saml_does_not_answer_who_was_asked_by_openid_connect(gateway: Gateway) -> None:
    browser = at_provider(gateway)
    state = asked(browser)["state"]
    other = gateway.browser()
    other.to_school()
    message = other.message("regenboog", {"uid": ("fenna",)})
    assert refused(browser.bring(message.response(), state))
    assert tokens_asked(gateway) == 0


def test_every_provider_has_another_address(gateway: Gateway) -> None:
    sent = asked(at_provider(gateway))
    named = sent["redirect_uri"].rpartition("/")[2]
    assert sent["redirect_uri"] == f"{gateway.federation.base_url}/oidc/callback/{named}"
    assert gateway.parts.federation.identity_providers[named].oidc.client_id == sent["client_id"]
