"""What a false OpenID provider, another member of the federation or somebody in between may answer."""

import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.assurance import Level, Saying
from gateway.federation.clients import ClientAuthentication
from gateway.federation.models import IdpId
from gateway.login.messages import Expectation
from gateway.oidc.rp.expected import Expected
from gateway.oidc.rp.id_token import check_nonce
from tests.support.held_provider import ATTEMPT, CLIENT, ISSUER, PARTY, PO_IDP, HeldProvider, Sitting, ec_key, rsa_key


def raw(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(text).rstrip(b"=").decode()


@pytest.fixture
def sitting() -> Sitting:
    return Sitting()


def test_an_honest_answer_is_read(sitting: Sitting):
    found = sitting.read()
    assert dict(found.attributes.values)["given_name"] == ("Fenna",)
    assert found.attributes.name_id == "fenna-sub"
    assert found.idp == PO_IDP


def test_an_honest_answer_by_elliptic_curve(sitting: Sitting):
    sitting.provider.sign_with = ec_key("two")
    sitting.provider.keys = [rsa_key("one").as_dict(private=False), ec_key("two").as_dict(private=False)]
    assert sitting.read().attributes.name_id == "fenna-sub"


def test_the_request_binds_its_answer(sitting: Sitting):
    asked = parse_qs(urlsplit(sitting.request()).query)
    assert asked["state"] == [ATTEMPT]
    assert asked["nonce"] == [sitting.nonce(ATTEMPT)]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"https://gateway.example/oidc/callback/{PO_IDP}"]
    sitting.read()
    [form] = [form for url, form in sitting.provider.asked if url.endswith("/token")]
    assert form["code_verifier"] not in sitting.request(), "the verifier goes to the token endpoint alone"


class TestMixUp:
    def test_a_code_of_one_provider_is_not_handed_to_another(self, sitting: Sitting):
        """RFC 9700 4.4.1: a member sends browsers on to another one's provider, to be handed the code of that one.

        The other one knows its own redirect URI alone, and its answer arrives there.
        """
        assert sitting.refusal(arrived_at=IdpId("another")) is ErrorCode.RESPONSE_ISSUER
        assert sitting.refusal(arrived_at=IdpId("another"), error="access_denied") is ErrorCode.RESPONSE_ISSUER
        assert sitting.provider.asked == [], "nobody was sent the code"

    def test_every_provider_has_a_redirect_uri_of_its_own_also_for_the_code(self, sitting: Sitting):
        sitting.read()
        [form] = [form for url, form in sitting.provider.asked if url.endswith("/token")]
        assert [form["redirect_uri"]] == parse_qs(urlsplit(sitting.request()).query)["redirect_uri"]

    def test_answer_names_another_issuer(self, sitting: Sitting):
        assert sitting.refusal(issuer="https://evil.example") is ErrorCode.RESPONSE_ISSUER

    def test_an_issuer_that_names_itself_must_do_so(self, sitting: Sitting):
        sitting.provider.document["authorization_response_iss_parameter_supported"] = True
        assert sitting.refusal() is ErrorCode.RESPONSE_ISSUER
        assert sitting.read(issuer=ISSUER)

    def test_an_error_of_another_issuer_ends_nothing(self, sitting: Sitting):
        assert sitting.refusal(issuer="https://evil.example", error="access_denied") is ErrorCode.RESPONSE_ISSUER

    def test_the_discovery_document_is_of_another_issuer(self, sitting: Sitting):
        sitting.provider.document["issuer"] = "https://evil.example"
        assert sitting.refusal() is ErrorCode.IDP_UNREACHABLE

    @pytest.mark.parametrize(
        "url", ["http://eduid.example/token", "https://127.0.0.1/token", "https://a@b.example/t", "", 7]
    )
    def test_the_discovery_document_points_elsewhere(self, url: object):
        provider = HeldProvider()
        provider.document["token_endpoint"] = url
        assert Sitting(provider).refusal() is ErrorCode.IDP_UNREACHABLE


