"""Clients that are not who they say: wrong secrets, other methods, assertions forged, aimed elsewhere or old."""

import json

import pytest

from gateway.federation.clients import ClientAuthentication
from tests.support.jose import (
    CLIENT,
    ISSUER,
    assertion,
    b64,
    client_key,
    ed25519,
    edwards_jwk,
    edwards_key,
    es256,
    public_jwk,
)
from tests.support.op import op
from tests.support.op_client import SECRET, basic, relying_party
from tests.support.releasing import NOW
from tests.support.signing_keys import elliptic_key

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWKS = json.dumps({"keys": [public_jwk(client_key(), kid="c1")]})
BY_KEY = {"authentication": frozenset({ClientAuthentication.PRIVATE_KEY_JWT}), "jwks": JWKS, "secret_hashes": ()}
NOW_SECONDS = int(NOW.timestamp())


def refused(answer):
    assert answer.status_code == 401, answer.json
    assert answer.json["error"] == "invalid_client"
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert SECRET not in answer.get_data(as_text=True)
    return True


def by_assertion(provider, token, **changes):
    form = {"client_assertion_type": TYPE, "client_assertion": token, **changes}
    return provider.exchange(provider.log_in()["code"], {}, **form)


@pytest.mark.parametrize(
    "headers",
    [
        basic("wrong"),
        basic(""),
        basic(SECRET[:-1]),
        basic(SECRET + " "),
        basic("x" * 5000),
        basic(name="nobody"),
        {"Authorization": "Basic ???"},
        {"Authorization": "Basic /w=="},
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": ""},
        {},
    ],
)
def test_a_wrong_secret(tmp_path, headers):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    assert refused(provider.exchange(code, headers))
    assert provider.exchange(code).status_code == 200


def test_a_secret_with_signs_that_forms_escape(tmp_path):
    from hashlib import sha256

    secret = "a:b%c+d&é=\u20ac"
    provider = op(tmp_path, secret_hashes=(sha256(b"old").hexdigest(), sha256(secret.encode()).hexdigest()))
    assert provider.exchange(provider.log_in()["code"], basic(secret)).status_code == 200


def test_a_method_that_the_entry_does_not_name_is_refused_even_with_the_right_secret(tmp_path):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    assert refused(provider.exchange(code, {}, client_id=CLIENT, client_secret=SECRET))
    assert refused(provider.exchange(code, {}, client_id=CLIENT))
    assert refused(by_assertion(provider, assertion()))


def test_a_client_with_keys_cannot_fall_back(tmp_path):
    provider = op(tmp_path, **BY_KEY)
    code = provider.log_in()["code"]
    assert refused(provider.exchange(code))
    assert refused(provider.exchange(code, {}, client_id=CLIENT))


def test_the_secret_in_the_form_where_the_entry_says_so(tmp_path):
    provider = op(tmp_path, authentication=frozenset({ClientAuthentication.CLIENT_SECRET_POST}))
    code = provider.log_in()["code"]
    assert refused(provider.exchange(code))
    assert refused(provider.exchange(code, {}, client_id=CLIENT, client_secret="wrong"))
    assert provider.exchange(code, {}, client_id=CLIENT, client_secret=SECRET).status_code == 200


def test_a_public_client_is_bound_by_its_verifier_alone(tmp_path):
    provider = op(tmp_path, authentication=frozenset({ClientAuthentication.NONE}), secret_hashes=())
    code = provider.log_in()["code"]
    assert refused(provider.exchange(code))
    assert provider.exchange(code, {}, client_id=CLIENT).status_code == 200


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        (basic(), {"client_secret": SECRET}),
        (basic(), {"client_id": "other"}),
        (basic(), {"client_assertion": "x", "client_assertion_type": TYPE}),
        ({}, {"client_id": CLIENT, "client_secret": SECRET, "client_assertion": "x", "client_assertion_type": TYPE}),
        ({}, {"client_assertion": "x.y.z", "client_assertion_type": "urn:other"}),
        ({}, {"client_assertion_type": TYPE}),
    ],
)
def test_two_ways_at_once(tmp_path, headers, form):
    provider = op(tmp_path)
    answer = provider.exchange(provider.log_in()["code"], headers, **form)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_parameter_pollution_at_the_token_endpoint(tmp_path):
    provider = op(tmp_path)
    post, form = provider.app.test_client().post, "application/x-www-form-urlencoded"
    for path, body, kind in (
        ("/oidc/token", "grant_type=authorization_code&code=a&code=b", form),
        ("/oidc/token?code=a", "grant_type=authorization_code", form),
        ("/oidc/token", '{"grant_type": "authorization_code"}', "application/json"),
        ("/oidc/token", "x=" + "y" * 40000, form),
        ("/oidc/token", "a=%ff", form),
    ):
        answer = post(path, data=body, content_type=kind, headers=basic())
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_request"), path


def test_assertion_replay_one_lets_its_client_in_once(tmp_path):
    provider = op(tmp_path, **BY_KEY)
    for name in ("https://sluis.example", "https://sluis.example/oidc/token"):
        token = assertion(aud=name, jti=name)
        assert by_assertion(provider, token).status_code == 200
        assert refused(by_assertion(provider, token))
        assert refused(by_assertion(provider, assertion(aud=[name], jti=name)))
    assert by_assertion(provider, assertion(aud=[ISSUER], jti="three")).status_code == 200


