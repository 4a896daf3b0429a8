"""SAML status codes (saml-core 3.2.2.2): what a service is told, and what a school's answer means."""

from gateway.domain.errors import ErrorCode, PeerStatus

_STATUS = "urn:oasis:names:tc:SAML:2.0:status:"

SUCCESS = _STATUS + "Success"
REQUESTER = _STATUS + "Requester"
RESPONDER = _STATUS + "Responder"

FOR_THE_SERVICE: dict[PeerStatus, tuple[str, str]] = {
    PeerStatus.AUTHENTICATION_FAILED: (RESPONDER, _STATUS + "AuthnFailed"),
    PeerStatus.NO_PASSIVE: (RESPONDER, _STATUS + "NoPassive"),
    PeerStatus.NO_AUTHENTICATION_CONTEXT: (RESPONDER, _STATUS + "NoAuthnContext"),
    PeerStatus.NO_AVAILABLE_IDP: (RESPONDER, _STATUS + "NoAvailableIDP"),
    PeerStatus.PROXY_COUNT_EXCEEDED: (RESPONDER, _STATUS + "ProxyCountExceeded"),
    PeerStatus.INVALID_NAME_ID_POLICY: (REQUESTER, _STATUS + "InvalidNameIDPolicy"),
    PeerStatus.UNSUPPORTED_REQUEST: (REQUESTER, _STATUS + "RequestUnsupported"),
    PeerStatus.REQUEST_DENIED: (RESPONDER, _STATUS + "RequestDenied"),
    PeerStatus.TEMPORARILY_UNAVAILABLE: (RESPONDER, _STATUS + "RequestDenied"),
}
"""First and second level of the status for each word of the catalogue."""

FROM_A_SCHOOL: dict[str, ErrorCode] = {
    _STATUS + "AuthnFailed": ErrorCode.IDP_CANCELLED,
    _STATUS + "RequestDenied": ErrorCode.IDP_CANCELLED,
    _STATUS + "NoPassive": ErrorCode.IDP_NO_PASSIVE,
    _STATUS + "NoAuthnContext": ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT,
}
"""What a second-level status of an identity provider comes down to; any other is IDP_REFUSED."""
