"""Certificates that are forged, of others, over or not for clients; and headers from whoever is no proxy."""

from datetime import timedelta
from ipaddress import ip_network

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway.federation.clients import CertificateField, CertificateName, ClientAuthentication
from gateway.oidc.op.certificates import ClientCertificates
from gateway.web.proxies import TrustedProxies
from tests.support.client_certificates import DAY, DN, authority, certificate, der, rfc9440
from tests.support.jose import CLIENT
from tests.support.op import op
from tests.support.op_client import relying_party
from tests.support.releasing import NOW

BY_CERTIFICATE = {
    "authentication": frozenset({ClientAuthentication.TLS_CLIENT_AUTH}),
    "certificate_name": CertificateName(CertificateField.SUBJECT_DN, DN),
    "secret_hashes": (),
}
CERTIFICATES = ClientCertificates((authority(),))


def refused(answer):
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client"), answer.json
    return True


@pytest.mark.parametrize(
    "forged",
    [
        certificate(issuer="evil"),
        certificate(issuer="klas"),
        certificate(signer="evil"),
        certificate("other"),
        certificate(ends=NOW - timedelta(seconds=1)),
        certificate(begins=NOW + timedelta(seconds=1)),
        certificate(usage=ExtendedKeyUsageOID.SERVER_AUTH),
        certificate(ca=True),
        authority(),
        authority("evil"),
    ],
    ids=["other authority", "self-signed", "forged", "other name", "over", "not yet", "server's", "an authority's",
         "the authority itself", "another authority itself"],
)  # fmt: skip
def test_a_certificate_that_proves_nothing(tmp_path, forged):
    provider = op(tmp_path, certificates=CERTIFICATES, **BY_CERTIFICATE)
    provider.certificate = rfc9440(forged)
    code = provider.log_in()["code"]
    assert refused(provider.exchange(code, {}, client_id=CLIENT))
    provider.certificate = rfc9440(certificate())
    assert provider.exchange(code, {}, client_id=CLIENT).status_code == 200


def test_a_certificate_without_a_word_on_its_use_is_good_and_one_that_is_over_later_is_not(tmp_path):
    provider = op(tmp_path, certificates=CERTIFICATES, **BY_CERTIFICATE)
    provider.certificate = rfc9440(certificate(usage=None))
    assert provider.exchange(provider.log_in()["code"], {}, client_id=CLIENT).status_code == 200
    provider.clock.forward(seconds=int(DAY.total_seconds()) + 1)
    assert refused(provider.exchange(provider.log_in()["code"], {}, client_id=CLIENT))


@pytest.mark.parametrize(
    "header",
    ["x", "::", ":AAAA:", "-----BEGIN CERTIFICATE-----", "%2D%2D", "A" * 20000, f"{der(certificate())},AAAA",
     "-----BEGIN CERTIFICATE-----\u20ac", f"{rfc9440(certificate())}, {rfc9440(certificate())}"],
)  # fmt: skip
def test_a_header_with_no_certificate_in_it(tmp_path, header):
    provider = op(tmp_path, certificates=CERTIFICATES, **BY_CERTIFICATE)
    provider.certificate = header
    assert refused(provider.exchange(provider.log_in()["code"], {}, client_id=CLIENT))
    (tmp_path / "bound").mkdir()
    bound = op(tmp_path / "bound", certificates=CERTIFICATES, certificate_bound=True)
    bound.certificate = header
    assert bound.exchange(bound.log_in()["code"]).json["error"] == "invalid_request"


def test_a_certificate_that_was_issued_by_another_client(tmp_path):
    """Even where somebody's own certificate was named as that of an authority."""
    provider = op(tmp_path, certificates=ClientCertificates((authority(), certificate("other"))), **BY_CERTIFICATE)
    provider.certificate = rfc9440(certificate(issuer="other"))
    assert refused(provider.exchange(provider.log_in()["code"], {}, client_id=CLIENT))


def test_no_certificate_no_client_id_or_somebody_elses(tmp_path):
    other = relying_party("other", **BY_CERTIFICATE)
    provider = op(tmp_path, services=(other,), certificates=CERTIFICATES, **BY_CERTIFICATE)
    code = provider.log_in()["code"]
    assert refused(provider.exchange(code, {}, client_id=CLIENT))
    provider.certificate = rfc9440(certificate())
    assert refused(provider.exchange(code, {}))
    assert provider.exchange(code, {}, client_id="other").json["error"] == "invalid_grant"
    assert refused(provider.exchange(code, {}, client_id=CLIENT, client_secret="x"))
    assert provider.exchange(code, {}, client_id=CLIENT).status_code == 200


def test_a_certificate_is_of_no_use_where_the_entry_names_another_method(tmp_path):
    provider = op(tmp_path, certificates=CERTIFICATES)
    provider.certificate = rfc9440(certificate())
    assert refused(provider.exchange(provider.log_in()["code"], {}, client_id=CLIENT))


@pytest.mark.parametrize("certificates", [None, ClientCertificates()])
def test_a_gateway_that_knows_no_authority_lets_nobody_in_by_certificate(tmp_path, certificates):
    provider = op(tmp_path, certificates=certificates, **BY_CERTIFICATE)
    provider.certificate = rfc9440(certificate())
    assert refused(provider.exchange(provider.log_in()["code"], {}, client_id=CLIENT))


@pytest.mark.parametrize(
    ("peer", "header", "status"),
    [
        ("10.0.0.1", "Client-Cert", 200),
        ("203.0.113.9", "Client-Cert", 401),
        ("10.0.0.1", "X-Client-Cert", 401),
        ("10.0.0.1", "X-Forwarded-Client-Cert", 401),
        ("203.0.113.9", "sluis.client_certificate", 401),
    ],
)
def test_a_forged_client_certificate_header_from_an_untrusted_address(tmp_path, peer, header, status):
    provider = op(tmp_path, certificates=CERTIFICATES, **BY_CERTIFICATE)
    code = provider.log_in()["code"]
    proxied = TrustedProxies(provider.app.wsgi_app, [ip_network("10.0.0.0/24")], certificate_header="Client-Cert")
    provider.app.wsgi_app = proxied
    form = {"grant_type": "authorization_code", "code": code, "client_id": CLIENT}
    form |= {"redirect_uri": "https://klas.example/callback", "code_verifier": "v" * 43}
    around = {"REMOTE_ADDR": peer}
    if header == "sluis.client_certificate":
        around[header], headers = rfc9440(certificate()), {}
    else:
        # what somebody says to be forwarded for does not make them a proxy
        headers = {header: rfc9440(certificate()), "X-Forwarded-For": "10.0.0.1"}
    answer = provider.app.test_client().post("/oidc/token", data=form, headers=headers, environ_overrides=around)
    assert answer.status_code == status, answer.json


def test_a_stolen_token_that_is_bound_to_a_certificate(tmp_path):
    provider = op(tmp_path, certificates=ClientCertificates(), certificate_bound=True)
    provider.certificate = rfc9440(certificate())
    token = provider.exchange(provider.log_in()["code"]).json["access_token"]
    for thief in (None, rfc9440(certificate("thief")), rfc9440(certificate(ends=NOW + 2 * DAY))):
        provider.certificate = thief
        assert provider.userinfo(token).status_code == 401
        assert provider.userinfo(token, scheme="DPoP").status_code == 401
    provider.certificate = "no certificate"
    assert provider.userinfo(token).status_code == 400
    provider.certificate = rfc9440(certificate())
    assert provider.userinfo(token).status_code == 200
