"""Entries of relying parties: what an operator reads of one that is not right, and what comes of one that is."""

import json

import pytest

from gateway.domain.attribute import Attribute
from gateway.federation.build import build
from gateway.federation.clients import ClientAuthentication, Profile, SigningAlgorithm
from gateway.settings.loader import load
from gateway.settings.problems import Level, Problems
from tests.support.configuration import write_configuration
from tests.support.held import HeldClock

FILE = "services/klas.yaml"
ENTRY = f"""\
id: klas
protocol: oidc
names: {{nl: De Klas}}
supplier: {{name: Letterbos, contact: support@klas.example}}
sectors: [vo]
redirect_uris:
  - https://klas.example/callback
token_endpoint_auth_methods: [client_secret_basic]
client_secret_hashes: ["sha256:{"0a" * 32}"]
attribute_sets:
  1: {{eck_id: access}}
"""
JWKS = json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}]})


def federation(directory, entry=ENTRY, **files):
    changed = {FILE: entry, **{f"services/{name}": content for name, content in files.items()}}
    return build(load(write_configuration(directory, changed)), clock=HeldClock())[0]


def said(directory, entry, **files):
    with pytest.raises(Problems) as refused:
        federation(directory, entry, **files)
    return [
        str(problem)
        for problem in refused.value.problems
        if problem.place.file == FILE and problem.level is Level.ERROR
    ]


def changed(old, new):
    assert old in ENTRY
    return ENTRY.replace(old, new)


def test_a_relying_party_is_a_service_with_a_client(tmp_path):
    more = "application_type: native\nid_token_signed_response_alg: ES256\nclaim_names: {eck_id: eckId}\n"
    service = federation(tmp_path, ENTRY + more).service_by_client_id["klas"]

    assert service.oidc.redirect_uris == ("https://klas.example/callback",)
    assert service.oidc.authentication == {ClientAuthentication.CLIENT_SECRET_BASIC}
    assert service.oidc.id_token_algorithm is SigningAlgorithm.ES256
    assert service.oidc.claim_names == ((Attribute.ECK_ID, "eckId"),)
    assert service.oidc.native
    assert not service.oidc.public
    assert service.knows_by_pairwise
    with pytest.raises(TypeError, match="does not speak SAML"):
        _ = service.saml


def test_a_client_id_of_its_own_and_public_keys_beside_the_entry(tmp_path):
    entry = changed("token_endpoint_auth_methods: [client_secret_basic]", "client_id: Klas.App\njwks: klas.jwks")
    entry = entry.replace(f'client_secret_hashes: ["sha256:{"0a" * 32}"]\n', "")
    service = federation(tmp_path, entry, **{"klas.jwks": JWKS}).service_by_client_id["Klas.App"]

    assert service.oidc.authentication == {ClientAuthentication.PRIVATE_KEY_JWT}
    assert service.oidc.jwks == JWKS


def test_a_client_that_pushes_every_request(tmp_path):
    assert not federation(tmp_path / "may").service_by_client_id["klas"].oidc.require_pushed
    entry = ENTRY + "require_pushed_authorization_requests: true\n"
    assert federation(tmp_path / "must", entry).service_by_client_id["klas"].oidc.require_pushed


def test_a_client_that_signs_every_request(tmp_path):
    entry = ENTRY + "require_signed_request_object: true\njwks: klas.jwks\n"
    assert federation(tmp_path, entry, **{"klas.jwks": JWKS}).service_by_client_id["klas"].oidc.require_signed


NAME = "tls_client_auth_subject_dn: CN=klas,serialNumber=000123,O=Letterbos\n"
BY_CERTIFICATE = ENTRY.replace("[client_secret_basic]", "[tls_client_auth]").replace(
    f'client_secret_hashes: ["sha256:{"0a" * 32}"]\n',
    NAME,
)