class TestIdToken:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"iss": "https://evil.example"}, ErrorCode.RESPONSE_ISSUER),
            ({"iss": f"{ISSUER}/"}, ErrorCode.RESPONSE_ISSUER),
            ({"aud": "another"}, ErrorCode.RESPONSE_AUDIENCE),
            ({"aud": []}, ErrorCode.RESPONSE_AUDIENCE),
            ({"aud": [CLIENT, "another"]}, ErrorCode.RESPONSE_AUDIENCE),
            ({"aud": [CLIENT, "another"], "azp": "another"}, ErrorCode.RESPONSE_AUDIENCE),
            ({"azp": "another"}, ErrorCode.RESPONSE_AUDIENCE),
            ({"nonce": "of another tab"}, ErrorCode.RESPONSE_REQUEST),
            ({"nonce": None}, ErrorCode.RESPONSE_REQUEST),
            ({"sub": ""}, ErrorCode.RESPONSE_MALFORMED),
            ({"sub": 7}, ErrorCode.RESPONSE_MALFORMED),
            ({"sub": "x" * 256}, ErrorCode.RESPONSE_MALFORMED),
            ({"exp": 1}, ErrorCode.RESPONSE_EXPIRED),
            ({"exp": "soon"}, ErrorCode.RESPONSE_MALFORMED),
            ({"exp": None}, ErrorCode.RESPONSE_MALFORMED),
            ({"exp": 1e300}, ErrorCode.RESPONSE_MALFORMED),
            ({"iat": 1}, ErrorCode.RESPONSE_EXPIRED),
            ({"iat": 4102444800}, ErrorCode.RESPONSE_TOO_EARLY),
            ({"iat": 253402300799}, ErrorCode.RESPONSE_TOO_EARLY),
            ({"auth_time": 4102444800}, ErrorCode.RESPONSE_TOO_EARLY),
            ({"auth_time": 0}, ErrorCode.RESPONSE_EXPIRED),
            ({"auth_time": 1788856200000}, ErrorCode.RESPONSE_MALFORMED),
            ({"auth_time": "now"}, ErrorCode.RESPONSE_MALFORMED),
            ({"nbf": 4102444800}, ErrorCode.RESPONSE_TOO_EARLY),
            ({"at_hash": "b3RoZXI"}, ErrorCode.RESPONSE_MALFORMED),
        ],
        ids=str,
    )
    def test_a_claim_that_is_wrong(self, change: dict[str, Any], code: ErrorCode, sitting: Sitting):
        claims = {**sitting.provider.claims, **change}
        sitting.provider.claims = {name: value for name, value in claims.items() if value is not None}
        assert sitting.refusal() is code

    def test_half_a_surrogate_pair_is_no_nonce_of_ours(self, sitting: Sitting):
        expected = cast("Expected", SimpleNamespace(nonce=sitting.nonce(ATTEMPT)))
        with pytest.raises(SluisError, match="response_request"):
            check_nonce({"nonce": "\ud83d"}, expected)

    def test_several_audiences_and_the_gateway_as_the_authorized_party(self, sitting: Sitting):
        sitting.provider.claims |= {"aud": [CLIENT, "another"], "azp": CLIENT}
        assert sitting.read()

    def test_the_answer_to_another_attempt(self, sitting: Sitting):
        """Code injection: somebody else's code, brought into this browser."""
        sitting.provider.claims["nonce"] = sitting.nonce("b" * 60)
        assert sitting.refusal() is ErrorCode.RESPONSE_REQUEST

    @pytest.mark.parametrize(
        ("claims", "context"),
        [
            ({"acr": "urn:card", "amr": ["otp"]}, "urn:card"),
            ({"acr": "1", "amr": ["pwd", "otp"]}, "amr:otp"),
            ({"acr": "1", "amr": ["pwd"]}, "1"),
            ({"acr": "1", "amr": "otp"}, "1"),
            ({"acr": "amr:otp"}, "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"),
            ({"amr": [7, ["otp"]]}, "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"),
        ],
    )
    def test_methods_count_where_the_entry_says_so(self, claims, context):
        sitting = Sitting(expectation=Expectation(PO_IDP, ATTEMPT, None, None))
        code, card = Level("code", 0, "urn:c", {}), Level("card", 1, "urn:d", {})
        object.__setattr__(sitting.idp, "assurance", Saying({"amr:otp": code, "urn:card": card}))
        sitting.provider.claims |= claims
        assert sitting.read().context == context

    def test_assurance_lower_than_asked(self):
        sitting = Sitting(
            expectation=Expectation(PO_IDP, ATTEMPT, ("https://eduid.nl/trust/linked-institution",), None)
        )
        assert sitting.refusal() is ErrorCode.RESPONSE_AUTHENTICATION_CONTEXT
        sitting.provider.claims["acr"] = "https://eduid.nl/trust/linked-institution"
        assert sitting.read().context == "https://eduid.nl/trust/linked-institution"

    def test_a_login_of_before_it_was_asked_anew(self, sitting: Sitting):
        now = sitting.provider.clock.now()
        sitting.expectation = Expectation(PO_IDP, ATTEMPT, (), now)
        assert sitting.read()
        sitting.provider.claims["auth_time"] = int((now - timedelta(minutes=10)).timestamp())
        assert sitting.refusal() is ErrorCode.RESPONSE_NOT_FRESH
        del sitting.provider.claims["auth_time"]
        assert sitting.refusal() is ErrorCode.RESPONSE_NOT_FRESH


