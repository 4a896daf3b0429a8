"""What can be said of an error beside its code."""

from dataclasses import dataclass
from enum import StrEnum, auto


class Audience(StrEnum):
    """Who must act to mend it."""

    PERSON = auto()
    SCHOOL = auto()
    SERVICE = auto()
    OPERATOR = auto()


class PeerStatus(StrEnum):
    """What the service is told, in words that SAML and OAuth share; each protocol maps it to its own code."""

    AUTHENTICATION_FAILED = auto()
    NO_PASSIVE = auto()
    NO_AUTHENTICATION_CONTEXT = auto()
    NO_AVAILABLE_IDP = auto()
    PROXY_COUNT_EXCEEDED = auto()
    INVALID_NAME_ID_POLICY = auto()
    UNSUPPORTED_REQUEST = auto()
    REQUEST_DENIED = auto()
    TEMPORARILY_UNAVAILABLE = auto()


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """What the catalogue says of a code: HTTP status of its page, who must act, what the service is told."""

    http_status: int
    audience: Audience
    peer: PeerStatus
