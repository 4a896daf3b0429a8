"""Who may call the vault over HTTP: tokens by key and by certificate."""

from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from flask import Flask
from werkzeug.test import TestResponse

from gateway.domain.brin import Brin
from gateway.federation.administrations import Administration
from gateway.federation.clients import CertificateField, CertificateName
from gateway.oidc.op.certificates import ClientCertificates
from gateway.oidc.vault_api import endpoint
from tests.support.client_certificates import authority, certificate, rfc9440
from tests.support.jose import ISSUER, assertion, client_key
from tests.support.vault_api import FENNA, NAME, OTHER, Api


def test_without_a_token_or_with_another_nothing_is_said(api):
    for headers, challenge in (
        ({}, "Bearer"),
        ({"Authorization": "Bearer nobodys"}, 'Bearer error="invalid_token"'),
        ({"Authorization": "Basic eDp5"}, 'Bearer error="invalid_token"'),
    ):
        answer = api.send("POST", "/entries", json={"entries": [{"account": "a"}]}, headers=headers)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, challenge)


def test_a_token_ends_after_five_minutes(api):
    headers = api.bearer()
    api.clock.forward(seconds=299)
    assert api.put({"account": "a", "eck_id": FENNA}, headers=headers).status_code == 200
    api.clock.forward(seconds=2)
    assert api.put({"account": "a", "eck_id": FENNA}, headers=headers).status_code == 401


def test_an_assertion_is_used_once(api):
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(
            client_key(NAME), now=api.clock.now(), iss=NAME, sub=NAME, aud=api.audience, jti="once"
        ),
    }
    assert api.send("POST", "/token", data=form).status_code == 200
    again = api.send("POST", "/token", data=form)
    assert (again.status_code, again.json["error"]) == (401, "invalid_client")
    assert "this jti was used before" in again.json["error_description"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"client_id": "somebody"}, "invalid_request"),
        ({"client_assertion_type": "x"}, "invalid_request"),
        ({"client_assertion": None, "client_id": NAME}, "invalid_client"),
        ({"client_assertion": None, "client_id": "nobody"}, "invalid_client"),
        ({"client_assertion": None}, "invalid_client"),
        ({"client_assertion": "x.y.z"}, "invalid_client"),
        ({"claims": {"aud": "https://elsewhere.example"}}, "invalid_client"),
        ({"claims": {"sub": OTHER, "iss": OTHER}}, "invalid_client"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, "invalid_request"),
    ],
)
def test_a_token_is_for_whom_it_should_be(api, changes, error):
    claims = changes.get("claims", {})
    if claims:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion(
                client_key(NAME), now=api.clock.now(), **{"iss": NAME, "sub": NAME, "aud": api.audience, **claims}
            ),
        }
        answer = api.send("POST", "/token", data=form)
    else:
        answer = api.token(**changes)
    assert answer.status_code in (400, 401)
    assert answer.json["error"] == error


def test_a_form_that_is_too_large(api):
    answer = api.send("POST", "/token", data={"grant_type": "client_credentials", "x": "y" * 20_000})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def by_certificate(api: Api) -> None:
    """The administration of the first school proves who it is by the certificate of its connection."""
    named = Administration(
        NAME, Brin("99XA"), "regenboog", None, CertificateName(CertificateField.SAN_DNS, "las.example")
    )
    access = replace(
        api.access,
        administrations={NAME: named},
        certificates=ClientCertificates((authority(),)),
        store=api.parts.store,
    )
    api.app = Flask("certificates")
    api.app.register_blueprint(endpoint.blueprint(access=access, entries=api.entries, base_url=ISSUER))


def of_las(**more: Any) -> str:
    return rfc9440(certificate("las", names=(x509.DNSName("las.example"),), **more))


def token_by_certificate(api: Api) -> TestResponse:
    return api.send("POST", "/token", data={"grant_type": "client_credentials", "client_id": NAME})


def test_a_certificate_gets_a_token_that_is_bound_to_it(api):
    by_certificate(api)
    api.certificate = of_las()
    answer = token_by_certificate(api)
    assert answer.status_code == 200, answer.json
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert api.put({"account": "a", "eck_id": FENNA}, headers=headers).status_code == 200
    for another in (None, "no certificate", rfc9440(certificate("thief", names=(x509.DNSName("las.example"),)))):
        api.certificate = another
        assert api.put({"account": "a", "eck_id": FENNA}, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "shown",
    [
        None,
        "no certificate",
        rfc9440(certificate("las", names=(x509.DNSName("other.example"),))),
        rfc9440(certificate("las", names=(x509.DNSName("las.example"),), issuer="another ca")),
    ],
)
def test_another_certificate_gets_none(api, shown):
    by_certificate(api)
    api.certificate = shown
    answer = token_by_certificate(api)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_a_client_with_a_certificate_cannot_fall_back_to_a_key(api):
    by_certificate(api)
    assert api.token().json["error"] == "invalid_client"


def test_an_administration_that_left_has_no_token_any_more(api):
    headers = api.bearer()
    api.app = Flask("left")
    access = replace(api.access, administrations={})
    api.app.register_blueprint(endpoint.blueprint(access=access, entries=api.entries, base_url=ISSUER))
    assert api.put({"account": "a", "eck_id": FENNA}, headers=headers).status_code == 401
