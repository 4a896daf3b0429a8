"""Logout at a service's wish, and the tricks with its address."""

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from lxml import html

from tests.support.jose import ISSUER, es256, unb64, verified
from tests.support.op import op
from tests.support.op_client import AFTER_LOGOUT, back, basic, relying_party
from tests.support.signing_keys import elliptic_key


def hint(claims, algorithm="ES256", owner="op"):
    return es256({"alg": algorithm, "kid": "e1"}, claims, elliptic_key(owner))


OFFLINE = "openid eck offline_access"


def logout(provider, method="GET", **parameters):
    if method == "POST":
        return provider.app.test_client().post("/oidc/logout", data=parameters)
    return provider.app.test_client().get(f"/oidc/logout?{urlencode(parameters)}")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_login_of_the_hint_ends_and_the_browser_goes_where_the_client_registered(tmp_path, method):
    provider = op(tmp_path, offline_access=True)
    tokens = provider.tokens(scope=OFFLINE)
    provider.clock.forward(hours=1)
    fresh = provider.refresh(tokens["refresh_token"]).json
    answer = logout(
        provider, method, id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER_LOGOUT, state="a&b"
    )
    page = html.fromstring(answer.get_data(as_text=True))
    assert answer.status_code == 200, "the school cannot be told, and the page says so before it leads on"
    assert "kunnen we niet bereiken" in page.text_content()
    assert page.xpath("//a[@class='button primary']/@href") == [f"{AFTER_LOGOUT}?state=a%26b"]
    assert provider.userinfo(fresh["access_token"]).status_code == 401
    assert provider.refresh(fresh["refresh_token"]).status_code == 400


def test_without_an_address_a_page_says_what_did_not_end(tmp_path):
    provider = op(tmp_path)
    answer = logout(provider, id_token_hint=provider.tokens()["id_token"], client_id="klas")
    assert answer.status_code == 200
    assert "Bij je school ben je misschien nog ingelogd" in answer.get_data(as_text=True)


def test_without_a_hint_the_person_is_asked_first(tmp_path):
    provider = op(tmp_path)
    asked = logout(provider, client_id="klas", post_logout_redirect_uri=AFTER_LOGOUT, state="s")
    assert asked.status_code == 200
    [form] = html.fromstring(asked.get_data(as_text=True)).forms
    assert (form.method, form.action) == ("POST", "/oidc/logout/confirmed")
    token = dict(form.form_values())["token"]

    provider.browser = "another browser"
    assert provider.post("/oidc/logout/confirmed", token=token).status_code == 400
    provider.browser = "this browser"
    answer = provider.post("/oidc/logout/confirmed", token=token)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{AFTER_LOGOUT}?state=s")
    assert provider.post("/oidc/logout/confirmed", token=token).status_code == 400
    assert provider.post("/oidc/logout/confirmed").status_code == 400


def test_a_token_that_names_something_else_that_is_kept_is_none(tmp_path):
    provider = op(tmp_path)
    logout(provider, id_token_hint=provider.tokens()["id_token"], client_id="klas")
    assert provider.post("/oidc/logout/confirmed", token=provider.browser).status_code == 400


def test_anybody_may_ask_to_log_out_and_ends_at_a_page(tmp_path):
    provider = op(tmp_path)
    [form] = html.fromstring(logout(provider).get_data(as_text=True)).forms
    answer = provider.post("/oidc/logout/confirmed", token=dict(form.form_values())["token"])
    assert answer.status_code == 200
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "parameters",
    [
        {"post_logout_redirect_uri": AFTER_LOGOUT},
        {"client_id": "klas", "post_logout_redirect_uri": "https://evil.example/"},
        {"client_id": "klas", "post_logout_redirect_uri": "https://klas.example/callback"},
        {"client_id": "klas", "post_logout_redirect_uri": f"{AFTER_LOGOUT}/"},
        {"client_id": "klas", "post_logout_redirect_uri": f"{AFTER_LOGOUT}?x"},
        {"client_id": "klas", "post_logout_redirect_uri": AFTER_LOGOUT, "state": "a\nb"},
        {"client_id": "nobody", "post_logout_redirect_uri": AFTER_LOGOUT},
        {"client_id": "nobody"},
        {"id_token_hint": "x", "client_id": "klas", "post_logout_redirect_uri": AFTER_LOGOUT},
        {"id_token_hint": hint({"iss": ISSUER, "aud": "klas", "sid": "s"}, "none", "op")},
        {"id_token_hint": hint({"iss": ISSUER, "aud": "klas", "sid": "s"}, "ES256", "x")},
        {"id_token_hint": hint({"iss": ISSUER, "aud": "gone", "sid": "s"}, "ES256", "op")},
        {"id_token_hint": hint({"iss": ISSUER, "aud": "klas"}, "ES256", "op")},
    ],
)  # fmt: skip
def test_a_logout_leads_nowhere_else(tmp_path, parameters):
    answer = logout(op(tmp_path), **parameters)
    assert answer.status_code in (400, 403)
    assert "Location" not in answer.headers
    assert "evil" not in answer.get_data(as_text=True)