def test_a_client_with_a_certificate(tmp_path):
    entry = BY_CERTIFICATE + "tls_client_certificate_bound_access_tokens: true\n"
    client = federation(tmp_path, entry).service_by_client_id["klas"].oidc
    assert client.authentication == {ClientAuthentication.TLS_CLIENT_AUTH}
    assert client.certificate_name.value == "CN=klas,serialNumber=000123,O=Letterbos"
    assert client.certificate_bound


def test_a_client_under_fapi2_whose_tokens_are_bound_to_a_certificate(tmp_path):
    more = "profile: fapi2\nid_token_signed_response_alg: ES256\ntls_client_certificate_bound_access_tokens: true\n"
    client = federation(tmp_path, BY_CERTIFICATE + more).service_by_client_id["klas"].oidc
    assert client.fapi2
    assert client.certificate_bound
    assert not client.dpop_bound


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            NAME,
            "",
            "its certificate is known by one",
        ),
        ("tls_client_auth_subject_dn", "tls_client_auth_san_ip: 192.0.2.1\ntls_client_auth_subject_dn", "known by one"),
        ("CN=klas,", "klas ", "no name as RFC 4514 writes it"),
        ("[tls_client_auth]", "[none]", "no method of this client uses a certificate"),
        (
            "attribute_sets",
            "tls_client_certificate_bound_access_tokens: true\ndpop_bound_access_tokens: true\nattribute_sets",
            "tokens are bound to one key",
        ),
    ],
)
def test_a_certificate_that_is_not_right_in_an_entry(tmp_path, old, new, says):
    assert old in BY_CERTIFICATE
    [problem] = said(tmp_path, BY_CERTIFICATE.replace(old, new, 1))
    assert says in problem


FAPI2 = f"""{ENTRY}profile: fapi2
id_token_signed_response_alg: ES256
jwks: klas.jwks
""".replace("[client_secret_basic]", "[private_key_jwt]").replace(f'client_secret_hashes: ["sha256:{"0a" * 32}"]\n', "")


def test_a_client_under_fapi2(tmp_path):
    client = federation(tmp_path, FAPI2, **{"klas.jwks": JWKS}).service_by_client_id["klas"].oidc
    assert client.fapi2
    assert client.profile is Profile.FAPI2
    assert client.require_pushed
    assert client.dpop_bound
    assert client.id_token_algorithm is SigningAlgorithm.ES256


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[private_key_jwt]", "[none]", "profile fapi2 has private_key_jwt"),
        ("alg: ES256", "alg: RS256", "id_token_signed_response_alg: profile fapi2 signs with ES256"),
        ("alg: ES256", "alg: ES384", "id_token_signed_response_alg: profile fapi2 signs with ES256"),
        (
            "profile: fapi2",
            "profile: fapi2\nuserinfo_signed_response_alg: RS256",
            "userinfo_signed_response_alg: profile",
        ),
        ("profile: fapi2", "profile: fapi1", "not one of the possible values"),
    ],
)
def test_an_entry_that_is_none_under_fapi2(tmp_path, old, new, says):
    assert old in FAPI2
    [problem] = said(tmp_path, FAPI2.replace(old, new), **{"klas.jwks": JWKS})
    assert says in problem


def test_a_secret_is_none_under_fapi2(tmp_path):
    [problem] = said(tmp_path, ENTRY + "profile: fapi2\nid_token_signed_response_alg: ES256\n")
    assert "profile fapi2 has private_key_jwt or tls_client_auth, not client_secret_basic" in problem


def test_a_client_whose_tokens_are_bound(tmp_path):
    entry = ENTRY + "dpop_bound_access_tokens: true\nrequire_dpop_nonce: true\n"
    client = federation(tmp_path, entry).service_by_client_id["klas"].oidc
    assert client.dpop_bound
    assert client.dpop_nonce


def test_services_with_one_sector_identifier_share_a_pairwise_scope(tmp_path):
    service = federation(tmp_path, ENTRY + "sector_identifier: letterbos.example\n").service_by_client_id["klas"]

    assert service.pairwise_scope == "letterbos.example"


