"""Signed requests that are forged, aimed elsewhere, old, or contradicted by what stands beside them (RFC 9101)."""

import json
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support.jose import CLIENT, ISSUER, assertion, b64, client_key, es256, proof, public_jwk, thumbprint
from tests.support.op import op
from tests.support.op_client import ASKED, CALLBACK, back, basic, relying_party
from tests.support.releasing import NOW
from tests.support.signing_keys import elliptic_key

JWKS = json.dumps({"keys": [public_jwk(client_key(), kid="c1")]})
NOW_SECONDS = int(NOW.timestamp())
HEADER = {"alg": "ES256", "typ": "oauth-authz-req+jwt", "kid": "c1"}


def claims(**changes):
    made = {**ASKED, "iss": CLIENT, "aud": ISSUER, "exp": NOW_SECONDS + 60, "jti": "one", **changes}
    return {name: value for name, value in made.items() if value is not None}


def signed(key=None, header=None, **changes):
    return es256(HEADER if header is None else header, claims(**changes), key or client_key())


def asked(provider, request, **beside):
    return provider.authorize(query=urlencode({"client_id": CLIENT, "request": request, **beside}))


def refused_with_a_page(answer):
    assert answer.status_code == 400, answer.headers
    assert "Location" not in answer.headers
    assert "request_object_invalid" in answer.get_data(as_text=True)
    return True


def finished(provider):
    answer = back(provider.finish())
    return answer, provider.id_token(provider.exchange(answer["code"]).json)


def test_a_login_by_a_signed_request(tmp_path):
    provider = op(tmp_path, jwks=JWKS, require_signed=True)
    request = signed(max_age=3600, claims={"id_token": {"eckid": None}}, iat=NOW_SECONDS, nbf=NOW_SECONDS)
    assert asked(provider, request).status_code == 303
    answer, token = finished(provider)
    assert answer["state"] == "the state"
    assert token["nonce"] == "the nonce"
    assert token["eckid"]


def test_a_signed_request_that_is_pushed(tmp_path):
    provider = op(tmp_path, jwks=JWKS, require_signed=True, require_pushed=True)
    headers = {**basic(), **proof(at="/oidc/par")}
    pushed = provider.post("/oidc/par", headers, client_id=CLIENT, request=signed(), prompt="none")
    assert pushed.status_code == 201, pushed.json
    provider.bring(pushed.json["request_uri"])
    code = back(provider.finish())["code"]
    assert provider.exchange(code).json["error"] == "invalid_grant"
    assert provider.exchange(code, {**basic(), **proof()}).json["token_type"] == "DPoP"


def test_a_pushed_proof_and_a_signed_thumbprint_of_another_key(tmp_path):
    provider = op(tmp_path, jwks=JWKS)
    request = signed(dpop_jkt=thumbprint(client_key("another")))
    pushed = provider.post("/oidc/par", {**basic(), **proof(at="/oidc/par")}, client_id=CLIENT, request=request)
    assert (pushed.status_code, pushed.json["error"]) == (400, "invalid_request")


def test_a_client_that_has_to_sign_cannot_be_downgraded(tmp_path):
    provider = op(tmp_path, jwks=JWKS, require_signed=True)
    told = back(provider.authorize())
    assert told["error"] == "invalid_request"
    assert "RFC 9101" in told["error_description"]
    assert provider.push().json["error"] == "invalid_request"
    assert provider.schools.asked == []


def test_a_client_without_keys_is_told_at_its_address(tmp_path):
    assert back(op(tmp_path).authorize(request=signed()))["error"] == "request_not_supported"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "other"},
        {"iss": None},
        {"client_id": "other"},
        {"client_id": None},
        {"aud": None},
        {"aud": "https://evil.example"},
        {"aud": [ISSUER, "https://evil.example"]},
        {"aud": f"{ISSUER}/oidc/token"},
        {"exp": None},
        {"exp": NOW_SECONDS - 60},
        {"exp": NOW_SECONDS + 3661},
        {"exp": str(NOW_SECONDS + 60)},
        {"exp": float("nan")},
        {"nbf": NOW_SECONDS + 61},
        {"iat": float("nan")},
        {"sub": CLIENT},
        {"request": "a.b.c"},
        {"request_uri": "http://169.254.169.254/"},
        {"scope": ["openid"]},
        {"state": {"a": "b"}},
        {"max_age": 1.5},
        {"max_age": True},
        {"claims": ["x"]},
        {"nonce": "a\0b"},
        {"\0reference": "0000000001"},
        {f"c{number}": "x" for number in range(60)},
    ],
)
def test_a_request_object_whose_claims_are_not_right(tmp_path, changes):
    provider = op(tmp_path, jwks=JWKS)
    assert refused_with_a_page(asked(provider, signed(**changes)))
    told = provider.post("/oidc/par", basic(), client_id=CLIENT, request=signed(**changes))
    assert (told.status_code, told.json["error"]) == (400, "invalid_request_object")
    assert provider.schools.asked == []


