"""Tokens that are bound to a key of the client (DPoP, RFC 9449)."""

import pytest

from gateway.federation.clients import ClientAuthentication
from tests.support.jose import CLIENT, client_key, proof, thumbprint
from tests.support.op import op
from tests.support.op_client import back, basic

PUBLIC = {"authentication": frozenset({ClientAuthentication.NONE}), "secret_hashes": ()}
FRESH = client_key("a fresh one")


def bound(provider, scope="openid eck profile", **asked):
    """Tokens that are bound to the client's key."""
    answer = provider.exchange(provider.log_in(scope=scope, **asked)["code"], {**basic(), **proof()})
    assert answer.status_code == 200, answer.json
    assert answer.json["token_type"] == "DPoP"
    return answer.json


def at_userinfo(provider, token, key=None, **changes):
    more = proof(key, at="/oidc/userinfo", htm="GET", token=token, now=provider.clock.now(), **changes)
    return provider.userinfo(token, scheme="DPoP", more=more)


def test_a_client_whose_tokens_are_of_use_to_it_alone(tmp_path):
    provider = op(tmp_path)
    tokens = bound(provider)
    told = at_userinfo(provider, tokens["access_token"])
    assert told.json["given_name"] == "Fenna"
    post = proof(at="/oidc/userinfo", token=tokens["access_token"])
    assert provider.userinfo(tokens["access_token"], "POST", scheme="dpop", more=post).status_code == 200
    status = provider.post("/oidc/introspect", basic(), token=tokens["access_token"]).json
    assert status["token_type"] == "DPoP"
    assert status["cnf"] == {"jkt": thumbprint()}


def test_a_client_may_do_without(tmp_path):
    provider = op(tmp_path)
    tokens = provider.tokens()
    assert tokens["token_type"] == "Bearer"
    status = provider.post("/oidc/introspect", basic(), token=tokens["access_token"]).json
    assert status["token_type"] == "Bearer"
    assert "cnf" not in status


def test_a_client_whose_entry_asks_for_it_may_not(tmp_path):
    provider = op(tmp_path, dpop_bound=True)
    code = provider.log_in()["code"]
    answer = provider.exchange(code)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_dpop_proof")
    assert provider.exchange(code, {**basic(), **proof()}).status_code == 200


def test_renewed_tokens_stay_bound(tmp_path):
    provider = op(tmp_path, offline_access=True)
    tokens = bound(provider, "openid eck profile offline_access")
    unbound = provider.refresh(tokens["refresh_token"])
    assert (unbound.status_code, unbound.json["error"]) == (400, "invalid_grant")
    renewed = provider.refresh(tokens["refresh_token"], {**basic(), **proof()})
    assert renewed.json["token_type"] == "DPoP"
    assert at_userinfo(provider, renewed.json["access_token"]).status_code == 200


def test_a_client_that_proves_who_it_is_may_change_its_key(tmp_path):
    provider = op(tmp_path, offline_access=True)
    tokens = bound(provider, "openid eck profile offline_access")
    renewed = provider.refresh(tokens["refresh_token"], {**basic(), **proof(FRESH)}).json
    assert at_userinfo(provider, renewed["access_token"], FRESH).status_code == 200
    assert at_userinfo(provider, renewed["access_token"]).status_code == 401
    assert at_userinfo(provider, tokens["access_token"]).status_code == 200


def test_a_client_may_begin_with_it_when_it_renews(tmp_path):
    provider = op(tmp_path, offline_access=True, **PUBLIC)
    first = provider.exchange(provider.log_in(scope="openid offline_access")["code"], {}, client_id=CLIENT).json
    renewed = provider.refresh(first["refresh_token"], proof(), client_id=CLIENT).json
    assert renewed["token_type"] == "DPoP"
    swapped = provider.refresh(renewed["refresh_token"], proof(FRESH), client_id=CLIENT)
    assert swapped.json["error"] == "invalid_grant"


def test_a_code_for_the_key_that_the_request_named(tmp_path):
    provider = op(tmp_path)
    code = provider.log_in(dpop_jkt=thumbprint())["code"]
    for headers in (basic(), {**basic(), **proof(FRESH)}):
        answer = provider.exchange(code, headers)
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert provider.exchange(code, {**basic(), **proof()}).status_code == 200


def test_a_code_for_the_key_that_the_push_proved(tmp_path):
    provider = op(tmp_path)
    pushed = provider.push({**basic(), **proof(at="/oidc/par")})
    assert pushed.status_code == 201, pushed.json
    provider.bring(pushed.json["request_uri"])
    code = back(provider.finish())["code"]
    assert provider.exchange(code, {**basic(), **proof(FRESH)}).json["error"] == "invalid_grant"
    assert provider.exchange(code, {**basic(), **proof()}).status_code == 200


def test_a_push_that_proves_one_key_and_names_another(tmp_path):
    provider = op(tmp_path)
    headers = {**basic(), **proof(at="/oidc/par")}
    answer = provider.push(headers, dpop_jkt=thumbprint(FRESH))
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    headers = {**basic(), **proof(at="/oidc/par")}
    assert provider.push(headers, dpop_jkt=thumbprint()).status_code == 201
    wrong = provider.push({**basic(), **proof()})
    assert (wrong.status_code, wrong.json["error"]) == (400, "invalid_dpop_proof")


@pytest.mark.parametrize("htu", ["HTTPS://SLUIS.EXAMPLE/oidc/token", "https://sluis.example:443/oidc/token?a=b#c"])
def test_other_ways_of_writing_the_same_address(tmp_path, htu):
    provider = op(tmp_path)
    assert provider.exchange(provider.log_in()["code"], {**basic(), **proof(htu=htu)}).status_code == 200


def test_a_nonce_where_the_entry_asks_for_one(tmp_path):
    provider = op(tmp_path, dpop_nonce=True)
    code = provider.log_in()["code"]
    answer = provider.exchange(code, {**basic(), **proof()})
    assert (answer.status_code, answer.json["error"]) == (400, "use_dpop_nonce")
    nonce = answer.headers["DPoP-Nonce"]
    tokens = provider.exchange(code, {**basic(), **proof(nonce=nonce)}).json

    answer = at_userinfo(provider, tokens["access_token"])
    assert answer.status_code == 401
    assert answer.headers["DPoP-Nonce"] == nonce
    assert answer.headers["WWW-Authenticate"].startswith(
        'DPoP algs="ES256 PS256 EdDSA Ed25519", error="use_dpop_nonce"'
    )
    assert at_userinfo(provider, tokens["access_token"], nonce=nonce).status_code == 200


def test_a_nonce_is_good_for_five_minutes_after_the_next_one(tmp_path):
    provider = op(tmp_path, dpop_nonce=True)

    def exchanged(nonce):
        headers = {**basic(), **proof(nonce=nonce, now=provider.clock.now())}
        return provider.exchange(provider.log_in()["code"], headers)

    nonce = exchanged(None).headers["DPoP-Nonce"]
    provider.clock.forward(seconds=300)
    assert exchanged(nonce).status_code == 200
    provider.clock.forward(seconds=300)
    late = exchanged(nonce)
    assert late.json["error"] == "use_dpop_nonce"
    assert late.headers["DPoP-Nonce"] != nonce


def test_discovery_says_what_proofs_may_be_signed_with(tmp_path):
    told = op(tmp_path).app.test_client().get("/.well-known/openid-configuration").json
    assert told["dpop_signing_alg_values_supported"] == ["ES256", "PS256", "EdDSA", "Ed25519"]
