"""A login by OpenID Connect, from the client's request to what it knows of the person."""

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest

from gateway.domain.attribute import Attribute
from gateway.domain.purpose import Purpose
from gateway.federation.clients import SigningAlgorithm
from tests.support import paged
from tests.support.jose import ISSUER
from tests.support.op import op
from tests.support.op_client import CALLBACK, PASSWORD
from tests.support.releasing import ECK_ID, NOW, OTHER_ECK_ID


def test_a_pupil_gets_in_and_the_client_fetches_what_was_agreed(tmp_path):
    provider = op(tmp_path)
    answer = provider.log_in()
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("the state", ISSUER)

    exchanged = provider.exchange(answer["code"])
    tokens = exchanged.json
    assert exchanged.headers["Cache-Control"] == "no-store"
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 300
    assert "refresh_token" not in tokens
    claims = provider.id_token(tokens)
    now = int(NOW.timestamp())
    assert claims["iss"] == ISSUER
    assert claims["aud"] == "klas"
    assert claims["nonce"] == "the nonce"
    assert (claims["iat"], claims["exp"], claims["auth_time"]) == (now, now + 300, now)
    assert claims["acr"] == PASSWORD
    assert claims.keys() == {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "sid", "at_hash", "nonce"}

    told = provider.userinfo(tokens["access_token"]).json
    assert told == {
        "sub": claims["sub"],
        "eckid": ECK_ID,
        "given_name": "Fenna",
        "family_name": "Vries",
        "eduperson_affiliation": ["student"],
        "school_brin": "99XA",
        "ou": ["groep 6"],
    }


@pytest.mark.parametrize("way", ["claims", "id_token_hint"])
def test_of_somebody_else_than_was_asked_for_nothing_is_released_and_nothing_says_so(tmp_path, way):
    provider = op(tmp_path)
    mine = provider.tokens()["id_token"]
    provider.world.records.ledger.clear()
    given = provider.logouts.registry.of_browser(provider.browser)
    provider.cookie.drop()
    provider.sent = {**provider.sent, "uid": ("daan@regenboog.example",), "eckId": (OTHER_ECK_ID,)}
    other = json.dumps({"id_token": {"sub": {"value": provider.id_token({"id_token": mine})["sub"]}}})
    asked = {"id_token_hint": mine} if way == "id_token_hint" else {"claims": other}
    for _ in range(2):
        answer = provider.log_in(**asked)
        assert (answer["error"], "code" in answer) == ("login_required", False)
        provider.cookie.drop()
    assert [(row.outcome, row.code) for row in provider.world.records.ledger] == [
        ("refused", "request_other_person"),
        ("refused", "request_other_person"),
    ]
    assert provider.logouts.registry.of_browser(provider.browser) == given, "nobody is logged in in their place"


def test_what_is_fetched_of_a_login_stands_in_the_ledger_under_that_login(tmp_path, monkeypatch):
    provider = op(tmp_path)
    token = provider.tokens()["access_token"]
    monkeypatch.setattr(paged, "REFERENCE", "AN0THERREQ")
    for _ in range(2):
        assert provider.userinfo(token).status_code == 200
    provider.tokens()
    rows = provider.world.records.ledger
    assert [row.outcome for row in rows] == ["released"] * 4
    login, *fetched, next_login = (row.reference for row in rows)
    assert fetched == [login, login]
    assert next_login == "AN0THERREQ", "another login is another"


@pytest.mark.parametrize(("algorithm", "size"), [("RS256", 256), ("ES256", 256), ("ES384", 384)])
def test_the_hash_of_the_access_token_is_that_of_the_algorithm(tmp_path, algorithm, size):
    """OpenID Connect Core 3.1.3.6: the left half."""
    provider = op(tmp_path, id_token_algorithm=SigningAlgorithm(algorithm))
    tokens = provider.tokens()
    digest = hashlib.new(f"sha{size}", tokens["access_token"].encode()).digest()
    half = urlsafe_b64encode(digest[: size // 16]).rstrip(b"=").decode()
    assert provider.id_token(tokens)["at_hash"] == half


def test_the_answer_can_come_by_a_form(tmp_path):
    provider = op(tmp_path)
    answer = provider.log_in(response_mode="form_post", state='"><script>x</script>')
    assert answer["state"] == '"><script>x</script>'
    assert provider.exchange(answer["code"], redirect_uri=CALLBACK).status_code == 200


@pytest.mark.parametrize(("born", "age", "adult"), [("20140102", 12, False), ("20010102", 25, True)])
def test_an_age_is_a_number_and_adulthood_a_truth(tmp_path, born, age, adult):
    """A text `false` would be true in most clients."""
    asked = (Attribute.ECK_ID, Attribute.ADULT, Attribute.AGE_IN_YEARS)
    provider = op(
        tmp_path,
        purposes=dict.fromkeys(asked, Purpose.ACCESS),
        sent={
            "urn:mace:dir:attribute-def:eduPersonPrincipalName": ("f@regenboog.example",),
            "urn:mace:dir:attribute-def:eduPersonAffiliation": ("student",),
            "urn:mace:terena.org:attribute-def:schacHomeOrganization": ("regenboog.example",),
            "urn:mace:surf.nl:attribute-def:eckid": (ECK_ID,),
            "urn:schac:attribute-def:schacDateOfBirth": (born,),
        },
    )
    provider.world.idp = replace(provider.world.idp, dialect="surf")
    provider.load()
    told = provider.userinfo(provider.tokens()["access_token"]).json
    assert told == {"sub": told["sub"], "eckid": ECK_ID, "age_in_years": age, "adult": adult}
    assert told["adult"] is adult