class TestSignature:
    def test_alg_none(self, sitting: Sitting):
        sitting.provider.token = lambda: f"{raw({'alg': 'none'})}.{raw(sitting.provider.claims)}."
        assert sitting.refusal() is ErrorCode.RESPONSE_ALGORITHM

    def test_the_public_key_as_a_shared_secret(self, sitting: Sitting):
        signed = f"{raw({'alg': 'HS256', 'kid': 'one'})}.{raw(sitting.provider.claims)}"
        mac = hmac.digest(rsa_key("one").as_pem(private=False), signed.encode(), "sha256")
        sitting.provider.token = lambda: f"{signed}.{raw(mac)}"
        assert sitting.refusal() is ErrorCode.RESPONSE_ALGORITHM

    def test_a_key_of_another_under_the_same_id(self, sitting: Sitting):
        sitting.provider.sign_with = rsa_key("evil")
        sitting.provider.header = {"kid": "one"}
        assert sitting.refusal() is ErrorCode.RESPONSE_SIGNATURE_INVALID

    def test_a_key_that_the_token_brings_along(self, sitting: Sitting):
        sitting.provider.sign_with = ec_key("evil")
        sitting.provider.header = {"jwk": ec_key("evil").as_dict(private=False)}
        assert sitting.refusal() is ErrorCode.RESPONSE_SIGNATURE_INVALID

    @pytest.mark.parametrize("key_id", ["../../dev/null", "' OR 1=1", "", "one\x00"])
    def test_a_key_id_that_is_a_path_or_a_query(self, key_id: str, sitting: Sitting):
        sitting.provider.header = {"kid": key_id}
        assert sitting.refusal() is ErrorCode.RESPONSE_SIGNATURE_INVALID

    def test_claims_swapped_under_a_genuine_signature(self, sitting: Sitting):
        genuine = sitting.provider.signed(sitting.provider.claims)
        head, _, signature = genuine.split(".")
        sitting.provider.token = lambda: f"{head}.{raw({**sitting.provider.claims, 'sub': 'daan'})}.{signature}"
        assert sitting.refusal() is ErrorCode.RESPONSE_SIGNATURE_INVALID

    def test_a_key_for_encryption_signs_nothing(self, sitting: Sitting):
        sitting.provider.keys = [
            {**rsa_key("one").as_dict(private=False), "use": "enc"},
            ec_key("two").as_dict(private=False),
        ]
        assert sitting.refusal() is ErrorCode.RESPONSE_SIGNATURE_INVALID

    @pytest.mark.parametrize(
        "token", ["", "a.b", "a.b.c", "é.é.é", "." * 10, raw({"alg": "RS256"}) + "..", "x" * 70_000]
    )
    def test_what_is_no_token(self, token: str, sitting: Sitting):
        sitting.provider.token = lambda: token
        assert sitting.refusal() in {
            ErrorCode.RESPONSE_MALFORMED,
            ErrorCode.RESPONSE_TOO_LARGE,
            ErrorCode.RESPONSE_SIGNATURE_INVALID,
        }

    @pytest.mark.parametrize("claims", [[], "text", 7, None])
    def test_a_signed_token_without_claims(self, claims: object, sitting: Sitting):
        head = sitting.provider.signed(sitting.provider.claims).split(".")[0]
        sitting.provider.token = lambda: f"{head}.{raw(claims)}.{raw(b'x' * 256)}"
        assert sitting.refusal() in {ErrorCode.RESPONSE_MALFORMED, ErrorCode.RESPONSE_SIGNATURE_INVALID}


