"""A client that is held to the FAPI 2.0 Security Profile, and what it is refused."""

import json
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.federation.clients import ClientAuthentication, Profile, SigningAlgorithm
from tests.support.jose import CLIENT, ISSUER, assertion, client_key, proof, public_jwk, unb64
from tests.support.op import op
from tests.support.op_client import CALLBACK, back, basic
from tests.support.signing_keys import signing_key

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FAPI2 = {
    "profile": Profile.FAPI2,
    "authentication": frozenset({ClientAuthentication.PRIVATE_KEY_JWT}),
    "secret_hashes": (),
    "jwks": json.dumps({"keys": [public_jwk(client_key(), kid="c1")]}),
    "require_pushed": True,
    "dpop_bound": True,
    "id_token_algorithm": SigningAlgorithm.ES256,
}
"""As `gateway.federation.build` makes of `profile: fapi2`; tests/settings holds it to that."""


class Client:
    """Makes a fresh assertion for every request."""

    def __init__(self, provider):
        self.provider = provider
        self.made = 0

    def proven(self, **changes):
        self.made += 1
        signed = assertion(now=self.provider.clock.now(), **{"jti": f"a{self.made}", **changes})
        return {"client_assertion_type": TYPE, "client_assertion": signed}

    def push(self, headers=None, audience=ISSUER, **changes):
        return self.provider.push(headers or {}, **{**self.proven(aud=audience), **changes})

    def log_in(self, **changes):
        pushed = self.push(**changes)
        assert pushed.status_code == 201, pushed.json
        self.provider.bring(pushed.json["request_uri"])
        return back(self.provider.finish())["code"]

    def exchange(self, code, headers=None, **changes):
        return self.provider.exchange(code, proof() if headers is None else headers, **{**self.proven(), **changes})

    def refresh(self, token, headers=None):
        more = proof(now=self.provider.clock.now()) if headers is None else headers
        return self.provider.refresh(token, more, **self.proven())


def test_a_login_under_the_profile(tmp_path):
    provider = op(tmp_path, **FAPI2)
    client = Client(provider)
    tokens = client.exchange(client.log_in()).json
    assert tokens["token_type"] == "DPoP"
    assert provider.id_token(tokens)["iss"] == ISSUER
    assert json.loads(unb64(tokens["id_token"].split(".")[0]))["alg"] == "ES256"
    more = proof(at="/oidc/userinfo", htm="GET", token=tokens["access_token"])
    assert provider.userinfo(tokens["access_token"], scheme="DPoP", more=more).json["given_name"] == "Fenna"


def test_only_pushed_requests(tmp_path):
    provider = op(tmp_path, **FAPI2)
    assert back(provider.authorize())["error"] == "invalid_request"
    assert provider.push({}).status_code == 401
    assert provider.push(basic()).status_code == 401
    assert Client(provider).push(redirect_uri=None).json["error"] == "invalid_request"
    assert provider.schools.asked == []


def test_only_tokens_that_are_bound(tmp_path):
    provider = op(tmp_path, **FAPI2)
    client = Client(provider)
    code = client.log_in()
    assert client.exchange(code, {}).json["error"] == "invalid_dpop_proof"
    token = client.exchange(code).json["access_token"]
    assert provider.userinfo(token).status_code == 401


@pytest.mark.parametrize("audience", [f"{ISSUER}/oidc/token", f"{ISSUER}/oidc/par", [ISSUER], f"{ISSUER}/", None])
def test_an_assertion_is_for_the_issuer_as_a_string(tmp_path, audience):
    provider = op(tmp_path, **FAPI2)
    client = Client(provider)
    assert client.push(audience=audience).json["error"] == "invalid_client"
    code = client.log_in()
    assert client.exchange(code, **client.proven(aud=audience)).status_code == 401