def test_alg_none_and_key_confusion(tmp_path):
    provider = op(tmp_path, jwks=JWKS)
    head, body, signature = signed().split(".")
    none = b64(json.dumps({"alg": "none"}).encode())
    twice = b64((json.dumps(claims())[:-1] + ', "redirect_uri": "https://evil.example/"}').encode())
    evil = elliptic_key("evil")
    for text in (
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{head}.{body}.",
        f"{head}.{twice}.{signature}",
        f"{head}.{body}.{signature}.a.b",
        signed(evil),
        signed(header={"alg": "HS256"}),
        signed(header={"alg": "RS256"}),
        signed(header={"alg": "ES256", "kid": "nobody"}),
        signed(header={"alg": "ES256", "typ": "dpop+jwt"}),
        signed(header={"alg": "ES256", "crit": ["x"], "x": 1}),
        signed(evil, header={"alg": "ES256", "jwk": public_jwk(evil)}),
        signed(evil, header={"alg": "ES256", "jku": "http://169.254.169.254/"}),
        es256(HEADER, [claims()], client_key()),
        assertion(),
        "x" * 15000,
        "...",
    ):
        assert refused_with_a_page(asked(provider, text)), text[:60]
    assert provider.schools.asked == []
    assert asked(provider, signed(header={"alg": "ES256"})).status_code == 303


def test_a_member_that_stands_there_twice_in_what_was_signed(tmp_path):
    provider = op(tmp_path, jwks=JWKS)
    for body in (json.dumps(claims())[:-1] + ', "scope": "openid"}', "not JSON", "[" * 5000):
        text = f"{b64(json.dumps(HEADER).encode())}.{b64(body.encode())}"
        r, s = decode_dss_signature(client_key().sign(text.encode(), ec.ECDSA(SHA256())))
        assert refused_with_a_page(asked(provider, f"{text}.{b64(r.to_bytes(32) + s.to_bytes(32))}"))


def test_a_request_object_of_one_client_is_none_of_another(tmp_path):
    other = relying_party("other", jwks=json.dumps({"keys": [public_jwk(client_key("other"))]}))
    provider = op(tmp_path, services=(other,), jwks=JWKS)
    answer = provider.authorize(query=urlencode({"client_id": "other", "request": signed()}))
    assert refused_with_a_page(answer)


def test_parameters_outside_count_for_nothing(tmp_path):
    provider = op(tmp_path, jwks=JWKS)
    beside = {
        "redirect_uri": "https://evil.example/",
        "state": "evil",
        "nonce": "evil",
        "prompt": "none",
        "code_challenge": "x" * 43,
        "response_mode": "form_post",
        "request_uri": "http://169.254.169.254/",
        "registration": "{}",
    }
    assert asked(provider, signed(), **beside).status_code == 303
    answer, token = finished(provider)
    assert (answer["state"], token["nonce"]) == ("the state", "the nonce")


def test_what_is_missing_inside_is_not_taken_from_outside(tmp_path):
    provider = op(tmp_path, jwks=JWKS)
    inside = {"code_challenge": None, "code_challenge_method": None}
    told = back(asked(provider, signed(**inside), code_challenge="x" * 43, code_challenge_method="S256"))
    assert told["error"] == "invalid_request"
    without_address = asked(provider, signed(redirect_uri=None), redirect_uri=CALLBACK)
    assert without_address.status_code == 400
    assert "Location" not in without_address.headers


def test_an_unregistered_address_is_none_because_it_was_signed(tmp_path):
    answer = asked(op(tmp_path, jwks=JWKS), signed(redirect_uri="https://evil.example/"))
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_discovery_says_what_requests_may_be_signed_with(tmp_path):
    told = op(tmp_path).app.test_client().get("/.well-known/openid-configuration").json
    assert told["request_parameter_supported"] is True
    assert told["request_uri_parameter_supported"] is False
    assert told["request_object_signing_alg_values_supported"] == ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
