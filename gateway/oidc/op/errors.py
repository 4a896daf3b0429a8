"""What a client is told of an error: codes of OAuth (RFC 6749 4.1.2.1 and 5.2, RFC 6750 3.1, OpenID Core 3.1.2.6)."""

from gateway.domain.errors import ErrorCode, PeerStatus, SluisError

_OF_CODE: dict[ErrorCode, str] = {
    ErrorCode.REQUEST_RESPONSE_TYPE: "unsupported_response_type",
    ErrorCode.REQUEST_SCOPE: "invalid_scope",
    ErrorCode.REQUEST_OBJECT: "request_not_supported",
    ErrorCode.REQUEST_OBJECT_INVALID: "invalid_request_object",
    ErrorCode.REQUEST_OBJECT_BY_REFERENCE: "request_uri_not_supported",
    ErrorCode.REQUEST_URI_UNKNOWN: "invalid_request_uri",
    ErrorCode.REQUEST_REGISTRATION: "registration_not_supported",
    ErrorCode.REQUEST_CONSENT: "consent_required",
    ErrorCode.CONSENT_NEEDED: "consent_required",
    ErrorCode.REQUEST_INTERACTION: "interaction_required",
    ErrorCode.CLIENT_AUTHENTICATION: "invalid_client",
    ErrorCode.CLIENT_NOT_ALLOWED: "unauthorized_client",
    ErrorCode.GRANT_UNSUPPORTED: "unsupported_grant_type",
    ErrorCode.GRANT_INVALID: "invalid_grant",
    ErrorCode.PROOF_INVALID: "invalid_dpop_proof",
    ErrorCode.PROOF_NONCE: "use_dpop_nonce",
    ErrorCode.TOKEN_INVALID: "invalid_token",
    ErrorCode.TOKEN_SCOPE: "insufficient_scope",
}
_OF_STATUS: dict[PeerStatus, str] = {
    PeerStatus.AUTHENTICATION_FAILED: "access_denied",
    PeerStatus.NO_PASSIVE: "login_required",
    PeerStatus.NO_AUTHENTICATION_CONTEXT: "unmet_authentication_requirements",
    PeerStatus.NO_AVAILABLE_IDP: "access_denied",
    PeerStatus.PROXY_COUNT_EXCEEDED: "access_denied",
    PeerStatus.INVALID_NAME_ID_POLICY: "invalid_request",
    PeerStatus.UNSUPPORTED_REQUEST: "invalid_request",
    PeerStatus.REQUEST_DENIED: "access_denied",
    PeerStatus.TEMPORARILY_UNAVAILABLE: "temporarily_unavailable",
}


def oauth_error(error: SluisError) -> str:
    """The wire code of an error."""
    return _OF_CODE.get(error.code) or _OF_STATUS[error.kind.peer]


def description(error: SluisError, reference: str) -> str:
    """What the error tells a peer, in the characters that RFC 6749 5.2 allows."""
    return "".join(one if " " <= one <= "~" and one not in '"\\' else "'" for one in error.told(reference))
