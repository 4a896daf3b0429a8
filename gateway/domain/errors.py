"""The one error type, and the catalogue that says what each code means to whom.

The person sees plain words and a reference, the peer a standard status; only the log has the cause. Texts are the
pages' (`gateway/pages/texts`), wire codes the protocols' (`gateway/saml/status.py`).
"""

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


class ErrorCode(StrEnum):
    """Stable codes: they stand in logs, metrics, pages and documentation."""

    # A request of a service.
    REQUEST_MISSING = auto()
    REQUEST_TOO_LARGE = auto()
    REQUEST_MALFORMED = auto()
    REQUEST_SERVICE_UNKNOWN = auto()
    REQUEST_SERVICE_METADATA_EXPIRED = auto()
    REQUEST_ALGORITHM = auto()
    REQUEST_SIGNATURE_MISSING = auto()
    REQUEST_SIGNATURE_INVALID = auto()
    REQUEST_DESTINATION = auto()
    REQUEST_STALE = auto()
    REQUEST_ACS_UNKNOWN = auto()
    REQUEST_RETURN_UNKNOWN = auto()
    REQUEST_RELAY_STATE = auto()
    REQUEST_UNSUPPORTED = auto()
    REQUEST_NAME_ID_POLICY = auto()
    REQUEST_AUTHENTICATION_CONTEXT = auto()
    REQUEST_PROXY_COUNT = auto()
    REQUEST_NO_PASSIVE = auto()
    REQUEST_NO_AVAILABLE_IDP = auto()
    REQUEST_REDIRECT_URI = auto()
    REQUEST_RESPONSE_TYPE = auto()
    REQUEST_SCOPE = auto()
    REQUEST_PKCE = auto()
    REQUEST_OBJECT = auto()
    REQUEST_OBJECT_INVALID = auto()
    REQUEST_OBJECT_BY_REFERENCE = auto()
    REQUEST_URI_UNKNOWN = auto()
    REQUEST_REGISTRATION = auto()
    REQUEST_CONSENT = auto()
    REQUEST_OTHER_PERSON = auto()

    # A client of OpenID Connect behind the browser's back.
    CLIENT_AUTHENTICATION = auto()
    CLIENT_NOT_ALLOWED = auto()
    GRANT_UNSUPPORTED = auto()
    GRANT_INVALID = auto()
    PROOF_INVALID = auto()
    PROOF_NONCE = auto()
    TOKEN_MISSING = auto()
    TOKEN_INVALID = auto()
    TOKEN_SCOPE = auto()

    # An administration that provisions the vault.
    API_CONTENT_TYPE = auto()
    API_ENTRY_UNKNOWN = auto()
    API_ENTRY_CHANGED = auto()
    API_ENTRIES_REFUSED = auto()

    # An answer of an identity provider.
    RESPONSE_MISSING = auto()
    RESPONSE_TOO_LARGE = auto()
    RESPONSE_MALFORMED = auto()
    RESPONSE_SCHEMA = auto()
    RESPONSE_ENCRYPTED = auto()
    RESPONSE_ASSERTIONS = auto()
    RESPONSE_ALGORITHM = auto()
    RESPONSE_SIGNATURE_MISSING = auto()
    RESPONSE_SIGNATURE_INVALID = auto()
    RESPONSE_ISSUER = auto()
    RESPONSE_IDP_METADATA_EXPIRED = auto()
    RESPONSE_DESTINATION = auto()
    RESPONSE_RECIPIENT = auto()
    RESPONSE_AUDIENCE = auto()
    RESPONSE_CONDITIONS = auto()
    RESPONSE_REQUEST = auto()
    RESPONSE_UNSOLICITED = auto()
    RESPONSE_TOO_EARLY = auto()
    RESPONSE_EXPIRED = auto()
    RESPONSE_REPLAYED = auto()
    RESPONSE_AUTHENTICATION_CONTEXT = auto()
    RESPONSE_NOT_FRESH = auto()
    RESPONSE_USERINFO = auto()
    IDP_REFUSED = auto()
    IDP_CANCELLED = auto()
    IDP_NO_PASSIVE = auto()
    IDP_NO_AUTHENTICATION_CONTEXT = auto()
    IDP_UNREACHABLE = auto()
    IDP_TOKEN_REFUSED = auto()

    # The login itself.
    LOGIN_UNKNOWN = auto()
    LOGIN_OTHER_BROWSER = auto()
    LOGIN_FINISHED = auto()
    LOGIN_SCHOOL_UNKNOWN = auto()
    LOGIN_LOGGED_OUT = auto()
    LOGIN_LOOP = auto()
    ASSURANCE_UNMET = auto()

    # A logout.
    LOGOUT_MALFORMED = auto()
    LOGOUT_SENDER_UNKNOWN = auto()
    LOGOUT_SIGNATURE = auto()
    LOGOUT_DESTINATION = auto()
    LOGOUT_STALE = auto()
    LOGOUT_REPLAYED = auto()
    LOGOUT_UNEXPECTED = auto()

    # What the school sent.
    ACCOUNT_MISSING = auto()
    SCOPE_FOREIGN = auto()
    BRIN_MISSING = auto()
    BRIN_MALFORMED = auto()
    BRIN_UNKNOWN = auto()
    BRIN_AMBIGUOUS = auto()
    ROLE_MISSING = auto()
    ROLE_CONTRADICTORY = auto()
    ECK_ID_MALFORMED = auto()
    ECK_ID_CONTRADICTORY = auto()
    ECK_ID_REQUIRED = auto()
    ECK_ID_HELD = auto()
    FALLBACK_MISSING = auto()
    INSTITUTION_UNREACHABLE = auto()

    # A user-held identity.
    USER_HELD_FORBIDDEN = auto()
    USER_HELD_REQUIRED = auto()
    USER_HELD_MINOR = auto()
    USER_HELD_SCHOOL_MISSING = auto()
    USER_HELD_NOT_KNOWN = auto()

    CONSENT_NEEDED = auto()
    CONSENT_REFUSED = auto()

    # A link of two accounts.
    LINK_NEEDED = auto()
    LINK_STALE = auto()
    LINK_SUSPENDED = auto()
    LINK_TAKEN = auto()
    LINK_OTHER_SCHOOL = auto()
    LINK_CLOSED = auto()
    LINK_STOPPED = auto()
    LINK_WITHOUT_ECK_ID = auto()
    LINK_OTHER_PERSON = auto()

    # The decision.
    AGREEMENT_MISSING = auto()
    AGREEMENT_NOT_YET = auto()
    AGREEMENT_EXPIRED = auto()
    AGREEMENT_SUSPENDED = auto()
    AGREEMENT_NOT_COVERING = auto()

    # The gateway.
    PAGE_UNKNOWN = auto()
    SERVICE_WITHOUT_START = auto()
    METHOD_NOT_ALLOWED = auto()
    STORE_UNAVAILABLE = auto()
    LEDGER_UNAVAILABLE = auto()
    INTERNAL = auto()


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """What the catalogue says of a code: HTTP status of its page, who must act, what the service is told."""

    http_status: int
    audience: Audience
    peer: PeerStatus


