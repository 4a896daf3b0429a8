"""A client that pushes its request, and sends the browser with no more than its name (RFC 9126)."""

import json
from urllib.parse import urlencode

import pytest

from gateway.federation.clients import ClientAuthentication
from gateway.observability import reference
from tests.support.jose import CLIENT
from tests.support.op import op
from tests.support.op_client import ASKED, SECRET, back, basic


def pushed(provider, headers=None, **changes):
    answer = provider.push(headers, **changes)
    assert answer.status_code == 201, answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json["request_uri"]


def test_a_login_by_a_pushed_request(tmp_path):
    provider = op(tmp_path)
    told = provider.push()
    assert told.status_code == 201
    assert told.json.keys() == {"request_uri", "expires_in"}
    assert told.json["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert told.json["expires_in"] == 90
    assert provider.schools.asked == []

    assert provider.bring(told.json["request_uri"]).status_code == 303
    answer = back(provider.finish())
    assert answer["state"] == "the state"
    tokens = provider.exchange(answer["code"]).json
    assert provider.id_token(tokens)["nonce"] == "the nonce"
    assert provider.userinfo(tokens["access_token"]).json["given_name"] == "Fenna"


def test_the_browser_may_come_by_post(tmp_path):
    provider = op(tmp_path)
    query = urlencode({"client_id": CLIENT, "request_uri": pushed(provider)})
    assert provider.authorize("POST", query).status_code == 303
    assert back(provider.finish())["code"]


def test_every_way_of_authentication_pushes(tmp_path):
    by_form = op(tmp_path, authentication=frozenset({ClientAuthentication.CLIENT_SECRET_POST}))
    assert by_form.bring(pushed(by_form, {}, client_secret=SECRET)).status_code == 303
    public = op(tmp_path, authentication=frozenset({ClientAuthentication.NONE}), secret_hashes=())
    assert public.bring(pushed(public, {})).status_code == 303


def test_a_credential_is_not_kept_with_the_request(tmp_path):
    provider = op(tmp_path, authentication=frozenset({ClientAuthentication.CLIENT_SECRET_POST}))
    kept = []
    put = provider.store.put
    provider.store.put = lambda key, value, *, seconds: (kept.append(value), put(key, value, seconds=seconds))
    pushed(provider, {}, client_secret=SECRET)
    assert kept
    assert not any(SECRET.encode() in value for value in kept)


def test_the_login_has_the_reference_of_the_push(tmp_path):
    provider = op(tmp_path)
    drawn = iter(["0000000001", "0000000002"])
    provider.app.before_request(lambda: reference.bind(next(drawn)))
    provider.bring(pushed(provider))
    [(_, asked)] = provider.schools.asked
    provider.dispatcher.expect(asked.attempt, provider.browser)
    assert reference.current() == "0000000001"


def test_what_a_gateway_before_this_one_kept_is_taken_too(tmp_path):
    provider = op(tmp_path)
    provider.store.put(f"pushed:{CLIENT}:{'a' * 40}", json.dumps(ASKED).encode(), seconds=90)
    assert provider.bring(f"urn:ietf:params:oauth:request_uri:{'a' * 40}").status_code == 303


def test_max_age_counts_from_the_moment_at_which_the_browser_comes(tmp_path):
    provider = op(tmp_path)
    request_uri = pushed(provider, max_age="0")
    provider.clock.forward(seconds=80)
    provider.bring(request_uri)
    assert back(provider.finish(instant=provider.clock.now()))["code"]


def test_a_form_post_answer_of_a_pushed_request(tmp_path):
    provider = op(tmp_path)
    provider.bring(pushed(provider, response_mode="form_post"))
    answer = provider.finish()
    assert answer.status_code == 200
    assert back(answer)["state"] == "the state"


def test_a_client_that_has_to_push_is_told_so_at_its_address(tmp_path):
    provider = op(tmp_path, require_pushed=True)
    told = back(provider.authorize())
    assert (told["error"], told["state"]) == ("invalid_request", "the state")
    assert "RFC 9126" in told["error_description"]
    assert provider.schools.asked == []
    assert provider.bring(pushed(provider)).status_code == 303


def test_a_client_that_left_between_push_and_browser_gets_a_page(tmp_path):
    provider = op(tmp_path)
    request_uri = pushed(provider)
    provider.world.service = op(tmp_path, redirect_uris=("https://klas.example/new",)).world.service
    provider.load()
    answer = provider.bring(request_uri)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"client_id": None}, "invalid_request"),
        ({"client_id": "other"}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"state": "x" * 2049}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "consent"}, "consent_required"),
        ({"claims": "{"}, "invalid_request"),
        ({"authorization_details": "[]"}, "invalid_request"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"request_uri": "https://klas.example/request.jwt"}, "invalid_request"),
    ],
)
def test_what_is_wrong_with_a_request_is_told_when_it_is_pushed(tmp_path, changes, error):
    answer = op(tmp_path).push(**changes)
    assert (answer.status_code, answer.json["error"]) == (400, error)
    assert answer.json["reference"] in answer.json["error_description"]
    assert "request_uri" not in answer.json


@pytest.mark.parametrize("name", sorted(ASKED))
def test_a_parameter_that_is_pushed_twice(tmp_path, name):
    body = f"{urlencode(ASKED)}&{name}={ASKED[name]}"
    form = "application/x-www-form-urlencoded"
    answer = op(tmp_path).app.test_client().post("/oidc/par", data=body, content_type=form, headers=basic())
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_other_shapes_of_a_push(tmp_path):
    client = op(tmp_path).app.test_client()
    too_large = client.post("/oidc/par", data={**ASKED, "state": "x" * 40000}, headers=basic())
    assert (too_large.status_code, too_large.json["error"]) == (413, "invalid_request")
    assert client.post("/oidc/par", json=ASKED, headers=basic()).json["error"] == "invalid_request"
    assert client.post("/oidc/par?prompt=none", data=ASKED, headers=basic()).json["error"] == "invalid_request"


def test_discovery_says_where_to_push(tmp_path):
    told = op(tmp_path).app.test_client().get("/.well-known/openid-configuration").json
    assert told["pushed_authorization_request_endpoint"] == "https://sluis.example/oidc/par"
