"""The discovery document before a validator of another make: idpyoidc, by OpenID Connect Discovery 1.0 and RFC 8414.

Its own reading is strict about types, about what is required and about algorithms; each way of breaking the document
shows that it notices.
"""

from typing import Any
from urllib.parse import urlsplit

import pytest
from idpyoidc.exception import MessageException
from idpyoidc.message.oauth2 import ASConfigurationResponse
from idpyoidc.message.oidc import ProviderConfigurationResponse

from gateway.oidc.op.certificates import ClientCertificates
from tests.support.client_certificates import authority
from tests.support.jose import ISSUER
from tests.support.op import op

PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
REQUIRED = (
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
)
WRONG: dict[str, Any] = {
    "issuer": "https://login.example.nl#here",
    "response_types_supported": 7,
    "id_token_signing_alg_values_supported": ["ES256"],
    "token_endpoint_auth_signing_alg_values_supported": ["none"],
    "scopes_supported": ["profile"],
    "claims_parameter_supported": "perhaps",
    "jwks_uri": [1, 2],
}


def refusal(document: dict[str, Any]) -> str:
    """What the validator has against the document; empty for nothing. For a lack of `openid` it has a TypeError."""
    try:
        for kind in (ProviderConfigurationResponse, ASConfigurationResponse):
            if kind().from_dict(document).verify() is False:
                return "refused"
    except (MessageException, ValueError, TypeError) as cause:
        return type(cause).__name__
    return ""


def document(tmp_path, path: str = PATHS[0], **changes: Any) -> dict[str, Any]:
    return dict(op(tmp_path, **changes).app.test_client().get(path).json)


@pytest.mark.parametrize("path", PATHS)
def test_the_document_is_valid(tmp_path, path):
    told = document(tmp_path, path)
    assert refusal(told) == ""
    assert told["issuer"] == ISSUER


def test_the_document_is_valid_with_certificates(tmp_path):
    told = document(tmp_path, certificates=ClientCertificates((authority(),), "https://mtls.example.nl"))
    assert "tls_client_auth" in told["token_endpoint_auth_methods_supported"]
    assert refusal(told) == ""


@pytest.mark.parametrize("member", REQUIRED)
def test_without_what_is_required_it_is_not(tmp_path, member):
    told = document(tmp_path)
    del told[member]
    assert refusal(told) != ""


@pytest.mark.parametrize("member", WRONG)
def test_with_a_wrong_value_it_is_not(tmp_path, member):
    told = document(tmp_path)
    assert refusal(told | {member: WRONG[member]}) != ""


def test_every_address_in_it_is_served(tmp_path):
    provider = op(tmp_path)
    browser = provider.app.test_client()
    told = dict(browser.get(PATHS[0]).json)
    addresses = {told[name] for name in told if name.endswith(("_endpoint", "jwks_uri"))}
    assert len(addresses) == 8
    for address in addresses:
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}" == ISSUER
        answers = {browser.get(parts.path).status_code, browser.post(parts.path).status_code}
        assert not answers <= {404, 405, 500}, address