def test_a_hint_of_one_client_does_not_open_the_address_of_another(tmp_path):
    other = relying_party("other", post_logout_redirect_uris=("https://other.example/bye",))
    provider = op(tmp_path, services=(other,))
    own = provider.tokens()["id_token"]
    for more in ({}, {"client_id": "other"}):
        answer = logout(provider, id_token_hint=own, post_logout_redirect_uri="https://other.example/bye", **more)
        assert "Location" not in answer.headers
    doubled = provider.app.test_client().get(f"/oidc/logout?client_id=klas&client_id=other&id_token_hint={own}")
    assert doubled.status_code == 400


def test_every_other_client_is_told_by_a_logout_token(tmp_path):
    told, here = "https://other.example/backchannel", "https://klas.example/backchannel"
    other = relying_party(
        "other", backchannel_logout_uri=told, post_logout_redirect_uris=("https://other.example/bye",)
    )
    provider = op(tmp_path, backchannel_logout_uri=here)
    provider.services = (other,)
    provider.world.agreements += (replace(provider.world.agreements[0], service=other.id),)
    provider.load()
    tokens = provider.tokens()
    code = back(provider.authorize(client_id="other"))["code"]
    theirs = provider.exchange(code, headers=basic(name="other")).json

    logout(provider, id_token_hint=tokens["id_token"])

    [(address, form)] = provider.http.sent
    assert address == told, "who asked is not told"
    claims = verified(form["logout_token"], provider.jwks())
    mine = verified(theirs["id_token"], provider.jwks())
    assert (claims["iss"], claims["aud"], claims["sid"], claims["sub"]) == (ISSUER, "other", mine["sid"], mine["sub"])
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in claims
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert json.loads(unb64(form["logout_token"].partition(".")[0]))["typ"] == "logout+jwt"
    assert provider.userinfo(theirs["access_token"]).status_code == 401, "and the gateway honours nothing of it"


def test_a_code_that_was_not_redeemed_before_the_logout_is_worth_nothing_after_it(tmp_path):
    provider = op(tmp_path)
    hinted = provider.tokens()["id_token"]
    code = back(provider.authorize())["code"]
    logout(provider, id_token_hint=hinted)
    answer = provider.exchange(code)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_after_a_logout_a_silent_login_needs_the_school(tmp_path):
    provider = op(tmp_path)
    hinted = provider.tokens()["id_token"]
    assert "code" in back(provider.authorize(prompt="none"))
    logout(provider, id_token_hint=hinted)
    provider.authorize(prompt="none")
    assert len(provider.schools.asked) == 2, "the session answered the first, and nothing is left of it"


@pytest.mark.parametrize(("age", "asked"), [("600", 1), ("200", 2)])
def test_max_age_is_answered_from_a_session_that_is_fresh_enough(tmp_path, age, asked):
    provider = op(tmp_path)
    provider.tokens()
    provider.clock.forward(minutes=5)
    provider.authorize(max_age=age)
    assert len(provider.schools.asked) == asked
    if asked == 2:
        assert provider.schools.asked[-1][1].force


def test_a_client_that_does_not_answer_is_named(tmp_path):
    provider = op(tmp_path, backchannel_logout_uri="https://klas.example/backchannel")
    provider.tokens()
    provider.http.status = 500
    [form] = html.fromstring(logout(provider).get_data(as_text=True)).forms
    answer = provider.post("/oidc/logout/confirmed", token=dict(form.form_values())["token"])
    assert "gaf geen antwoord" in answer.get_data(as_text=True)


FRONT = "https://other.example/front?tenant=1"


def logged_out_beside(tmp_path, **http):
    """The page after a logout of one client, beside another that has a front-channel logout address."""
    changes = {
        "frontchannel_logout_uri": FRONT,
        **({"backchannel_logout_uri": "https://other.example/b"} if http else {}),
    }
    provider = op(tmp_path)
    provider.services = (relying_party("other", **changes),)
    provider.world.agreements += (replace(provider.world.agreements[0], service=provider.services[0].id),)
    provider.load()
    tokens = provider.tokens()
    theirs = provider.exchange(back(provider.authorize(client_id="other"))["code"], headers=basic(name="other")).json
    provider.http.__dict__.update(http)
    return logout(provider, id_token_hint=tokens["id_token"]), provider.id_token(theirs)["sid"]


def frames(answer):
    return html.fromstring(answer.get_data(as_text=True)).xpath("//iframe")


def test_a_front_channel_address_is_loaded_in_a_frame_and_nothing_is_claimed_of_it(tmp_path):
    answer, session = logged_out_beside(tmp_path)
    [frame] = frames(answer)
    assert frame.get("src") == f"{FRONT}&{urlencode({'iss': ISSUER, 'sid': session})}"
    assert "allow-top-navigation" not in frame.get("sandbox")
    assert answer.headers["Content-Security-Policy"].endswith("; frame-src https://other.example")
    assert "en zegt niet of dat gelukt is" in answer.get_data(as_text=True)
    assert "Je bent niet overal uitgelogd" in answer.get_data(as_text=True)


def test_who_took_a_logout_token_is_not_framed_and_who_did_not_is(tmp_path):
    answer, _ = logged_out_beside(tmp_path, status=200)
    assert not frames(answer)
    assert "frame-src" not in answer.headers["Content-Security-Policy"]
    silent, _ = logged_out_beside(tmp_path / "2", status=500)
    assert len(frames(silent)) == 1
    assert "gaf geen antwoord" in silent.get_data(as_text=True)
