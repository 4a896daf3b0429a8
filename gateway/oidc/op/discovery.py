"""What clients read of the provider, true for this configuration (OpenID Connect Discovery 1.0, RFC 8414 and more)."""

from typing import Any

from gateway.domain.attribute import Attribute
from gateway.domain.language import Language
from gateway.federation.clients import ClientAuthentication
from gateway.federation.snapshot import Federation
from gateway.oidc.op import proofs
from gateway.oidc.op.addresses import Addresses
from gateway.oidc.op.certificates import ClientCertificates
from gateway.oidc.op.claims import claim_names
from gateway.oidc.op.client_keys import ALGORITHMS
from gateway.oidc.op.scopes import OFFLINE_ACCESS, SCOPES
from gateway.oidc.op.signing import Signer

_BY_CERTIFICATE = ClientAuthentication.TLS_CLIENT_AUTH
_PROTOCOL_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "nonce", "sid")


def document(
    addresses: Addresses,
    signer: Signer,
    federation: Federation,
    languages: tuple[Language, ...],
    *,
    documentation: bool,
    certificates: ClientCertificates | None = None,
) -> dict[str, Any]:
    """The provider's metadata. `documentation`: whether there is a page for developers."""
    algorithms = [algorithm.value for algorithm in signer.algorithms]
    by_certificate = certificates is not None and bool(certificates.authorities)
    proving = [
        method.value
        for method in ClientAuthentication
        if method is not ClientAuthentication.NONE and (by_certificate or method is not _BY_CERTIFICATE)
    ]
    methods = [*proving, ClientAuthentication.NONE.value]
    told: dict[str, Any] = {
        "issuer": addresses.issuer,
        "authorization_endpoint": addresses.authorization,
        "pushed_authorization_request_endpoint": addresses.pushed,
        "token_endpoint": addresses.token,
        "userinfo_endpoint": addresses.userinfo,
        "introspection_endpoint": addresses.introspection,
        "revocation_endpoint": addresses.revocation,
        "end_session_endpoint": addresses.end_session,
        "jwks_uri": addresses.jwks,
        "scopes_supported": _scopes(federation),
        "claims_supported": _claims(federation),
        "claim_types_supported": ["normal"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": algorithms,
        "userinfo_signing_alg_values_supported": algorithms,
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": proving,
        "introspection_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_signing_alg_values_supported": list(proofs.ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "select_account"],
        "display_values_supported": ["page"],
        "ui_locales_supported": [language.value for language in languages],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list(ALGORITHMS),
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
    if federation.levels:
        told["acr_values_supported"] = [level.context for level in sorted(federation.levels.values())]
    if certificates is not None:
        told["tls_client_certificate_bound_access_tokens"] = True
        if certificates.base_url is not None:
            told["mtls_endpoint_aliases"] = _aliases(Addresses(certificates.base_url))
    if documentation:
        told["service_documentation"] = f"{addresses.issuer}/docs/connect"
    return told


def _aliases(addresses: Addresses) -> dict[str, str]:
    """Where clients with a certificate go (RFC 8705 5)."""
    return {
        "pushed_authorization_request_endpoint": addresses.pushed,
        "token_endpoint": addresses.token,
        "userinfo_endpoint": addresses.userinfo,
        "introspection_endpoint": addresses.introspection,
        "revocation_endpoint": addresses.revocation,
    }


def _scopes(federation: Federation) -> list[str]:
    """Scopes behind which some service of this federation may find something."""
    asked = {attribute for service in federation.service_by_client_id.values() for attribute in service.asks}
    always = {"openid", "eck", OFFLINE_ACCESS}
    return [scope for scope, attributes in SCOPES.items() if scope in always or attributes & asked]


def _claims(federation: Federation) -> list[str]:
    names = {
        claim_names(service)[attribute]
        for service in federation.service_by_client_id.values()
        for attribute in (*service.asks, service.fallback.attribute)
        if isinstance(attribute, Attribute) and attribute in claim_names(service)
    }
    return [*_PROTOCOL_CLAIMS, *sorted(names)]
