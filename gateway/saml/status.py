"""What a peer is told of an error: SAML status codes (saml-core-2.0-os 3.2.2.2)."""

from dataclasses import dataclass

from saml2.samlp import (
    STATUS_AUTHN_FAILED,
    STATUS_INVALID_NAMEID_POLICY,
    STATUS_NO_AUTHN_CONTEXT,
    STATUS_NO_AVAILABLE_IDP,
    STATUS_NO_PASSIVE,
    STATUS_PROXY_COUNT_EXCEEDED,
    STATUS_REQUEST_DENIED,
    STATUS_REQUEST_UNSUPPORTED,
    STATUS_REQUESTER,
    STATUS_RESPONDER,
    STATUS_SUCCESS,
)

from gateway.domain.errors import PeerStatus


@dataclass(frozen=True, slots=True)
class Status:
    """A top-level code, and a second-level code where the specification has one that fits."""

    top: str
    second: str | None = None


SUCCESS = Status(STATUS_SUCCESS)

STATUSES: dict[PeerStatus, Status] = {
    PeerStatus.AUTHENTICATION_FAILED: Status(STATUS_RESPONDER, STATUS_AUTHN_FAILED),
    PeerStatus.NO_PASSIVE: Status(STATUS_RESPONDER, STATUS_NO_PASSIVE),
    PeerStatus.NO_AUTHENTICATION_CONTEXT: Status(STATUS_RESPONDER, STATUS_NO_AUTHN_CONTEXT),
    PeerStatus.NO_AVAILABLE_IDP: Status(STATUS_RESPONDER, STATUS_NO_AVAILABLE_IDP),
    PeerStatus.PROXY_COUNT_EXCEEDED: Status(STATUS_RESPONDER, STATUS_PROXY_COUNT_EXCEEDED),
    PeerStatus.INVALID_NAME_ID_POLICY: Status(STATUS_REQUESTER, STATUS_INVALID_NAMEID_POLICY),
    PeerStatus.UNSUPPORTED_REQUEST: Status(STATUS_REQUESTER, STATUS_REQUEST_UNSUPPORTED),
    PeerStatus.REQUEST_DENIED: Status(STATUS_RESPONDER, STATUS_REQUEST_DENIED),
    PeerStatus.TEMPORARILY_UNAVAILABLE: Status(STATUS_RESPONDER),
}