class TestKeys:
    def test_a_new_key_is_fetched_once_and_the_old_ones_stay(self, sitting: Sitting):
        sitting.read()
        sitting.provider.clock.forward(minutes=2)
        sitting.provider.sign_with = rsa_key("new")
        sitting.provider.keys = [rsa_key("one").as_dict(private=False), rsa_key("new").as_dict(private=False)]
        assert sitting.read()

    def test_keys_made_up_by_an_attacker_do_not_hammer_the_provider(self, sitting: Sitting):
        sitting.read()
        sitting.provider.clock.forward(minutes=2)
        sitting.provider.sign_with = rsa_key("evil")
        for _ in range(20):
            assert sitting.refusal() is ErrorCode.RESPONSE_SIGNATURE_INVALID
        assert [url for url, _ in sitting.provider.asked].count(f"{ISSUER}/jwks") == 2

    @pytest.mark.parametrize(
        "keys", [[], [{"kty": "oct", "k": "c2VjcmV0"}], [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}], [7]]
    )
    def test_an_empty_set_does_not_take_the_place_of_a_good_one(self, keys: list[Any], sitting: Sitting):
        sitting.read()
        sitting.provider.clock.forward(hours=2)
        sitting.provider.keys = keys
        sitting.provider.claims |= {
            name: int(sitting.provider.clock.now().timestamp()) + plus for name, plus in (("iat", 0), ("exp", 300))
        }
        assert sitting.read(), "the set of before is good for a day"

    @pytest.mark.parametrize("keys", [[], [rsa_key("one").as_dict(private=False)] * 51])
    def test_no_usable_set_at_all(self, keys: list[Any]):
        provider = HeldProvider()
        provider.keys = keys
        assert Sitting(provider).refusal() is ErrorCode.IDP_UNREACHABLE

    def test_two_keys_of_one_id_are_none(self, sitting: Sitting):
        twin = {**rsa_key("evil").as_dict(private=False), "kid": "one"}
        sitting.provider.keys = [rsa_key("one").as_dict(private=False), twin]
        assert sitting.refusal() is ErrorCode.RESPONSE_SIGNATURE_INVALID


