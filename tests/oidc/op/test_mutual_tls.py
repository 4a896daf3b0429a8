"""Clients that prove who they are by a certificate, and tokens that are bound to one (RFC 8705)."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.federation.clients import (
    CertificateField,
    CertificateName,
    ClientAuthentication,
    Profile,
    SigningAlgorithm,
)
from gateway.oidc.op.certificates import ClientCertificates
from tests.support.client_certificates import ALTERNATIVES, DN, authority, certificate, der, escaped_pem, rfc9440
from tests.support.jose import CLIENT, proof
from tests.support.op import op
from tests.support.op_client import back, basic

ALIAS = "https://mtls.sluis.example"
CERTIFICATES = ClientCertificates((authority(),), ALIAS)
BY_CERTIFICATE = {
    "certificates": CERTIFICATES,
    "authentication": frozenset({ClientAuthentication.TLS_CLIENT_AUTH}),
    "certificate_name": CertificateName(CertificateField.SUBJECT_DN, DN),
    "secret_hashes": (),
}
NAMED = {"client_id": CLIENT}


def apache(one):
    return unquote(escaped_pem(one)).replace("\n", " ")


def thumbprint(one):
    return urlsafe_b64encode(sha256(one.public_bytes(Encoding.DER)).digest()).rstrip(b"=").decode()


@pytest.mark.parametrize("written", [rfc9440, der, escaped_pem, apache])
def test_a_client_with_a_certificate(tmp_path, written):
    provider = op(tmp_path, **BY_CERTIFICATE)
    provider.certificate = written(certificate())
    tokens = provider.exchange(provider.log_in()["code"], {}, **NAMED)
    assert tokens.status_code == 200, tokens.json
    assert tokens.json["token_type"] == "Bearer"
    status = provider.post("/oidc/introspect", {}, token=tokens.json["access_token"], **NAMED)
    assert status.json["active"] is True


@pytest.mark.parametrize("field", ALTERNATIVES)
def test_a_client_that_is_known_by_another_name(tmp_path, field):
    general, value = ALTERNATIVES[field]
    changes = {**BY_CERTIFICATE, "certificate_name": CertificateName(CertificateField(field), value)}
    provider = op(tmp_path, **changes)
    code = provider.log_in()["code"]
    others = tuple(other for name, (other, _) in ALTERNATIVES.items() if name != field)
    for wrong in (certificate(), certificate(names=others)):
        provider.certificate = rfc9440(wrong)
        assert provider.exchange(code, {}, **NAMED).status_code == 401
    provider.certificate = rfc9440(certificate(names=(*others, general)))
    assert provider.exchange(code, {}, **NAMED).status_code == 200


def test_tokens_that_are_bound_to_the_certificate(tmp_path):
    provider = op(tmp_path, offline_access=True, certificates=ClientCertificates(), certificate_bound=True)
    mine, other = certificate(issuer="klas"), certificate("other")
    code = provider.log_in(scope="openid eck offline_access")["code"]
    without = provider.exchange(code)
    assert (without.status_code, without.json["error"]) == (400, "invalid_request")
    provider.certificate = rfc9440(mine)
    tokens = provider.exchange(code).json
    assert tokens["token_type"] == "Bearer"
    token = tokens["access_token"]
    assert provider.userinfo(token).status_code == 200
    status = provider.post("/oidc/introspect", basic(), token=token).json
    assert status["cnf"] == {"x5t#S256": thumbprint(mine)}

    provider.certificate = rfc9440(other)
    assert provider.userinfo(token).json["error"] == "invalid_token"
    renewed = provider.refresh(tokens["refresh_token"]).json["access_token"]
    assert provider.userinfo(renewed).status_code == 200
    provider.certificate = None
    assert provider.userinfo(token).json["error"] == "invalid_token"
    assert provider.refresh(tokens["refresh_token"]).json["error"] == "invalid_request"


def test_a_refresh_token_of_a_public_client_stays_with_the_certificate(tmp_path):
    public = {"authentication": frozenset({ClientAuthentication.NONE}), "secret_hashes": ()}
    provider = op(tmp_path, offline_access=True, certificates=ClientCertificates(), certificate_bound=True, **public)
    provider.certificate = rfc9440(certificate())
    tokens = provider.exchange(provider.log_in(scope="openid offline_access")["code"], {}, **NAMED).json
    provider.certificate = rfc9440(certificate("other"))
    assert provider.refresh(tokens["refresh_token"], {}, **NAMED).json["error"] == "invalid_grant"
    provider.certificate = rfc9440(certificate())
    assert provider.refresh(tokens["refresh_token"], {}, **NAMED).status_code == 200


def test_tokens_are_bound_to_one_key(tmp_path):
    provider = op(tmp_path, certificates=ClientCertificates(), certificate_bound=True)
    provider.certificate = rfc9440(certificate())
    code = provider.log_in()["code"]
    assert provider.exchange(code, {**basic(), **proof()}).json["error"] == "invalid_dpop_proof"
    assert provider.exchange(code).status_code == 200


def test_a_client_under_fapi2_with_a_certificate_for_both(tmp_path):
    fapi2 = {
        "profile": Profile.FAPI2,
        "require_pushed": True,
        "certificate_bound": True,
        "id_token_algorithm": SigningAlgorithm.ES256,
    }
    provider = op(tmp_path, **BY_CERTIFICATE, **fapi2)
    assert provider.push({}).status_code == 401
    provider.certificate = rfc9440(certificate())
    provider.bring(provider.push({}).json["request_uri"])
    tokens = provider.exchange(back(provider.finish())["code"], {}, **NAMED).json
    assert provider.userinfo(tokens["access_token"]).json["given_name"] == "Fenna"


def test_a_proof_for_the_address_of_clients_with_certificates(tmp_path):
    provider = op(tmp_path, certificates=CERTIFICATES)
    headers = {**basic(), **proof(htu=f"{ALIAS}/oidc/token")}
    assert provider.exchange(provider.log_in()["code"], headers).status_code == 200


def test_discovery_says_what_the_proxy_makes_possible(tmp_path):
    def told(**changes):
        return op(tmp_path, **changes).app.test_client().get("/.well-known/openid-configuration").json

    nothing, binding, all_of_it = told(), told(certificates=ClientCertificates()), told(certificates=CERTIFICATES)
    assert "tls_client_auth" not in nothing["token_endpoint_auth_methods_supported"]
    assert "tls_client_certificate_bound_access_tokens" not in nothing
    assert "tls_client_auth" not in binding["token_endpoint_auth_methods_supported"]
    assert binding["tls_client_certificate_bound_access_tokens"] is True
    assert "mtls_endpoint_aliases" not in binding
    for endpoint in ("token", "introspection", "revocation"):
        assert "tls_client_auth" in all_of_it[f"{endpoint}_endpoint_auth_methods_supported"]
    assert all_of_it["mtls_endpoint_aliases"]["token_endpoint"] == f"{ALIAS}/oidc/token"
    assert all_of_it["token_endpoint"] == "https://sluis.example/oidc/token"


def test_an_authority_that_another_one_made_is_named_itself(tmp_path):
    root, between = authority(), certificate("between", issuer="ca", ca=True, usage=None)
    for number, (known, status) in enumerate((((root,), 401), ((between,), 200), ((root, between), 200))):
        (tmp_path / str(number)).mkdir()
        provider = op(tmp_path / str(number), **{**BY_CERTIFICATE, "certificates": ClientCertificates(known)})
        provider.certificate = rfc9440(certificate(issuer="between"))
        assert provider.exchange(provider.log_in()["code"], {}, **NAMED).status_code == status
