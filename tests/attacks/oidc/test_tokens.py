"""Tokens in other hands: stolen refresh tokens, tokens of others, tokens after the end."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from gateway.federation.clients import ClientAuthentication, SigningAlgorithm
from tests.support.jose import signed_by, verified
from tests.support.op import op
from tests.support.op_client import SECRET, basic, relying_party
from tests.support.releasing import ECK_ID, TODAY

OFFLINE = "openid eck profile offline_access"
OTHER = relying_party("other", redirect_uris=("https://klas.example/other-client",))


def renewing(tmp_path, **changes):
    return op(tmp_path, offline_access=True, **changes)


def test_each_refresh_token_is_good_for_one_renewal(tmp_path):
    provider = renewing(tmp_path)
    first = provider.tokens(scope=OFFLINE)
    assert first["scope"] == OFFLINE
    provider.clock.forward(minutes=10)
    assert provider.userinfo(first["access_token"]).status_code == 401
    second = provider.refresh(first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    assert provider.userinfo(second["access_token"]).json["eckid"] == ECK_ID
    one, two = provider.id_token(first), provider.id_token(second)
    assert {name: one[name] for name in ("iss", "sub", "aud", "auth_time", "sid")} == {
        name: two[name] for name in ("iss", "sub", "aud", "auth_time", "sid")
    }
    assert "nonce" not in two


def test_refresh_token_theft_ends_the_whole_family_whoever_comes_second(tmp_path):
    provider = renewing(tmp_path)
    first = provider.tokens(scope=OFFLINE)
    thief = provider.refresh(first["refresh_token"]).json
    answer = provider.refresh(first["refresh_token"])
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert provider.refresh(thief["refresh_token"]).status_code == 400
    for tokens in (first, thief):
        assert provider.userinfo(tokens["access_token"]).status_code == 401


def test_of_twenty_renewals_at_once_exactly_one_wins(tmp_path):
    provider = renewing(tmp_path)
    token = provider.tokens(scope=OFFLINE)["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: provider.refresh(token).status_code, range(20)))
    assert sorted(answers) == [200] + [400] * 19


def test_another_client_can_do_nothing_with_a_refresh_token(tmp_path):
    provider = renewing(tmp_path, services=(OTHER,))
    tokens = provider.tokens(scope=OFFLINE)
    for _ in range(2):
        assert provider.refresh(tokens["refresh_token"], basic(name="other")).json["error"] == "invalid_grant"
    assert provider.post("/oidc/revoke", basic(name="other"), token=tokens["refresh_token"]).status_code == 200
    assert provider.refresh(tokens["refresh_token"]).status_code == 200


def test_a_scope_beside_a_code_gives_nothing_more_and_nothing_less(tmp_path):
    provider = op(tmp_path)
    code = provider.log_in(scope="openid eck")["code"]
    tokens = provider.exchange(code, scope="openid eck profile admin").json
    assert tokens["scope"] == "openid eck"
    told = provider.post("/oidc/introspect", basic(), token=tokens["access_token"]).json
    assert told["scope"] == "openid eck"
    assert "given_name" not in provider.userinfo(tokens["access_token"]).json
    assert provider.exchange(provider.log_in(scope="openid eck")["code"], scope="openid").json["scope"] == "openid eck"


def test_a_token_says_everywhere_whether_it_can_be_renewed(tmp_path):
    for allowed in (True, False):
        provider = op(tmp_path / str(allowed), offline_access=allowed)
        tokens = provider.tokens(scope="openid eck offline_access")
        told = provider.post("/oidc/introspect", basic(), token=tokens["access_token"]).json
        assert told["scope"] == tokens["scope"] == ("openid eck offline_access" if allowed else "openid eck")
        assert ("refresh_token" in tokens) is allowed


def test_scopes_can_only_become_fewer(tmp_path):
    provider = renewing(tmp_path)
    token = provider.tokens(scope=OFFLINE)["refresh_token"]
    assert provider.refresh(token, scope="openid groups").json["error"] == "invalid_scope"
    fewer = provider.refresh(token, scope="openid eck").json
    assert fewer["scope"] == "openid eck"
    assert provider.userinfo(fewer["access_token"]).json.keys() == {"sub", "eckid"}
    without = provider.refresh(fewer["refresh_token"], scope="eck").json
    assert "id_token" not in without
    answer = provider.userinfo(without["access_token"])
    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


def test_no_renewal_without_the_agreement_or_the_wish(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    unasked = renewing(tmp_path / "a").tokens(scope="openid eck")
    unagreed = op(tmp_path / "b").tokens(scope=OFFLINE)
    assert "refresh_token" not in unasked
    assert "refresh_token" not in unagreed
    assert unagreed["scope"] == "openid eck profile"


@pytest.mark.parametrize("change", [{"valid_until": date(2026, 9, 6)}, {"offline_access": False}, None])
def test_an_agreement_that_ended_a_minute_ago_ends_renewal_and_userinfo(tmp_path, change):
    provider = renewing(tmp_path)
    tokens = provider.tokens(scope=OFFLINE)
    [agreement] = provider.world.agreements
    provider.world.agreements = () if change is None else (replace(agreement, **{"valid_from": TODAY, **change}),)
    provider.load()

    answer = provider.userinfo(tokens["access_token"])
    if change == {"offline_access": False}:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 401
        assert ECK_ID not in answer.get_data(as_text=True)
        assert answer.json.keys() == {"error", "error_description", "reference"}
    assert provider.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert provider.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert provider.userinfo(tokens["access_token"]).status_code == 401


def test_renewal_ends_with_the_working_day(tmp_path):
    provider = renewing(tmp_path)
    token = provider.tokens(scope=OFFLINE)["refresh_token"]
    for _ in range(3):
        provider.clock.forward(hours=2, minutes=39)
        token = provider.refresh(token).json["refresh_token"]
    provider.clock.forward(minutes=4)
    assert provider.refresh(token).json["error"] == "invalid_grant"


def test_what_is_kept_of_a_login_is_gone_with_its_access_token(tmp_path):
    provider = op(tmp_path)
    session = provider.id_token(provider.tokens())["sid"]
    assert provider.store.get(f"kept:{session}") is not None
    provider.clock.forward(minutes=6, seconds=10)
    assert provider.store.get(f"kept:{session}") is None


def test_a_token_of_a_code_that_was_exchanged_late_is_good_until_its_own_end(tmp_path):
    provider = op(tmp_path)
    code = provider.log_in()["code"]
    provider.clock.forward(seconds=59)
    token = provider.exchange(code).json["access_token"]
    provider.clock.forward(seconds=299)
    assert provider.userinfo(token).status_code == 200
    provider.clock.forward(seconds=2)
    assert provider.userinfo(token).status_code == 401


def test_revocation_ends_the_login_s_tokens_and_forgets_what_was_kept(tmp_path):
    for name in ("access_token", "refresh_token"):
        (tmp_path / name).mkdir()
        provider = renewing(tmp_path / name)
        tokens = provider.tokens(scope=OFFLINE)
        session = provider.id_token(tokens)["sid"]
        assert provider.post("/oidc/revoke", basic(), token=tokens[name], token_type_hint="x").status_code == 200
        assert provider.userinfo(tokens["access_token"]).status_code == 401
        assert provider.refresh(tokens["refresh_token"]).status_code == 400
        assert provider.store.get(f"kept:{session}") is None
        assert provider.post("/oidc/revoke", basic(), token=tokens[name]).status_code == 200


def test_introspection_tells_a_client_of_its_own_tokens_alone_and_nothing_of_the_person(tmp_path):
    provider = op(tmp_path, services=(OTHER,))
    tokens = provider.tokens()
    told = provider.post("/oidc/introspect", basic(), token=tokens["access_token"]).json
    assert told.pop("active") is True
    assert told.keys() == {"scope", "client_id", "token_type", "exp", "iat", "sub", "aud", "iss"}
    assert told["sub"] == provider.id_token(tokens)["sub"]
    assert provider.post("/oidc/introspect", basic(name="other"), token=tokens["access_token"]).json == {
        "active": False
    }
    assert provider.post("/oidc/introspect", basic(), token="x").json == {"active": False}
    provider.clock.forward(minutes=5)
    assert provider.post("/oidc/introspect", basic(), token=tokens["access_token"]).json == {"active": False}


def test_a_public_client_introspects_nothing(tmp_path):
    provider = op(tmp_path, authentication=frozenset({ClientAuthentication.NONE}), secret_hashes=())
    answer = provider.post("/oidc/introspect", {}, client_id="klas", token="x")
    assert answer.json["error"] == "unauthorized_client"


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer x", f"Basic {SECRET}", "Bearer " + "x" * 600, "Bearer a b"]
)
def test_userinfo_without_a_good_token(tmp_path, header):
    provider = op(tmp_path)
    headers = {} if header is None else {"Authorization": header}
    answer = provider.app.test_client().get("/oidc/userinfo", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert ("error" in answer.json) is (header is not None)


def test_an_access_token_in_a_query_or_a_form_is_none(tmp_path):
    provider = op(tmp_path)
    token = provider.tokens()["access_token"]
    assert provider.app.test_client().get(f"/oidc/userinfo?access_token={token}").status_code == 401
    assert provider.app.test_client().post("/oidc/userinfo", data={"access_token": token}).status_code == 401
    assert provider.userinfo(token, "POST").status_code == 200


@pytest.mark.parametrize("algorithm", SigningAlgorithm)
def test_signed_tokens_name_their_key_and_break_with_any_change(tmp_path, algorithm):
    provider = op(tmp_path, id_token_algorithm=algorithm, userinfo_algorithm=algorithm)
    tokens = provider.tokens()
    assert provider.id_token(tokens)["aud"] == "klas"
    answer = provider.userinfo(tokens["access_token"])
    assert answer.mimetype == "application/jwt"
    told = verified(answer.get_data(as_text=True), provider.jwks())
    assert (told["iss"], told["aud"], told["eckid"]) == ("https://sluis.example", "klas", ECK_ID)
    head, body, signature = tokens["id_token"].split(".")
    assert not signed_by(f"{head}.{body[:-4]}AAAA.{signature}", provider.jwks())


def test_only_public_keys_are_published_each_with_its_id_and_use(tmp_path):
    keys = op(tmp_path).jwks()["keys"]
    assert {(key["kid"], key["alg"], key["use"]) for key in keys} == {
        ("r1", "RS256", "sig"),
        ("e1", "ES256", "sig"),
        ("e3", "ES384", "sig"),
    }
    assert all(not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys() for key in keys)


def test_a_client_that_left_the_federation_gets_nothing_more(tmp_path):
    provider = op(tmp_path)
    token = provider.tokens()["access_token"]
    provider.world.service = OTHER
    provider.load()
    assert provider.userinfo(token).status_code == 401


def test_tokens_are_not_to_be_found_in_the_store(tmp_path):
    provider = renewing(tmp_path)
    tokens = provider.tokens(scope=OFFLINE)
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("short-lived.sqlite*"))
    for secret in (tokens["access_token"], tokens["refresh_token"], ECK_ID, "Fenna", "klas"):
        assert secret.encode() not in raw
