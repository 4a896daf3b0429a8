"""Clients and administrations, which see no page."""

from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import TestResponse

from gateway.domain.errors import ErrorCode
from tests.errors.federation import CALLBACK
from tests.errors.gateway import VERIFIER, Browser, Gateway
from tests.errors.registry import How, gives
from tests.errors.situations.requests import FENNA, REGENBOOG
from tests.support.jose import assertion, client_key, proof

BASE = "/api/vault/v1"
_NUMBERS = count(1)


def code_of(browser: Browser, **wishes: str) -> str:
    """What Fenna's login at Klas ends in."""
    browser.authorize("klas", **wishes)
    browser.choose("99XA")
    browser.by_person(REGENBOOG, FENNA)
    return parse_qs(urlsplit(browser.location).query)["code"][0]


def exchanged(browser: Browser, code: str, client: str = "klas", **more: Any) -> TestResponse:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return browser.form("/oidc/token", client, **{**form, **more})


@gives(ErrorCode.CLIENT_AUTHENTICATION, How.CLIENT)
def a_client_does_not_say_who_it_is(gateway: Gateway) -> TestResponse:
    return exchanged(gateway.browser(), "any", headers={"Authorization": "Basic a2xhczp3cm9uZw=="})


@gives(ErrorCode.CLIENT_NOT_ALLOWED, How.CLIENT)
def a_public_client_asks_what_a_token_is_good_for(gateway: Gateway) -> TestResponse:
    return gateway.browser().form("/oidc/introspect", headers={}, client_id="app", token="any")


@gives(ErrorCode.GRANT_UNSUPPORTED, How.CLIENT)
def a_client_sends_a_password(gateway: Gateway) -> TestResponse:
    return gateway.browser().form("/oidc/token", grant_type="password")


@gives(ErrorCode.GRANT_INVALID, How.CLIENT)
def a_code_is_used_twice(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    code = code_of(browser)
    assert exchanged(browser, code).status_code == 200
    return exchanged(browser, code)


@gives(ErrorCode.PROOF_INVALID, How.CLIENT)
def a_proof_proves_nothing(gateway: Gateway) -> TestResponse:
    return exchanged(gateway.browser(), "any", "strikt", more={"DPoP": "x.y.z"})


@gives(ErrorCode.PROOF_NONCE, How.CLIENT)
def a_proof_has_no_nonce(gateway: Gateway) -> TestResponse:
    address = f"{gateway.federation.base_url}/oidc/token"
    return exchanged(gateway.browser(), "any", "strikt", more=proof(now=gateway.clock.now(), htu=address))


@gives(ErrorCode.TOKEN_MISSING, How.CLIENT)
def a_client_asks_for_claims_without_a_token(gateway: Gateway) -> TestResponse:
    return gateway.browser().get("/oidc/userinfo")


@gives(ErrorCode.TOKEN_INVALID, How.CLIENT)
def a_token_is_over(gateway: Gateway) -> TestResponse:
    return gateway.browser().get("/oidc/userinfo", headers={"Authorization": "Bearer gone"})


@gives(ErrorCode.TOKEN_SCOPE, How.CLIENT)
def a_token_was_narrowed_until_it_says_nothing_of_anybody(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    tokens = exchanged(browser, code_of(browser, scope="openid profile offline_access")).json or {}
    narrowed = browser.form(
        "/oidc/token", grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="profile"
    ).json
    assert narrowed is not None
    return browser.get("/oidc/userinfo", headers={"Authorization": f"Bearer {narrowed['access_token']}"})


def called(gateway: Gateway, method: str, path: str, name: str = "las-99xd", **more: Any) -> TestResponse:
    """An administration that proves who it is calls the vault."""
    browser, base = gateway.browser(), gateway.federation.base_url
    proven = assertion(
        client_key(name),
        now=gateway.clock.now(),
        iss=name,
        sub=name,
        aud=f"{base}{BASE}/token",
        jti=f"jti-{next(_NUMBERS)}",
    )
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": proven,
    }
    token = (browser.form(f"{BASE}/token", headers={}, **form).json or {})["access_token"]
    headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
    return browser.client.open(f"{BASE}{path}", method=method, headers=headers, base_url=base, **more)


@gives(ErrorCode.API_CONTENT_TYPE, How.PROBLEM)
def an_administration_sends_no_json(gateway: Gateway) -> TestResponse:
    return called(gateway, "POST", "/entries", data="x", content_type="text/plain")


@gives(ErrorCode.API_ENTRY_UNKNOWN, How.PROBLEM)
def an_administration_asks_for_what_is_not_there(gateway: Gateway) -> TestResponse:
    return called(gateway, "GET", "/entries/0123456789abcdef0123456789abcdef")


@gives(ErrorCode.API_ENTRY_CHANGED, How.PROBLEM)
def two_administrations_write_at_once(gateway: Gateway) -> TestResponse:
    entry = {"account": "fenna77", "eck_id": FENNA.eck_id()}
    [made] = (called(gateway, "POST", "/entries", json={"entries": [entry]}).json or {})["entries"]
    older = {"If-Match": '"of an older entry"'}
    return called(gateway, "DELETE", f"/entries/{made['id']}", headers=older)


@gives(ErrorCode.API_ENTRIES_REFUSED, How.PROBLEM)
def an_administration_sends_no_eck_id(gateway: Gateway) -> TestResponse:
    return called(gateway, "POST", "/entries", json={"entries": [{"account": "fenna77", "eck_id": "4711"}]})