@pytest.mark.parametrize(
    ("entry", "line", "says"),
    [
        (changed("protocol: oidc", "protocol: odic"), 2, "not one of the possible values; did you mean oidc?"),
        (ENTRY + "token_endpoint_auth_method: none\n", 12, "did you mean token_endpoint_auth_methods?"),
        (changed("https://klas", "http://klas"), 7, "a redirect URI is https; http is for loopback alone"),
        (changed("https://klas", "HTTPS://klas"), 7, "its scheme in lower case"),
        (changed("https://klas.example", "https://Klas.example"), 7, "write the host in lower case"),
        (changed("/callback", "/a/../callback"), 7, "whose path has . or .. in it"),
        (changed("/callback", "/%2e%2E/callback"), 7, "whose path has . or .. in it"),
        (changed("/callback", "/callback#here"), 7, "without # and *"),
        (changed("https://klas", "https://*.klas"), 7, "without # and *"),
        (changed("https://klas", "https://me@klas"), 7, "with a user name in it"),
        (changed("klas.example/callback", "klas.example:port/x"), 7, "this is no URI"),
        (changed("https://klas.example/callback", "javascript:alert(1)"), 7, "a redirect URI is https, or of an app"),
        (changed("https://klas.example/callback", "nl.klas.app:/callback"), 1, "only `application_type: native`"),
        (changed("[client_secret_basic]", "[client_secret_basic, none]"), 1, "`none` goes with no other method"),
        (changed("[client_secret_basic]", "[private_key_jwt]"), 1, "no method of this client uses a secret"),
        (changed("[client_secret_basic]", "[client_secret_post, private_key_jwt]"), 1, "jwks is missing, or jwks_uri"),
        (changed("client_secret_hashes:", "post_logout_redirect_uris: []\n#"), 1, "client_secret_hashes is missing"),
        (changed("sha256:", "md5:"), 9, "it does not have the right form"),
        (ENTRY + "claim_names: {eck_id: sub}\n", 1, "claim_names: sub means something else in a token"),
        (ENTRY + "claim_names: {eck_id: x, role: x}\n", 1, "claim_names: two attributes have one name"),
        (ENTRY + "backchannel_logout_uri: http://klas.example/\n", 12, "a logout URI is https"),
        (ENTRY + "jwks: klas.jwks\n", 12, "klas.jwks: the file cannot be read"),
        (ENTRY + "require_signed_request_object: true\n", 1, "signed requests are checked with the client's public"),
        (ENTRY + "jwks_uri: http://klas.example/jwks\n", 12, "an address of keys is https"),
        (ENTRY + "jwks: klas.jwks\njwks_uri: https://klas.example/jwks\n", 1, "not both"),
        (ENTRY + "metadata: klas.xml\n", 12, "unknown key metadata"),
    ],
)  # fmt: skip
def test_an_entry_that_is_not_right(tmp_path, entry, line, says):
    [problem] = said(tmp_path, entry)

    assert f"{FILE}:{line}" in problem
    assert says in problem


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"keys": []}', json.dumps({"keys": ["x" * 100_000]})])
def test_public_keys_that_are_none(tmp_path, content):
    [problem] = said(tmp_path, ENTRY + "jwks: klas.jwks\n", **{"klas.jwks": content})

    assert f"{FILE}:12" in problem
    assert "klas.jwks" in problem


def test_two_clients_with_one_client_id(tmp_path):
    [problem] = said(
        tmp_path, ENTRY + "client_id: taken\n", **{"a.yaml": ENTRY.replace("id: klas", "id: a\nclient_id: taken")}
    )

    assert "the client_id taken stands at services/a.yaml:2 already" in problem


def test_a_sector_identifier_of_two_suppliers(tmp_path):
    other = (
        ENTRY.replace("id: klas", "id: a").replace("Letterbos", "Another") + "sector_identifier: letterbos.example\n"
    )
    [problem] = said(tmp_path, ENTRY + "sector_identifier: letterbos.example\n", **{"a.yaml": other})

    assert "only services of one supplier may share one" in problem