def test_other_clients_may_still_name_the_token_endpoint(tmp_path):
    provider = op(tmp_path, **{**FAPI2, "profile": None, "require_pushed": False, "dpop_bound": False})
    client = Client(provider)
    answer = client.exchange(provider.log_in()["code"], {}, **client.proven(aud=[f"{ISSUER}/oidc/token"]))
    assert answer.status_code == 200


def test_rs256_is_not_taken(tmp_path):
    key = RSAKey.import_key(signing_key("rs client").private_key)
    jwks = json.dumps({"keys": [key.as_dict(private=False)]})
    for algorithm, fapi2, status in (("RS256", True, 401), ("PS256", True, 201), ("RS256", False, 201)):
        changes = {**FAPI2, "jwks": jwks, "profile": Profile.FAPI2 if fapi2 else None}
        provider = op(tmp_path, **changes)
        now = int(provider.clock.now().timestamp())
        claims = {"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": f"{algorithm}{fapi2}", "exp": now + 60}
        signed = jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])
        answer = provider.push({}, client_assertion_type=TYPE, client_assertion=signed)
        assert answer.status_code == status, (algorithm, fapi2)


def test_clocks_that_are_ahead(tmp_path):
    provider = op(tmp_path, **FAPI2)
    client = Client(provider)
    now = int(provider.clock.now().timestamp())
    assert client.push(**client.proven(iat=now + 10, nbf=now + 10)).status_code == 201
    assert client.push(**client.proven(iat=now + 61)).status_code == 401
    assert client.push(**client.proven(nbf=now + 61)).status_code == 401


def test_a_refresh_token_stays_the_same_and_is_of_use_to_its_client_alone(tmp_path):
    provider = op(tmp_path, offline_access=True, **FAPI2)
    client = Client(provider)
    tokens = client.exchange(client.log_in(scope="openid eck offline_access")).json
    for _ in range(3):
        provider.clock.forward(seconds=3600)
        renewed = client.refresh(tokens["refresh_token"])
        assert renewed.status_code == 200, renewed.json
        assert "refresh_token" not in renewed.json
        assert "offline_access" in renewed.json["scope"].split()
        token = renewed.json["access_token"]
        more = proof(at="/oidc/userinfo", htm="GET", token=token, now=provider.clock.now())
        assert provider.userinfo(token, scheme="DPoP", more=more).json["eckid"]
    assert client.refresh(tokens["refresh_token"], {}).json["error"] == "invalid_dpop_proof"
    assert provider.refresh(tokens["refresh_token"], proof(now=provider.clock.now())).status_code == 401
    provider.clock.forward(seconds=5 * 3600)
    assert client.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_a_refresh_token_that_was_revoked_stays_revoked(tmp_path):
    provider = op(tmp_path, offline_access=True, **FAPI2)
    client = Client(provider)
    tokens = client.exchange(client.log_in(scope="openid offline_access")).json
    assert provider.post("/oidc/revoke", {}, token=tokens["refresh_token"], **client.proven()).status_code == 200
    assert client.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_a_code_is_used_once(tmp_path):
    provider = op(tmp_path, **FAPI2)
    client = Client(provider)
    code = client.log_in()
    assert client.exchange(code).status_code == 200
    assert client.exchange(code).json["error"] == "invalid_grant"


def test_the_answer_names_its_issuer_and_redirects_by_303(tmp_path):
    provider = op(tmp_path, **FAPI2)
    pushed = Client(provider).push().json
    assert pushed["expires_in"] < 600
    provider.bring(pushed["request_uri"])
    answer = provider.finish()
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{CALLBACK}?")
    assert back(answer)["iss"] == ISSUER


def test_a_request_uri_beside_other_parameters_of_the_browser(tmp_path):
    provider = op(tmp_path, **FAPI2)
    pushed = Client(provider).push().json
    query = urlencode({"client_id": CLIENT, "request_uri": pushed["request_uri"], "scope": "openid", "state": "evil"})
    provider.authorize(query=query)
    assert back(provider.finish())["state"] == "the state"
