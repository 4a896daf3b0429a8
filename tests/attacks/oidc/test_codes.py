"""Codes in other hands, used again, used at once; and the downgrade of PKCE."""

from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from gateway.federation.clients import ClientAuthentication
from tests.support.jose import CLIENT
from tests.support.op import op
from tests.support.op_client import CALLBACK, CHALLENGE, SECRET, VERIFIER, back, basic, relying_party

OTHER = relying_party("other", redirect_uris=("https://klas.example/other-client",))


def refused(answer, error="invalid_grant"):
    assert answer.status_code == 400, answer.json
    assert answer.json["error"] == error
    assert answer.json["reference"] == "7KQ2M9X4TB"
    assert answer.json["reference"] in answer.json["error_description"]
    assert answer.headers["Cache-Control"] == "no-store"
    return True


def test_code_replay_takes_back_what_it_gave(tmp_path):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    first = provider.exchange(code).json
    assert provider.userinfo(first["access_token"]).status_code == 200

    assert refused(provider.exchange(code))
    assert provider.userinfo(first["access_token"]).status_code == 401


def test_a_code_that_is_used_again_when_it_is_over_takes_back_what_it_gave(tmp_path):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    first = provider.exchange(code).json
    provider.clock.forward(seconds=120)

    assert refused(provider.exchange(code))
    assert provider.userinfo(first["access_token"]).status_code == 401


def test_code_replay_by_fifty_at_once_exactly_one_wins(tmp_path):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: provider.exchange(code), range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 49
    [won] = [answer.json for answer in answers if answer.status_code == 200]
    assert provider.userinfo(won["access_token"]).status_code == 401


def test_code_injection_by_another_client_neither_gets_nor_ends_anything(tmp_path):
    provider = op(tmp_path, services=(OTHER,))
    code = provider.log_in()["code"]
    assert refused(provider.exchange(code, basic(name="other"), client_id="other"))
    tokens = provider.exchange(code).json
    assert provider.userinfo(tokens["access_token"]).status_code == 200

    assert refused(provider.exchange(code, basic(name="other")))
    provider.clock.forward(seconds=90)
    assert refused(provider.exchange(code, basic(name="other")))
    assert provider.userinfo(tokens["access_token"]).status_code == 200


def test_code_theft_is_of_no_use_without_the_verifier_and_stays_good_for_its_client(tmp_path):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    assert refused(provider.exchange(code, code_verifier="w" * 43))
    assert refused(provider.exchange(code, code_verifier=None), "invalid_request")
    assert provider.exchange(code).status_code == 200


@pytest.mark.parametrize("verifier", ["v" * 42, "v" * 129, "v" * 42 + "+", "v" * 42 + "\u20ac", VERIFIER.upper()])
def test_a_verifier_that_is_none(tmp_path, verifier):
    provider = op(tmp_path)
    assert refused(provider.exchange(provider.log_in()["code"], code_verifier=verifier))


def test_the_challenge_itself_is_no_verifier(tmp_path):
    provider = op(tmp_path)
    challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    assert refused(provider.exchange(provider.log_in()["code"], code_verifier=challenge))


@pytest.mark.parametrize("uri", [f"{CALLBACK}/", "https://klas.example/other?tenant=1", CALLBACK.upper()])
def test_a_code_is_for_the_address_that_it_was_sent_to(tmp_path, uri):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    assert refused(provider.exchange(code, redirect_uri=uri))
    assert refused(provider.exchange(code, redirect_uri=None), "invalid_request")


def test_a_code_is_good_for_a_minute(tmp_path):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    provider.clock.forward(seconds=60)
    assert refused(provider.exchange(code))


@pytest.mark.parametrize("code", ["", "x", "0" * 40, "x" * 5000, "../../code", "code:1", "\u20ac" * 40])
def test_a_code_that_was_never_given_out(tmp_path, code):
    provider = op(tmp_path)
    assert refused(provider.exchange(code), "invalid_grant" if code else "invalid_request")


def test_a_token_of_one_kind_is_none_of_another(tmp_path):
    provider = op(tmp_path, offline_access=True)
    tokens = provider.tokens(scope="openid eck offline_access")
    access, renewing = tokens["access_token"], tokens["refresh_token"]
    assert refused(provider.exchange(access))
    assert refused(provider.exchange(renewing))
    assert refused(provider.refresh(access))
    assert provider.userinfo(renewing).status_code == 401
    code = provider.log_in()["code"]
    assert provider.userinfo(code).status_code == 401
    assert refused(provider.refresh(code))


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password", "username": "x", "password": "y"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
    ],
)
def test_grant_types(tmp_path, form, error):
    assert refused(op(tmp_path).exchange("0" * 40, **form), error)


def test_state_and_nonce_replay_each_code_has_those_of_its_own_login(tmp_path):
    provider = op(tmp_path)
    first, second = provider.log_in(state="one", nonce="n1"), provider.log_in(state="two", nonce="n2")
    assert (first["state"], second["state"]) == ("one", "two")
    assert provider.id_token(provider.exchange(first["code"]).json)["nonce"] == "n1"
    assert provider.id_token(provider.exchange(second["code"]).json)["nonce"] == "n2"
    assert SECRET not in str(first)
    third = provider.log_in(state="two", nonce="n2")
    assert third["code"] != second["code"]
    told = provider.id_token(provider.exchange(third["code"], nonce="n1", state="one").json)
    assert told["nonce"] == "n2", "what stands in a token request changes nothing"
    assert "nonce" not in provider.id_token(provider.exchange(provider.log_in(nonce=None)["code"], nonce="n1").json)


@pytest.mark.parametrize("kind", [{}, {"authentication": frozenset({ClientAuthentication.NONE}), "secret_hashes": ()}])
def test_pkce_downgrade(tmp_path, kind):
    """No client gets a code without a challenge by S256, nor a token without its verifier."""
    provider = op(tmp_path, **kind)
    proof, named = ({}, {"client_id": CLIENT}) if kind else (None, {})
    for changes in (
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge": VERIFIER, "code_challenge_method": "plain"},
    ):
        assert back(provider.authorize(**changes))["error"] == "invalid_request"
    code = provider.log_in()["code"]
    for verifier in (None, "", CHALLENGE, VERIFIER[:-1] + "w"):
        assert provider.exchange(code, proof, code_verifier=verifier, **named).status_code == 400
    assert provider.exchange(code, proof, **named).status_code == 200


def test_mix_up_every_answer_names_its_issuer(tmp_path):
    provider = op(tmp_path)
    assert provider.log_in()["iss"] == "https://sluis.example"
    told = provider.app.test_client().get("/.well-known/openid-configuration").json
    assert told["issuer"] == "https://sluis.example"
    assert told["authorization_response_iss_parameter_supported"] is True
