"""What a status of an identity provider comes down to (saml-core 3.2.2.2)."""

from saml2.samlp import STATUS_AUTHN_FAILED, STATUS_NO_AUTHN_CONTEXT, STATUS_NO_PASSIVE, STATUS_REQUEST_DENIED

from gateway.domain.errors import ErrorCode

MEANINGS: dict[str, ErrorCode] = {
    STATUS_AUTHN_FAILED: ErrorCode.IDP_CANCELLED,
    STATUS_REQUEST_DENIED: ErrorCode.IDP_CANCELLED,
    STATUS_NO_PASSIVE: ErrorCode.IDP_NO_PASSIVE,
    STATUS_NO_AUTHN_CONTEXT: ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT,
}
"""Second-level status -> error; any other is IDP_REFUSED."""
