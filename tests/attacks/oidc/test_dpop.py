"""DPoP: proofs that are replayed, forged, made for another request or token, or left out; tokens in other hands."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.federation.clients import ClientAuthentication
from tests.support.jose import (
    CLIENT,
    ISSUER,
    b64,
    client_key,
    ed25519,
    edwards_jwk,
    edwards_key,
    proof,
    public_jwk,
    thumbprint,
)
from tests.support.op import op
from tests.support.op_client import back, basic
from tests.support.releasing import NOW
from tests.support.signing_keys import signing_key

PUBLIC = {"authentication": frozenset({ClientAuthentication.NONE}), "secret_hashes": ()}
THIEF = client_key("the thief's")
NOW_SECONDS = int(NOW.timestamp())


def refused(answer, error="invalid_dpop_proof"):
    assert (answer.status_code, answer.json["error"]) == (400, error), answer.json
    assert answer.json["reference"] in answer.json["error_description"]
    return True


def bound(provider, scope="openid eck profile"):
    answer = provider.exchange(provider.log_in(scope=scope)["code"], {**basic(), **proof()})
    assert answer.json["token_type"] == "DPoP"
    return answer.json


def at_userinfo(provider, access, key=None, scheme="DPoP", **changes):
    claims = {"at": "/oidc/userinfo", "htm": "GET", "token": access, **changes}
    return provider.userinfo(access, scheme=scheme, more=proof(key, **claims))


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "GET"},
        {"htm": "post"},
        {"htm": None},
        {"htu": None},
        {"htu": f"{ISSUER}/oidc/userinfo"},
        {"htu": f"{ISSUER}/oidc/token/"},
        {"htu": "http://sluis.example/oidc/token"},
        {"htu": "https://sluis.example:444/oidc/token"},
        {"htu": "https://sluis.example:port/oidc/token"},
        {"htu": "https://evil.example/oidc/token"},
        {"htu": "https://sluis.example@evil.example/oidc/token"},
        {"htu": "https://me@sluis.example/oidc/token"},
        {"htu": "/oidc/token"},
        {"htu": ["https://sluis.example/oidc/token"]},
        {"iat": None},
        {"iat": NOW_SECONDS - 120},
        {"iat": NOW_SECONDS + 61},
        {"iat": str(NOW_SECONDS)},
        {"iat": True},
        {"iat": float("nan")},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 201},
        {"header": {"typ": "JWT"}},
        {"header": {"typ": None}},
        {"header": {"alg": "none"}},
        {"header": {"alg": "HS256"}},
        {"header": {"alg": "RS256"}},
        {"header": {"alg": "PS256"}},
        {"header": {"alg": None}},
        {"header": {"crit": ["exp"], "exp": 1}},
        {"header": {"jwk": None}},
        {"header": {"jwk": "x"}},
        {"header": {"jwk": {}}},
        {"header": {"jwk": public_jwk(THIEF)}},
        {"header": {"jwk": {**public_jwk(client_key("dpop")), "d": "AAAA"}}},
        {"header": {"jwk": {"kty": "oct", "k": "AAAA"}}},
        {"header": {"jwk": {"kty": "EC", "crv": "P-384", "x": "x", "y": "y"}}},
        {"header": {"jwk": None, "jku": "http://169.254.169.254/"}},
    ],
)
def test_a_proof_that_is_not_right(tmp_path, changes):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    assert refused(provider.exchange(code, {**basic(), **proof(**changes)}))
    assert provider.exchange(code, {**basic(), **proof()}).status_code == 200


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "...", "x" * 20000, "{}"])
def test_a_proof_that_is_no_token(tmp_path, text):
    provider = op(tmp_path)
    answer = provider.exchange(provider.log_in()["code"], {**basic(), "DPoP": text})
    assert refused(answer)


def test_two_proofs_at_once(tmp_path):
    provider = op(tmp_path)
    both = [*basic().items(), *proof().items(), *proof().items()]
    assert refused(provider.exchange(provider.log_in()["code"], both))


def test_a_proof_whose_claims_or_signature_were_changed(tmp_path):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    head, body, signature = proof()["DPoP"].split(".")
    other = proof(iat=NOW_SECONDS - 1)["DPoP"].split(".")[1]
    none = b64(json.dumps({"typ": "dpop+jwt", "alg": "none", "jwk": public_jwk(client_key("dpop"))}).encode())
    for text in (
        f"{head}.{other}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}.{b64(bytes(64))}",
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{head}.{b64(b'[]')}.{signature}",
    ):
        assert refused(provider.exchange(code, {**basic(), "DPoP": text}))


def test_a_proof_by_rsa_and_one_by_a_short_rsa_key(tmp_path):
    provider = op(tmp_path)

    def by_rsa(key):
        numbers = key.public_key().public_numbers()
        jwk = {"kty": "RSA", "n": b64(numbers.n.to_bytes(key.key_size // 8)), "e": b64(numbers.e.to_bytes(3))}
        claims = {"jti": "rsa", "htm": "POST", "htu": f"{ISSUER}/oidc/token", "iat": NOW_SECONDS}
        head = b64(json.dumps({"typ": "dpop+jwt", "alg": "PS256", "jwk": jwk}).encode())
        signed = f"{head}.{b64(json.dumps(claims).encode())}"
        pss = padding.PSS(padding.MGF1(SHA256()), 32)
        return {"DPoP": f"{signed}.{b64(key.sign(signed.encode(), pss, SHA256()))}"}

    code = provider.log_in()["code"]
    assert refused(provider.exchange(code, {**basic(), **by_rsa(rsa.generate_private_key(65537, 1024))}))
    assert provider.exchange(code, {**basic(), **by_rsa(signing_key("dpop").private_key)}).status_code == 200


def test_a_proof_by_ed25519_and_one_with_the_private_key_in_it(tmp_path):
    provider, key = op(tmp_path), edwards_key("dpop")

    def by_edwards(algorithm, **more):
        head = {"typ": "dpop+jwt", "alg": algorithm, "jwk": edwards_jwk(key, **more)}
        claims = {"jti": algorithm, "htm": "POST", "htu": f"{ISSUER}/oidc/token", "iat": NOW_SECONDS}
        return {**basic(), "DPoP": ed25519(head, claims, key)}

    code = provider.log_in()["code"]
    assert refused(provider.exchange(code, by_edwards("EdDSA", d=b64(key.private_bytes_raw()))))
    assert refused(provider.exchange(code, by_edwards("EdDSA", crv="Ed448")))
    assert refused(provider.exchange(code, by_edwards("EdDSA", crv="X25519")))
    assert refused(provider.exchange(code, by_edwards("ES256")))
    assert provider.exchange(code, by_edwards("EdDSA")).json["token_type"] == "DPoP"
    assert provider.exchange(provider.log_in()["code"], by_edwards("Ed25519")).json["token_type"] == "DPoP"


def test_dpop_replay(tmp_path):
    provider = op(tmp_path)
    used = proof()
    assert provider.exchange(provider.log_in()["code"], {**basic(), **used}).status_code == 200
    provider.clock.forward(seconds=119)
    assert refused(provider.exchange(provider.log_in()["code"], {**basic(), **used}))
    provider.clock.forward(seconds=60)
    assert refused(provider.exchange(provider.log_in()["code"], {**basic(), **used}))


def test_dpop_replay_of_one_from_a_clock_that_is_ahead(tmp_path):
    """The mark lasts as long as the proof: it is made in the future, and replayed when it is all but over."""
    provider = op(tmp_path)
    used = proof(iat=NOW_SECONDS + 60)
    assert provider.exchange(provider.log_in()["code"], {**basic(), **used}).status_code == 200
    for _ in range(6):
        provider.clock.forward(seconds=30)
        assert refused(provider.exchange(provider.log_in()["code"], {**basic(), **used}))


def test_of_fifty_at_once_with_one_proof_exactly_one_is_answered(tmp_path):
    provider = op(tmp_path)
    token = bound(provider)["access_token"]
    more = proof(at="/oidc/userinfo", htm="GET", token=token)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: provider.userinfo(token, scheme="DPoP", more=more).status_code, range(50)))
    assert sorted(answers) == [200] + [401] * 49


def test_a_stolen_access_token(tmp_path):
    """Wrong or missing ath, htm, htu and key; and the downgrade to a bearer token."""
    provider = op(tmp_path)
    token = bound(provider)["access_token"]
    plain = provider.userinfo(token)
    assert (plain.status_code, plain.json["error"]) == (401, "invalid_token")
    assert plain.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
    assert 'DPoP algs="ES256 PS256 EdDSA Ed25519"' in plain.headers["WWW-Authenticate"]
    for answer in (
        provider.userinfo(token, scheme="DPoP"),
        at_userinfo(provider, token, scheme="Bearer"),
        at_userinfo(provider, token, THIEF),
        at_userinfo(provider, token, token=None),
        at_userinfo(provider, token, token=token + "x"),
        at_userinfo(provider, token, ath=None),
        at_userinfo(provider, token, ath=7),
        at_userinfo(provider, token, htm="POST"),
        at_userinfo(provider, token, at="/oidc/token"),
        at_userinfo(provider, token, nonce="made up"),
    ):
        assert answer.status_code == 401, answer.json
        assert "DPoP algs=" in answer.headers["WWW-Authenticate"]
        assert "eckid" not in answer.json
    assert at_userinfo(provider, token).status_code == 200


def test_a_bearer_token_does_not_pass_for_a_bound_one(tmp_path):
    provider = op(tmp_path)
    token = provider.tokens()["access_token"]
    assert at_userinfo(provider, token).json["error"] == "invalid_token"


@pytest.mark.parametrize("nonce", ["made up", "", 7, "\u20ac", "\ud83d"])
def test_a_nonce_that_was_never_handed_out(tmp_path, nonce):
    provider = op(tmp_path)
    answer = provider.exchange(provider.log_in()["code"], {**basic(), **proof(nonce=nonce)})
    assert refused(answer, "use_dpop_nonce")
    assert answer.headers["DPoP-Nonce"]


def test_dpop_key_swap_at_refresh_of_a_public_client(tmp_path):
    provider = op(tmp_path, offline_access=True, **PUBLIC)
    code = provider.log_in(scope="openid offline_access")["code"]
    tokens = provider.exchange(code, proof(), client_id=CLIENT).json
    for headers in (proof(THIEF), {}):
        assert refused(provider.refresh(tokens["refresh_token"], headers, client_id=CLIENT), "invalid_grant")
    assert provider.refresh(tokens["refresh_token"], proof(), client_id=CLIENT).status_code == 200


def test_a_stolen_refresh_token_and_secret_do_not_yield_bearer_tokens(tmp_path):
    provider = op(tmp_path, offline_access=True)
    tokens = bound(provider, "openid offline_access")
    assert refused(provider.refresh(tokens["refresh_token"]), "invalid_grant")


def test_a_code_that_is_bound_to_a_key_is_of_no_use_to_another(tmp_path):
    provider = op(tmp_path, **PUBLIC)
    code = provider.log_in(dpop_jkt=thumbprint())["code"]
    for headers in ({}, proof(THIEF)):
        assert refused(provider.exchange(code, headers, client_id=CLIENT), "invalid_grant")


@pytest.mark.parametrize("jkt", ["x" * 42, "x" * 44, "+" * 43, "\u20ac" * 43])
def test_a_dpop_jkt_that_is_no_thumbprint(tmp_path, jkt):
    assert back(op(tmp_path).authorize(dpop_jkt=jkt))["error"] == "invalid_request"


def test_nothing_of_a_proof_stands_in_an_error(tmp_path):
    provider = op(tmp_path)
    made = proof(jti="the jti", htm="DELETE")
    answer = provider.exchange(provider.log_in()["code"], {**basic(), **made})
    text = answer.get_data(as_text=True) + str(answer.headers)
    assert made["DPoP"] not in text
    assert "the jti" not in text
    assert "DELETE" not in text