def _kinds(http_status: int, audience: Audience, peer: PeerStatus, *codes: ErrorCode) -> dict[ErrorCode, ErrorKind]:
    return dict.fromkeys(codes, ErrorKind(http_status, audience, peer))


_C, _A, _P = ErrorCode, Audience, PeerStatus

CATALOGUE: dict[ErrorCode, ErrorKind] = {
    **_kinds(
        400,
        _A.SERVICE,
        _P.UNSUPPORTED_REQUEST,
        _C.REQUEST_MISSING,
        _C.REQUEST_MALFORMED,
        _C.REQUEST_ALGORITHM,
        _C.REQUEST_DESTINATION,
        _C.REQUEST_STALE,
        _C.REQUEST_RETURN_UNKNOWN,
        _C.REQUEST_ACS_UNKNOWN,
        _C.REQUEST_RELAY_STATE,
        _C.REQUEST_UNSUPPORTED,
        _C.REQUEST_REDIRECT_URI,
        _C.REQUEST_RESPONSE_TYPE,
        _C.REQUEST_SCOPE,
        _C.REQUEST_PKCE,
        _C.REQUEST_OBJECT,
        _C.REQUEST_OBJECT_INVALID,
        _C.REQUEST_OBJECT_BY_REFERENCE,
        _C.REQUEST_REGISTRATION,
        _C.GRANT_UNSUPPORTED,
    ),
    **_kinds(400, _A.PERSON, _P.UNSUPPORTED_REQUEST, _C.REQUEST_URI_UNKNOWN),
    **_kinds(
        400,
        _A.SERVICE,
        _P.REQUEST_DENIED,
        _C.REQUEST_CONSENT,
        _C.CLIENT_NOT_ALLOWED,
        _C.GRANT_INVALID,
        _C.PROOF_INVALID,
        _C.PROOF_NONCE,
    ),
    **_kinds(401, _A.SERVICE, _P.REQUEST_DENIED, _C.CLIENT_AUTHENTICATION, _C.TOKEN_MISSING, _C.TOKEN_INVALID),
    **_kinds(403, _A.SERVICE, _P.REQUEST_DENIED, _C.TOKEN_SCOPE),
    **_kinds(415, _A.SCHOOL, _P.UNSUPPORTED_REQUEST, _C.API_CONTENT_TYPE),
    **_kinds(404, _A.SCHOOL, _P.UNSUPPORTED_REQUEST, _C.API_ENTRY_UNKNOWN),
    **_kinds(412, _A.SCHOOL, _P.UNSUPPORTED_REQUEST, _C.API_ENTRY_CHANGED),
    **_kinds(422, _A.SCHOOL, _P.UNSUPPORTED_REQUEST, _C.API_ENTRIES_REFUSED),
    **_kinds(403, _A.PERSON, _P.NO_PASSIVE, _C.REQUEST_OTHER_PERSON),
    **_kinds(413, _A.SERVICE, _P.UNSUPPORTED_REQUEST, _C.REQUEST_TOO_LARGE),
    **_kinds(
        403,
        _A.SERVICE,
        _P.REQUEST_DENIED,
        _C.REQUEST_SERVICE_UNKNOWN,
        _C.REQUEST_SIGNATURE_MISSING,
        _C.REQUEST_SIGNATURE_INVALID,
    ),
    **_kinds(403, _A.OPERATOR, _P.REQUEST_DENIED, _C.REQUEST_SERVICE_METADATA_EXPIRED),
    **_kinds(400, _A.SERVICE, _P.INVALID_NAME_ID_POLICY, _C.REQUEST_NAME_ID_POLICY),
    **_kinds(400, _A.SERVICE, _P.NO_AUTHENTICATION_CONTEXT, _C.REQUEST_AUTHENTICATION_CONTEXT),
    **_kinds(400, _A.SERVICE, _P.PROXY_COUNT_EXCEEDED, _C.REQUEST_PROXY_COUNT),
    **_kinds(400, _A.SERVICE, _P.NO_PASSIVE, _C.REQUEST_NO_PASSIVE),
    **_kinds(400, _A.SERVICE, _P.NO_AVAILABLE_IDP, _C.REQUEST_NO_AVAILABLE_IDP),
    **_kinds(400, _A.PERSON, _P.AUTHENTICATION_FAILED, _C.RESPONSE_MISSING),
    **_kinds(413, _A.SCHOOL, _P.AUTHENTICATION_FAILED, _C.RESPONSE_TOO_LARGE),
    **_kinds(
        403,
        _A.SCHOOL,
        _P.AUTHENTICATION_FAILED,
        _C.RESPONSE_MALFORMED,
        _C.RESPONSE_SCHEMA,
        _C.RESPONSE_ENCRYPTED,
        _C.RESPONSE_ASSERTIONS,
        _C.RESPONSE_ALGORITHM,
        _C.RESPONSE_SIGNATURE_MISSING,
        _C.RESPONSE_SIGNATURE_INVALID,
        _C.RESPONSE_ISSUER,
        _C.RESPONSE_DESTINATION,
        _C.RESPONSE_RECIPIENT,
        _C.RESPONSE_AUDIENCE,
        _C.RESPONSE_CONDITIONS,
        _C.RESPONSE_REQUEST,
        _C.RESPONSE_UNSOLICITED,
        _C.RESPONSE_TOO_EARLY,
        _C.RESPONSE_USERINFO,
    ),
    **_kinds(
        403,
        _A.PERSON,
        _P.AUTHENTICATION_FAILED,
        _C.RESPONSE_EXPIRED,
        _C.RESPONSE_REPLAYED,
        _C.IDP_REFUSED,
        _C.IDP_CANCELLED,
    ),
    **_kinds(403, _A.OPERATOR, _P.AUTHENTICATION_FAILED, _C.RESPONSE_IDP_METADATA_EXPIRED),
    **_kinds(403, _A.PERSON, _P.NO_PASSIVE, _C.IDP_NO_PASSIVE),
    **_kinds(
        403,
        _A.SCHOOL,
        _P.NO_AUTHENTICATION_CONTEXT,
        _C.RESPONSE_AUTHENTICATION_CONTEXT,
        _C.RESPONSE_NOT_FRESH,
        _C.IDP_NO_AUTHENTICATION_CONTEXT,
        _C.ASSURANCE_UNMET,
    ),
    **_kinds(
        400, _A.PERSON, _P.AUTHENTICATION_FAILED, _C.LOGIN_UNKNOWN, _C.LOGIN_OTHER_BROWSER, _C.LOGIN_SCHOOL_UNKNOWN
    ),
    **_kinds(409, _A.PERSON, _P.AUTHENTICATION_FAILED, _C.LOGIN_FINISHED, _C.LOGIN_LOGGED_OUT),
    **_kinds(
        400,
        _A.SERVICE,
        _P.UNSUPPORTED_REQUEST,
        _C.LOGOUT_MALFORMED,
        _C.LOGOUT_DESTINATION,
        _C.LOGOUT_STALE,
        _C.LOGOUT_REPLAYED,
        _C.LOGOUT_UNEXPECTED,
    ),
    **_kinds(403, _A.SERVICE, _P.REQUEST_DENIED, _C.LOGOUT_SENDER_UNKNOWN, _C.LOGOUT_SIGNATURE),
    **_kinds(429, _A.SERVICE, _P.TEMPORARILY_UNAVAILABLE, _C.LOGIN_LOOP),
    **_kinds(
        403,
        _A.SCHOOL,
        _P.AUTHENTICATION_FAILED,
        _C.ACCOUNT_MISSING,
        _C.SCOPE_FOREIGN,
        _C.BRIN_MISSING,
        _C.BRIN_MALFORMED,
        _C.BRIN_UNKNOWN,
        _C.BRIN_AMBIGUOUS,
        _C.ROLE_MISSING,
        _C.ROLE_CONTRADICTORY,
        _C.ECK_ID_MALFORMED,
        _C.ECK_ID_CONTRADICTORY,
    ),
    **_kinds(
        403,
        _A.SCHOOL,
        _P.REQUEST_DENIED,
        _C.ECK_ID_REQUIRED,
        _C.ECK_ID_HELD,
        _C.FALLBACK_MISSING,
        _C.AGREEMENT_MISSING,
        _C.AGREEMENT_NOT_YET,
        _C.AGREEMENT_EXPIRED,
        _C.AGREEMENT_SUSPENDED,
        _C.AGREEMENT_NOT_COVERING,
    ),
    **_kinds(
        403,
        _A.PERSON,
        _P.REQUEST_DENIED,
        _C.USER_HELD_FORBIDDEN,
        _C.USER_HELD_REQUIRED,
        _C.USER_HELD_MINOR,
        _C.USER_HELD_NOT_KNOWN,
        _C.LINK_NEEDED,
        _C.LINK_STALE,
        _C.LINK_OTHER_SCHOOL,
        _C.LINK_CLOSED,
        _C.LINK_STOPPED,
        _C.LINK_OTHER_PERSON,
        _C.CONSENT_REFUSED,
    ),
    **_kinds(403, _A.PERSON, _P.NO_PASSIVE, _C.CONSENT_NEEDED),
    **_kinds(403, _A.SCHOOL, _P.REQUEST_DENIED, _C.LINK_SUSPENDED, _C.LINK_WITHOUT_ECK_ID),
    **_kinds(409, _A.PERSON, _P.REQUEST_DENIED, _C.LINK_TAKEN),
    **_kinds(400, _A.PERSON, _P.AUTHENTICATION_FAILED, _C.USER_HELD_SCHOOL_MISSING),
    **_kinds(502, _A.SCHOOL, _P.TEMPORARILY_UNAVAILABLE, _C.INSTITUTION_UNREACHABLE),
    **_kinds(502, _A.PERSON, _P.TEMPORARILY_UNAVAILABLE, _C.IDP_UNREACHABLE),
    **_kinds(502, _A.OPERATOR, _P.AUTHENTICATION_FAILED, _C.IDP_TOKEN_REFUSED),
    **_kinds(404, _A.PERSON, _P.UNSUPPORTED_REQUEST, _C.PAGE_UNKNOWN),
    **_kinds(404, _A.SERVICE, _P.UNSUPPORTED_REQUEST, _C.SERVICE_WITHOUT_START),
    **_kinds(405, _A.PERSON, _P.UNSUPPORTED_REQUEST, _C.METHOD_NOT_ALLOWED),
    **_kinds(503, _A.OPERATOR, _P.TEMPORARILY_UNAVAILABLE, _C.STORE_UNAVAILABLE, _C.LEDGER_UNAVAILABLE),
    **_kinds(500, _A.OPERATOR, _P.TEMPORARILY_UNAVAILABLE, _C.INTERNAL),
}


class SluisError(Exception):
    """A login or request that cannot go on.

    `hint` helps the one who must act and may be shown to them: constants and configuration names, never a value
    of a person. `cause`, a sentence or an exception, is for the log alone; it holds no attribute value either.
    """

    def __init__(self, code: ErrorCode, *, hint: str = "", cause: str | BaseException = "") -> None:
        super().__init__(code, hint)
        self.code = code
        self.hint = hint
        self.cause = cause

    @property
    def kind(self) -> ErrorKind:
        """What the catalogue says of this error."""
        return CATALOGUE[self.code]
