"""What a false OpenID provider, another party or somebody in between may say to log people out, or to keep them in."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from gateway.domain.errors import ErrorCode
from gateway.login.messages import UpstreamSession
from gateway.login.sso.registry import Visit
from gateway.oidc.rp.logout_token import EVENT
from tests.support.held_provider import CLIENT, ISSUER, PO_IDP, ec_key, rsa_key
from tests.support.school_logouts import BACKCHANNEL, LoggedInThere

BACK = "/oidc/logged-out"


@pytest.fixture
def there(tmp_path) -> LoggedInThere:
    return LoggedInThere(tmp_path)


def refused(there: LoggedInThere, answer: TestResponse, code: ErrorCode) -> None:
    assert (answer.status_code, answer.json["reason"]) == (400, code)
    assert answer.headers["Cache-Control"] == "no-store"
    assert not there.ended(there.visit), "a forged or stale message ends nothing"


def test_a_logout_at_the_school_ends_the_session_that_it_names_and_no_other(there):
    elsewhere = there.open("another browser", "fenna-sub", "s2")
    answer = there.told(sid="s1")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert there.ended(there.visit)
    assert not there.ended(elsewhere)
    assert 'by="idp"' in there.metrics.render().decode()


def test_without_a_session_all_of_the_person_end_and_nobody_elses(there):
    mine, other = there.open("another browser", "fenna-sub", "s2"), there.open("a third one", "daan-sub", "s3")
    assert there.told().status_code == 200
    assert there.ended(there.visit)
    assert there.ended(mine)
    assert not there.ended(other)


def test_a_session_alone_is_enough(there):
    assert there.told(sub=None, sid="s1").status_code == 200
    assert there.ended(there.visit)


def test_a_login_that_named_no_session_ends_with_any_session_of_its_person(there):
    unnamed = there.open("another browser", "fenna-sub", None)
    assert there.told(sid="a session of a login elsewhere").status_code == 200
    assert there.ended(unnamed)
    assert not there.ended(there.visit)


def test_nobody_is_logged_in_by_that_name(there):
    assert there.told(sub="nobody").status_code == 200
    assert not there.ended(there.visit)


def test_a_session_of_another_person_is_not_ended(there):
    assert there.told(sub="daan-sub", sid="s1").status_code == 200
    assert not there.ended(there.visit)


def test_replayed(there):
    token = there.token(sub="nobody", jti="once")
    assert there.post(token).status_code == 200
    refused(there, there.post(token), ErrorCode.LOGOUT_REPLAYED)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://evil.example"}, ErrorCode.LOGOUT_SENDER_UNKNOWN),
        ({"iss": 7}, ErrorCode.LOGOUT_SENDER_UNKNOWN),
        ({"aud": "somebody else"}, ErrorCode.LOGOUT_DESTINATION),
        ({"aud": None}, ErrorCode.LOGOUT_DESTINATION),
        ({"nonce": "n"}, ErrorCode.LOGOUT_MALFORMED),
        ({"events": None}, ErrorCode.LOGOUT_MALFORMED),
        ({"events": {}}, ErrorCode.LOGOUT_MALFORMED),
        ({"events": {EVENT: True}}, ErrorCode.LOGOUT_MALFORMED),
        ({"sub": None}, ErrorCode.LOGOUT_MALFORMED),
        ({"sub": "", "sid": 7}, ErrorCode.LOGOUT_MALFORMED),
        ({"sub": "x" * 257}, ErrorCode.LOGOUT_MALFORMED),
        ({"jti": None}, ErrorCode.LOGOUT_MALFORMED),
        ({"jti": "x" * 257}, ErrorCode.LOGOUT_MALFORMED),
        ({"iat": None}, ErrorCode.LOGOUT_MALFORMED),
        ({"exp": None}, ErrorCode.LOGOUT_MALFORMED),
        ({"exp": "soon"}, ErrorCode.LOGOUT_MALFORMED),
    ],
)
def test_claims_that_are_wrong(there, changes: dict[str, Any], code: ErrorCode):
    refused(there, there.told(**changes), code)


@pytest.mark.parametrize("seconds", [-661, 61])
def test_made_too_long_ago_or_in_the_future(there, seconds: int):
    made = int(there.clock.now().timestamp()) + seconds
    refused(there, there.told(iat=made, exp=made + 3600), ErrorCode.LOGOUT_STALE)


def test_past_its_end_or_just_within_what_clocks_may_be_off(there):
    now = int(there.clock.now().timestamp())
    refused(there, there.told(iat=now - 120, exp=now - 60), ErrorCode.LOGOUT_STALE)
    assert there.told(sub="nobody", iat=now - 120, exp=now - 59).status_code == 200


def test_signed_with_another_key(there):
    there.provider.sign_with = ec_key("evil")
    refused(there, there.told(), ErrorCode.LOGOUT_SIGNATURE)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "e30.e30.", "x" * 20_000])
def test_no_token_at_all(there, text: str):
    refused(there, there.post(text), ErrorCode.LOGOUT_MALFORMED)


def test_an_unsigned_one(there):
    head, body, _ = there.token().split(".")
    refused(there, there.post(f"{head}.{body}."), ErrorCode.LOGOUT_SIGNATURE)


def test_of_a_type_that_is_for_something_else(there):
    there.provider.header = {"typ": "at+jwt"}
    refused(there, there.told(), ErrorCode.LOGOUT_MALFORMED)
    there.provider.header = {"typ": "logout+jwt"}
    assert there.told().status_code == 200


def test_an_id_token_logs_nobody_out(there):
    refused(there, there.post(there.provider.signed(there.provider.claims)), ErrorCode.LOGOUT_MALFORMED)


def test_two_tokens_or_none(there):
    client = there.app.test_client()
    refused(there, client.post(BACKCHANNEL, data={"logout_token": [there.token(), there.token()]}), _MALFORMED)
    refused(there, client.post(BACKCHANNEL), _MALFORMED)
    assert client.get(BACKCHANNEL).status_code == 405


_MALFORMED = ErrorCode.LOGOUT_MALFORMED


def test_keys_that_cannot_be_had_end_nothing_and_are_asked_for_later(there):
    there.provider.down = {"/jwks"}
    answer = there.told()
    assert (answer.status_code, answer.json["error"]) == (503, "temporarily_unavailable")
    assert not there.ended(there.visit)


class TestTowardsTheSchool:
    def test_the_browser_is_sent_there_and_comes_back(self, there):
        state = there.sent_to_the_school()
        there.browser = "this browser"
        answer = there.app.test_client().get(BACK, query_string={"state": state})
        assert answer.status_code == 303
        done = there.app.test_client().get(answer.headers["Location"]).get_data(as_text=True)
        assert "je bent uitgelogd" in done

    def test_another_browser_cannot_say_that_it_ended(self, there):
        state = there.sent_to_the_school()
        there.browser = "another browser"
        assert there.app.test_client().get(BACK, query_string={"state": state}).status_code == 400

    @pytest.mark.parametrize("query", [{}, {"state": "x"}, {"state": ["a", "b"]}, {"state": "é" * 3}])
    def test_nothing_was_asked(self, there, query):
        assert there.app.test_client().get(BACK, query_string=query).status_code == 400

    def test_a_provider_without_an_end_session_endpoint_cannot_be_reached_and_is_named(self, there):
        page = there.log_out()
        assert "kunnen we niet bereiken" in page

    def test_nor_can_one_whose_document_cannot_be_had(self, there):
        there.provider.down = {"/.well-known/openid-configuration"}
        assert "kunnen we niet bereiken" in there.log_out()

    @pytest.mark.parametrize("url", ["http://eduid.example/end", "javascript:alert(1)", 7])
    def test_an_endpoint_that_is_none_is_not_followed(self, there, url):
        there.provider.document["end_session_endpoint"] = url
        assert "kunnen we niet bereiken" in there.log_out()


def test_what_the_request_to_the_school_says(there):
    assert there.sent_to_the_school()
    assert there.sent["client_id"] == [CLIENT]
    assert there.sent["post_logout_redirect_uri"] == ["https://gateway.example/oidc/logged-out"]
    assert "id_token_hint" not in there.sent
    assert there.to.startswith(f"{ISSUER}/end?tenant=1&")


def test_the_provider_is_another_entry_of_the_same_issuer(there):
    """Two entries, one issuer: what is said to one client ends nothing at the other."""
    assert rsa_key("one")
    visit = Visit("", "b", PO_IDP, "fenna", UpstreamSession("fenna-sub", index="s9"), shared=False)
    opened, _ = there.registry.open(visit)
    refused(there, there.told(aud=["other client", "third"]), ErrorCode.LOGOUT_DESTINATION)
    assert not there.ended(opened)