def test_assertion_replay_it_is_marked_for_as_long_as_it_could_come_again(tmp_path):
    provider = op(tmp_path, **BY_KEY)
    token = assertion(exp=NOW_SECONDS + 600)
    assert by_assertion(provider, token).status_code == 200
    provider.clock.forward(seconds=659)
    assert refused(by_assertion(provider, token))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"iss": None},
        {"sub": "other"},
        {"sub": None},
        {"aud": None},
        {"aud": []},
        {"aud": "https://evil.example"},
        {"aud": [ISSUER, "https://evil.example"]},
        {"aud": f"{ISSUER}/"},
        {"aud": f"{ISSUER}/oidc/authorize"},
        {"aud": {"a": ISSUER}},
        {"exp": None},
        {"exp": NOW_SECONDS - 60},
        {"exp": NOW_SECONDS + 661},
        {"exp": str(NOW_SECONDS + 60)},
        {"exp": True},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"nbf": NOW_SECONDS + 61},
        {"nbf": "now"},
        {"nbf": float("nan")},
        {"iat": NOW_SECONDS + 61},
        {"iat": float("nan")},
        {"iat": None, "nbf": None, "exp": [1]},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 201},
    ],
)
def test_an_assertion_whose_claims_are_not_right(tmp_path, changes):
    assert refused(by_assertion(op(tmp_path, **BY_KEY), assertion(**changes)))


def test_an_id_that_is_no_text_in_utf_8_is_used_once_as_well(tmp_path):
    provider, half = op(tmp_path, **BY_KEY), assertion(jti="\ud83d")
    assert by_assertion(provider, half).status_code == 200
    assert refused(by_assertion(provider, half))


def test_alg_none_key_confusion_and_kid_injection(tmp_path):
    provider = op(tmp_path, **BY_KEY)
    claims = {"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "x", "exp": NOW_SECONDS + 60}
    good = es256({"alg": "ES256", "kid": "c1"}, claims, client_key())
    head, body, signature = good.split(".")
    none = b64(json.dumps({"alg": "none"}).encode())
    for token in (
        assertion(elliptic_key("evil")),
        es256({"alg": "ES256", "kid": "nobody"}, claims, client_key()),
        es256({"alg": "ES256", "kid": "../../../../dev/null"}, claims, client_key()),
        es256({"alg": "ES256", "kid": "c1' OR 1=1"}, claims, client_key()),
        es256({"alg": "ES256", "kid": 1}, claims, client_key()),
        es256({"alg": "ES256", "jwk": public_jwk(elliptic_key("evil"))}, claims, elliptic_key("evil")),
        es256({"alg": "ES256", "jku": "http://169.254.169.254/"}, claims, elliptic_key("evil")),
        es256({"alg": "ES256", "crit": ["exp"]}, claims, client_key()),
        es256({"alg": "HS256"}, claims, client_key()),
        es256({"alg": "RS256"}, claims, client_key()),
        es256({"alg": "none"}, claims, client_key()),
        es256({}, claims, client_key()),
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}..{signature}",
        f"{head}.{b64(b'[]')}.{signature}",
        f"{head}.{body}.{b64(bytes(64))}",
        "x" * 9000,
        "a.b.c",
        "....",
    ):
        assert refused(by_assertion(provider, token)), token[:80]
    assert by_assertion(provider, good).status_code == 200


def test_an_assertion_of_one_client_is_none_of_another(tmp_path):
    other = relying_party("other", **BY_KEY)
    provider = op(tmp_path, services=(other,), **BY_KEY)
    answer = by_assertion(provider, assertion(), client_id="other")
    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/oidc/introspect", "/oidc/revoke"])
def test_the_same_checks_stand_before_every_endpoint_for_clients(tmp_path, path):
    provider = op(tmp_path)
    token = provider.tokens()["access_token"]
    assert refused(provider.post(path, basic("wrong"), token=token))
    assert refused(provider.post(path, {}, token=token))
    assert provider.post(path, basic()).json["error"] == "invalid_request"
    assert provider.userinfo(token).status_code == 200


@pytest.mark.parametrize("algorithm", ["EdDSA", "Ed25519"])
def test_key_confusion_between_edwards_and_other_curves(tmp_path, algorithm):
    edwards = edwards_key("klas")
    jwks = {"keys": [public_jwk(client_key(), kid="c1"), edwards_jwk(edwards, kid="ed")]}
    provider = op(tmp_path, **{**BY_KEY, "jwks": json.dumps(jwks)})
    claims = {"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "x", "exp": NOW_SECONDS + 60}
    for token in (
        ed25519({"alg": algorithm, "kid": "c1"}, claims, edwards),
        ed25519({"alg": "ES256", "kid": "ed"}, claims, edwards),
        ed25519({"alg": "Ed448", "kid": "ed"}, claims, edwards),
        ed25519({"alg": algorithm}, claims, edwards_key("evil")),
        es256({"alg": algorithm, "kid": "c1"}, claims, client_key()),
        es256({"alg": algorithm, "kid": "ed"}, claims, client_key()),
    ):
        assert refused(by_assertion(provider, token)), token[:80]
    assert by_assertion(provider, ed25519({"alg": algorithm, "kid": "ed"}, claims, edwards)).status_code == 200


def test_a_client_whose_published_keys_are_not_there_or_spoilt_is_nobody(tmp_path):
    for number, jwks in enumerate((None, json.dumps({"keys": [{"kty": "none"}]}))):
        (tmp_path / str(number)).mkdir()
        provider = op(tmp_path / str(number), **{**BY_KEY, "jwks": jwks, "jwks_uri": "https://klas.example/jwks"})
        answer = by_assertion(provider, assertion())
        assert refused(answer)
        assert "jwks_uri" in answer.json["error_description"]
