"""Authorization requests that leave out, double, stretch or twist a parameter; each has its one right answer."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from gateway.oidc.op.authorize import WISHES
from tests.support.jose import ISSUER, es256
from tests.support.op import op
from tests.support.op_client import ASKED, CALLBACK, back
from tests.support.signing_keys import elliptic_key

TOLD = {
    "no response type": ({"response_type": None}, "invalid_request"),
    "implicit": ({"response_type": "token"}, "unsupported_response_type"),
    "hybrid": ({"response_type": "code id_token"}, "unsupported_response_type"),
    "id_token": ({"response_type": "id_token"}, "unsupported_response_type"),
    "fragment": ({"response_mode": "fragment"}, "invalid_request"),
    "web message": ({"response_mode": "web_message"}, "invalid_request"),
    "no challenge": ({"code_challenge": None}, "invalid_request"),
    "no challenge but a method": ({"code_challenge": None, "code_challenge_method": "S256"}, "invalid_request"),
    "no method, so plain": ({"code_challenge_method": None}, "invalid_request"),
    "plain": ({"code_challenge_method": "plain"}, "invalid_request"),
    "another method": ({"code_challenge_method": "s256"}, "invalid_request"),
    "short challenge": ({"code_challenge": "x" * 42}, "invalid_request"),
    "long challenge": ({"code_challenge": "x" * 44}, "invalid_request"),
    "challenge in another alphabet": ({"code_challenge": "+" * 43}, "invalid_request"),
    "no scope": ({"scope": None}, "invalid_scope"),
    "no openid": ({"scope": "profile"}, "invalid_scope"),
    "openid as part of a word": ({"scope": "openidx"}, "invalid_scope"),
    "request object": ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
    "request object by address": ({"request_uri": "http://169.254.169.254/latest"}, "request_uri_not_supported"),
    "registration": ({"registration": "{}"}, "registration_not_supported"),
    "unknown prompt": ({"prompt": "create"}, "invalid_request"),
    "none and login": ({"prompt": "none login"}, "invalid_request"),
    "consent": ({"prompt": "consent"}, "consent_required"),
    "negative age": ({"max_age": "-1"}, "invalid_request"),
    "age in words": ({"max_age": "ten"}, "invalid_request"),
    "age in other digits": ({"max_age": "\u0661\u0662"}, "invalid_request"),
    "age without end": ({"max_age": "9" * 10}, "invalid_request"),
    "claims that are no JSON": ({"claims": "{"}, "invalid_request"),
    "claims that are a list": ({"claims": "[]"}, "invalid_request"),
    "claims that go deep": ({"claims": "[" * 5000}, "invalid_request"),
    "userinfo that is a word": ({"claims": '{"userinfo": "x"}'}, "invalid_request"),
    "a claim that is a word": ({"claims": '{"userinfo": {"eckid": "x"}}'}, "invalid_request"),
    "essential that is a word": ({"claims": '{"id_token": {"acr": {"essential": "yes"}}}'}, "invalid_request"),
    "acr values that are numbers": ({"claims": '{"id_token": {"acr": {"values": [1]}}}'}, "invalid_request"),
    "two subs": ({"claims": '{"id_token": {"sub": {"values": ["a", "b"]}}}'}, "invalid_request"),
    "very many claims": ({"claims": json.dumps({"userinfo": {f"c{n}": None for n in range(61)}})}, "invalid_request"),
    "very many acr values": ({"acr_values": " ".join(map(str, range(21)))}, "unmet_authentication_requirements"),
    "long nonce": ({"nonce": "x" * 2049}, "invalid_request"),
    "nonce with a line end": ({"nonce": "a\nb"}, "invalid_request"),
    "a hint that is no token": ({"id_token_hint": "x"}, "invalid_request"),
    "a hint that is huge": ({"id_token_hint": "x" * 9000}, "invalid_request"),
    "rich authorization": ({"authorization_details": "[]"}, "invalid_request"),
    "resource": ({"resource": "https://api.example"}, "invalid_request"),
}


@pytest.mark.parametrize(("changes", "error"), TOLD.values(), ids=TOLD)
def test_what_a_known_client_may_not_wish_it_is_told_at_its_address(tmp_path, changes, error):
    provider = op(tmp_path)
    for method in ("GET", "POST"):
        told = back(provider.authorize(method, **changes))

        assert told.keys() == {"error", "error_description", "state", "iss"}
        assert told["error"] == error
        assert told["state"] == "the state"
        assert told["iss"] == ISSUER
        assert "(reference 7KQ2M9X4TB)" in told["error_description"]
        assert provider.schools.asked == []


@pytest.mark.parametrize("name", sorted(set(ASKED) - {"client_id", "redirect_uri", "state", "response_mode"}))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_parameter_that_stands_there_twice_is_refused_whichever_would_count(tmp_path, name, method):
    told = back(op(tmp_path).authorize(method, f"{urlencode(ASKED)}&{name}={ASKED[name]}"))

    assert told["error"] == "invalid_request"
    assert name in told["error_description"]


def test_of_two_states_none_comes_back(tmp_path):
    told = back(op(tmp_path).authorize(query=f"{urlencode(ASKED)}&state=evil"))

    assert told["error"] == "invalid_request"
    assert "state" not in told


@pytest.mark.parametrize("state", ["x" * 2049, "a\nb", "\u20ac", "a\x7f"])
def test_a_state_that_cannot_be_given_back_untouched_is_not_given_back(tmp_path, state):
    told = back(op(tmp_path).authorize(state=state))

    assert told["error"] == "invalid_request"
    assert "state" not in told


def test_an_error_goes_by_the_response_mode_that_was_asked_for(tmp_path):
    answer = op(tmp_path).authorize(response_mode="form_post", scope="profile")

    assert answer.status_code == 200
    assert back(answer)["error"] == "invalid_scope"


def test_parameters_in_the_query_of_a_post_count_for_nothing(tmp_path):
    provider = op(tmp_path)
    form = "application/x-www-form-urlencoded"
    answer = provider.app.test_client().post("/oidc/authorize?prompt=none", data=urlencode(ASKED), content_type=form)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    json_body = provider.app.test_client().post("/oidc/authorize", json=ASKED)
    assert json_body.status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "x=" + "y" * 20000,
        "client_id=%ff",
        "client_id=%00klas",
        "&".join(f"p{n}=1" for n in range(70)),
        "client_id=\u20ac",
    ],
)
def test_what_cannot_be_read_gets_a_page(tmp_path, query):
    answer = op(tmp_path).authorize(query=query.encode().decode("latin-1") if query.endswith("\u20ac") else query)

    assert answer.status_code in (400, 403, 413)
    assert "Location" not in answer.headers


def test_a_login_does_not_begin_by_looking(tmp_path):
    provider = op(tmp_path)
    assert provider.app.test_client().head("/oidc/authorize", query_string=ASKED).status_code == 405
    assert provider.schools.asked == []


def test_the_query_of_a_registered_address_is_kept(tmp_path):
    answer = op(tmp_path).authorize(redirect_uri="https://klas.example/other?tenant=1", scope="profile")

    assert parse_qs(urlsplit(answer.headers["Location"]).query)["tenant"] == ["1"]


def test_unknown_parameters_and_scopes_say_nothing(tmp_path):
    tokens = op(tmp_path).tokens(scope="openid eck made_up", foo="bar", display="popup", claims_locales="nl")

    assert tokens["scope"] == "openid eck"


def test_a_hint_signed_by_another_or_for_another_client_is_refused(tmp_path):
    provider = op(tmp_path)
    claims = {"iss": ISSUER, "sub": "p1-x", "aud": "klas"}
    key = elliptic_key("op")
    for token in (
        es256({"alg": "ES256", "kid": "e1"}, claims, elliptic_key("evil")),
        es256({"alg": "ES256", "kid": "e1"}, {**claims, "aud": "other"}, key),
        es256({"alg": "ES256", "kid": "e1"}, {**claims, "iss": "https://evil.example"}, key),
        es256({"alg": "ES256", "kid": "nobody"}, claims, key),
        es256({"alg": "ES256"}, claims, key),
        es256({"alg": "none", "kid": "e1"}, claims, key),
        es256({"alg": "HS256", "kid": "r1"}, claims, key),
        es256({"alg": "RS256", "kid": "e1"}, claims, key),
        es256({"alg": "ES256", "kid": ["e1"]}, claims, key),
        es256({"alg": "ES256", "kid": "e1"}, {"iss": ISSUER, "aud": "klas"}, key),
    ):
        assert back(provider.authorize(id_token_hint=token))["error"] == "invalid_request"


def test_every_wish_is_a_check_in_the_one_list():
    assert len(WISHES) == len(set(WISHES)) >= 16
    assert all(check.__name__.startswith("check_") for check in WISHES)
    assert CALLBACK.startswith("https:")