class TestUserInfo:
    def test_of_another_person(self, sitting: Sitting):
        sitting.provider.userinfo = {"sub": "daan-sub", "given_name": "Daan"}
        assert sitting.refusal() is ErrorCode.RESPONSE_USERINFO

    def test_without_a_person(self, sitting: Sitting):
        sitting.provider.userinfo = {"given_name": "Daan"}
        assert sitting.refusal() is ErrorCode.RESPONSE_USERINFO

    def test_signed_for_another_client(self, sitting: Sitting):
        claims = {"iss": ISSUER, "aud": "another", "sub": "fenna-sub"}
        sitting.provider.userinfo = sitting.provider.signed(claims)
        assert sitting.refusal() is ErrorCode.RESPONSE_AUDIENCE
        sitting.provider.userinfo = sitting.provider.signed({**claims, "aud": CLIENT, "given_name": "Fenna"})
        assert dict(sitting.read().attributes.values)["given_name"] == ("Fenna",)

    @pytest.mark.parametrize("said", [False, "false", "False", "no", 0, None, [True]])
    def test_an_address_that_nobody_verified_is_none(self, said: object, sitting: Sitting):
        """Some providers write yes and no as text: who looks for `false` alone lets in what is nobody's."""
        sitting.provider.userinfo = {"sub": "fenna-sub", "email": "x@example.org", "email_verified": said}
        assert "email" not in dict(sitting.read().attributes.values)

    @pytest.mark.parametrize("said", [{"email_verified": True}, {"email_verified": "true"}, {}])
    def test_an_address_that_was_verified_or_of_which_nothing_is_said(self, said: dict[str, object], sitting: Sitting):
        sitting.provider.userinfo = {"sub": "fenna-sub", "email": "x@example.org", **said}
        assert dict(sitting.read().attributes.values)["email"] == ("x@example.org",)


class TestTroubles:
    @pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"])
    def test_the_provider_does_not_answer(self, path: str):
        provider = HeldProvider()
        provider.down = {path}
        assert Sitting(provider).refusal() is ErrorCode.IDP_UNREACHABLE

    def test_what_was_fetched_before_serves_on(self, sitting: Sitting):
        sitting.read()
        sitting.provider.down = {"/.well-known/openid-configuration", "/jwks"}
        sitting.provider.clock.forward(hours=3)
        now = int(sitting.provider.clock.now().timestamp())
        sitting.provider.claims |= {"iat": now, "exp": now + 300}
        assert sitting.read()

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            ("access_denied", ErrorCode.IDP_CANCELLED),
            ("login_required", ErrorCode.IDP_NO_PASSIVE),
            ("unmet_authentication_requirements", ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT),
            ("temporarily_unavailable", ErrorCode.IDP_UNREACHABLE),
            ("<script>", ErrorCode.IDP_REFUSED),
        ],
    )
    def test_an_error(self, error: str, code: ErrorCode, sitting: Sitting):
        assert sitting.refusal(code=None, error=error) is code

    @pytest.mark.parametrize("code", [None, "", "x" * 5000, "a\nb", "é"])
    def test_a_code_that_is_none(self, code: str | None, sitting: Sitting):
        assert sitting.refusal(code=code) is ErrorCode.RESPONSE_MALFORMED

    @pytest.mark.parametrize(
        ("status", "answer", "code"),
        [
            (400, {"error": "invalid_grant"}, ErrorCode.RESPONSE_EXPIRED),
            (401, {"error": "invalid_client"}, ErrorCode.IDP_TOKEN_REFUSED),
            (500, {}, ErrorCode.IDP_TOKEN_REFUSED),
            (302, {}, ErrorCode.IDP_TOKEN_REFUSED),
        ],
    )
    def test_the_token_endpoint_says_no(self, status: int, answer: dict[str, str], code: ErrorCode, sitting: Sitting):
        sitting.provider.token_status, sitting.provider.token_answer = status, answer
        assert sitting.refusal() is code

    @pytest.mark.parametrize(
        "answer", [{"token_type": "mac"}, {"access_token": 7}, {"id_token": None}, {"access_token": "a\r\nb"}]
    )
    def test_a_token_response_that_is_odd(self, answer: dict[str, Any], sitting: Sitting):
        sitting.provider.token_answer = answer
        assert sitting.refusal() is ErrorCode.RESPONSE_MALFORMED


class TestClientAuthentication:
    def test_the_secret_goes_to_the_token_endpoint_alone(self):
        for method in (ClientAuthentication.CLIENT_SECRET_BASIC, ClientAuthentication.CLIENT_SECRET_POST):
            sitting = Sitting(party=replace(PARTY, authentication=method))
            sitting.read()
            told = [url for url, sent in sitting.provider.asked if "s3cret" in str(sent) or "Basic" in str(sent)]
            assert told == [f"{ISSUER}/token"]
