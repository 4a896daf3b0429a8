"""What each code means: the HTTP status of its page, who must act, what the service is told."""

from gateway.domain.errors.codes import ErrorCode
from gateway.domain.errors.kinds import Audience, ErrorKind, PeerStatus

_Part = dict[ErrorCode, ErrorKind]

_REQUESTS: _Part = {
    ErrorCode.REQUEST_MISSING: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_TOO_LARGE: ErrorKind(413, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_MALFORMED: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_SERVICE_UNKNOWN: ErrorKind(403, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.REQUEST_SERVICE_METADATA_EXPIRED: ErrorKind(403, Audience.OPERATOR, PeerStatus.REQUEST_DENIED),
    ErrorCode.REQUEST_ALGORITHM: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_SIGNATURE_MISSING: ErrorKind(403, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.REQUEST_SIGNATURE_INVALID: ErrorKind(403, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.REQUEST_DESTINATION: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_STALE: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_ACS_UNKNOWN: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_RETURN_UNKNOWN: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_RELAY_STATE: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_UNSUPPORTED: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_NAME_ID_POLICY: ErrorKind(400, Audience.SERVICE, PeerStatus.INVALID_NAME_ID_POLICY),
    ErrorCode.REQUEST_AUTHENTICATION_CONTEXT: ErrorKind(400, Audience.SERVICE, PeerStatus.NO_AUTHENTICATION_CONTEXT),
    ErrorCode.REQUEST_PROXY_COUNT: ErrorKind(400, Audience.SERVICE, PeerStatus.PROXY_COUNT_EXCEEDED),
    ErrorCode.REQUEST_NO_PASSIVE: ErrorKind(400, Audience.SERVICE, PeerStatus.NO_PASSIVE),
    ErrorCode.REQUEST_INTERACTION: ErrorKind(400, Audience.SERVICE, PeerStatus.NO_PASSIVE),
    ErrorCode.REQUEST_NO_AVAILABLE_IDP: ErrorKind(400, Audience.SERVICE, PeerStatus.NO_AVAILABLE_IDP),
    ErrorCode.REQUEST_REDIRECT_URI: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_RESPONSE_TYPE: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_SCOPE: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_PKCE: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_OBJECT: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_OBJECT_INVALID: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_OBJECT_BY_REFERENCE: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_URI_UNKNOWN: ErrorKind(400, Audience.PERSON, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_REGISTRATION: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.REQUEST_CONSENT: ErrorKind(400, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.REQUEST_OTHER_PERSON: ErrorKind(403, Audience.PERSON, PeerStatus.NO_PASSIVE),
}

_CLIENTS: _Part = {
    ErrorCode.CLIENT_AUTHENTICATION: ErrorKind(401, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.CLIENT_NOT_ALLOWED: ErrorKind(400, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.GRANT_UNSUPPORTED: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.GRANT_INVALID: ErrorKind(400, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.PROOF_INVALID: ErrorKind(400, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.PROOF_NONCE: ErrorKind(400, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.TOKEN_MISSING: ErrorKind(401, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.TOKEN_INVALID: ErrorKind(401, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.TOKEN_SCOPE: ErrorKind(403, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
}

_ADMINISTRATIONS: _Part = {
    ErrorCode.API_CONTENT_TYPE: ErrorKind(415, Audience.SCHOOL, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.API_ENTRY_UNKNOWN: ErrorKind(404, Audience.SCHOOL, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.API_ENTRY_CHANGED: ErrorKind(412, Audience.SCHOOL, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.API_ENTRIES_REFUSED: ErrorKind(422, Audience.SCHOOL, PeerStatus.UNSUPPORTED_REQUEST),
}

_ANSWERS: _Part = {
    ErrorCode.RESPONSE_MISSING: ErrorKind(400, Audience.PERSON, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_TOO_LARGE: ErrorKind(413, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_MALFORMED: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_SCHEMA: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_ENCRYPTED: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_ASSERTIONS: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_ALGORITHM: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_SIGNATURE_MISSING: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_SIGNATURE_INVALID: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_ISSUER: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_IDP_METADATA_EXPIRED: ErrorKind(403, Audience.OPERATOR, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_DESTINATION: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_RECIPIENT: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_AUDIENCE: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_CONDITIONS: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_REQUEST: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_UNSOLICITED: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_TOO_EARLY: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_EXPIRED: ErrorKind(403, Audience.PERSON, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_REPLAYED: ErrorKind(403, Audience.PERSON, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.RESPONSE_AUTHENTICATION_CONTEXT: ErrorKind(403, Audience.SCHOOL, PeerStatus.NO_AUTHENTICATION_CONTEXT),
    ErrorCode.RESPONSE_NOT_FRESH: ErrorKind(403, Audience.SCHOOL, PeerStatus.NO_AUTHENTICATION_CONTEXT),
    ErrorCode.RESPONSE_USERINFO: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.IDP_REFUSED: ErrorKind(403, Audience.PERSON, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.IDP_CANCELLED: ErrorKind(403, Audience.PERSON, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.IDP_NO_PASSIVE: ErrorKind(403, Audience.PERSON, PeerStatus.NO_PASSIVE),
    ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT: ErrorKind(403, Audience.SCHOOL, PeerStatus.NO_AUTHENTICATION_CONTEXT),
    ErrorCode.IDP_UNREACHABLE: ErrorKind(502, Audience.PERSON, PeerStatus.TEMPORARILY_UNAVAILABLE),
    ErrorCode.IDP_TOKEN_REFUSED: ErrorKind(502, Audience.OPERATOR, PeerStatus.AUTHENTICATION_FAILED),
}

_LOGINS: _Part = {
    ErrorCode.LOGIN_UNKNOWN: ErrorKind(400, Audience.PERSON, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.LOGIN_OTHER_BROWSER: ErrorKind(400, Audience.PERSON, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.LOGIN_FINISHED: ErrorKind(409, Audience.PERSON, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.LOGIN_SCHOOL_UNKNOWN: ErrorKind(400, Audience.PERSON, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.LOGIN_LOGGED_OUT: ErrorKind(409, Audience.PERSON, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.LOGIN_LOOP: ErrorKind(429, Audience.SERVICE, PeerStatus.TEMPORARILY_UNAVAILABLE),
    ErrorCode.ASSURANCE_UNMET: ErrorKind(403, Audience.SCHOOL, PeerStatus.NO_AUTHENTICATION_CONTEXT),
}

_LOGOUTS: _Part = {
    ErrorCode.LOGOUT_MALFORMED: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.LOGOUT_SENDER_UNKNOWN: ErrorKind(403, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.LOGOUT_SIGNATURE: ErrorKind(403, Audience.SERVICE, PeerStatus.REQUEST_DENIED),
    ErrorCode.LOGOUT_DESTINATION: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.LOGOUT_STALE: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.LOGOUT_REPLAYED: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.LOGOUT_UNEXPECTED: ErrorKind(400, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
}

_SENT: _Part = {
    ErrorCode.ACCOUNT_MISSING: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.SCOPE_FOREIGN: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.BRIN_MISSING: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.BRIN_MALFORMED: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.BRIN_UNKNOWN: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.BRIN_AMBIGUOUS: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.ROLE_MISSING: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.ROLE_CONTRADICTORY: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.ECK_ID_MALFORMED: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.ECK_ID_CONTRADICTORY: ErrorKind(403, Audience.SCHOOL, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.ECK_ID_REQUIRED: ErrorKind(403, Audience.SCHOOL, PeerStatus.REQUEST_DENIED),
    ErrorCode.ECK_ID_HELD: ErrorKind(403, Audience.SCHOOL, PeerStatus.REQUEST_DENIED),
    ErrorCode.FALLBACK_MISSING: ErrorKind(403, Audience.SCHOOL, PeerStatus.REQUEST_DENIED),
    ErrorCode.INSTITUTION_UNREACHABLE: ErrorKind(502, Audience.SCHOOL, PeerStatus.TEMPORARILY_UNAVAILABLE),
}

_USER_HELD: _Part = {
    ErrorCode.USER_HELD_FORBIDDEN: ErrorKind(403, Audience.PERSON, PeerStatus.REQUEST_DENIED),
    ErrorCode.USER_HELD_REQUIRED: ErrorKind(403, Audience.PERSON, PeerStatus.REQUEST_DENIED),
    ErrorCode.USER_HELD_MINOR: ErrorKind(403, Audience.PERSON, PeerStatus.REQUEST_DENIED),
    ErrorCode.USER_HELD_SCHOOL_MISSING: ErrorKind(400, Audience.PERSON, PeerStatus.AUTHENTICATION_FAILED),
    ErrorCode.USER_HELD_NOT_KNOWN: ErrorKind(403, Audience.PERSON, PeerStatus.REQUEST_DENIED),
    ErrorCode.CONSENT_NEEDED: ErrorKind(403, Audience.PERSON, PeerStatus.NO_PASSIVE),
    ErrorCode.CONSENT_REFUSED: ErrorKind(403, Audience.PERSON, PeerStatus.REQUEST_DENIED),
}

_LINKS: _Part = {
    ErrorCode.LINK_NEEDED: ErrorKind(403, Audience.PERSON, PeerStatus.REQUEST_DENIED),
    ErrorCode.LINK_STALE: ErrorKind(403, Audience.PERSON, PeerStatus.REQUEST_DENIED),
    ErrorCode.LINK_SUSPENDED: ErrorKind(403, Audience.SCHOOL, PeerStatus.REQUEST_DENIED),
    ErrorCode.LINK_TAKEN: ErrorKind(409, Audience.PERSON, PeerStatus.REQUEST_DENIED),
    ErrorCode.LINK_OTHER_SCHOOL: ErrorKind(403, Audience.PERSON, PeerStatus.REQUEST_DENIED),
    ErrorCode.LINK_CLOSED: ErrorKind(403, Audience.PERSON, PeerStatus.REQUEST_DENIED),
    ErrorCode.LINK_STOPPED: ErrorKind(403, Audience.PERSON, PeerStatus.REQUEST_DENIED),
    ErrorCode.LINK_WITHOUT_ECK_ID: ErrorKind(403, Audience.SCHOOL, PeerStatus.REQUEST_DENIED),
    ErrorCode.LINK_OTHER_PERSON: ErrorKind(403, Audience.PERSON, PeerStatus.REQUEST_DENIED),
}

_DECISIONS: _Part = {
    ErrorCode.AGREEMENT_MISSING: ErrorKind(403, Audience.SCHOOL, PeerStatus.REQUEST_DENIED),
    ErrorCode.AGREEMENT_NOT_YET: ErrorKind(403, Audience.SCHOOL, PeerStatus.REQUEST_DENIED),
    ErrorCode.AGREEMENT_EXPIRED: ErrorKind(403, Audience.SCHOOL, PeerStatus.REQUEST_DENIED),
    ErrorCode.AGREEMENT_SUSPENDED: ErrorKind(403, Audience.SCHOOL, PeerStatus.REQUEST_DENIED),
    ErrorCode.AGREEMENT_NOT_COVERING: ErrorKind(403, Audience.SCHOOL, PeerStatus.REQUEST_DENIED),
}

_GATEWAY: _Part = {
    ErrorCode.PAGE_UNKNOWN: ErrorKind(404, Audience.PERSON, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.SERVICE_WITHOUT_START: ErrorKind(404, Audience.SERVICE, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.METHOD_NOT_ALLOWED: ErrorKind(405, Audience.PERSON, PeerStatus.UNSUPPORTED_REQUEST),
    ErrorCode.STORE_UNAVAILABLE: ErrorKind(503, Audience.OPERATOR, PeerStatus.TEMPORARILY_UNAVAILABLE),
    ErrorCode.LEDGER_UNAVAILABLE: ErrorKind(503, Audience.OPERATOR, PeerStatus.TEMPORARILY_UNAVAILABLE),
    ErrorCode.INTERNAL: ErrorKind(500, Audience.OPERATOR, PeerStatus.TEMPORARILY_UNAVAILABLE),
}

CATALOGUE: dict[ErrorCode, ErrorKind] = (
    _REQUESTS
    | _CLIENTS
    | _ADMINISTRATIONS
    | _ANSWERS
    | _LOGINS
    | _LOGOUTS
    | _SENT
    | _USER_HELD
    | _LINKS
    | _DECISIONS
    | _GATEWAY
)
