"""Which text belongs to which error. A person can act on few differences; the code on the page tells the rest."""

from dataclasses import dataclass

from gateway.domain.errors import ErrorCode

_SHARED: dict[str, tuple[ErrorCode, ...]] = {
    "request": (
        ErrorCode.REQUEST_TOO_LARGE,
        ErrorCode.REQUEST_MALFORMED,
        ErrorCode.REQUEST_ALGORITHM,
        ErrorCode.REQUEST_SIGNATURE_MISSING,
        ErrorCode.REQUEST_SIGNATURE_INVALID,
        ErrorCode.REQUEST_DESTINATION,
        ErrorCode.REQUEST_ACS_UNKNOWN,
        ErrorCode.REQUEST_RETURN_UNKNOWN,
        ErrorCode.REQUEST_RELAY_STATE,
        ErrorCode.REQUEST_UNSUPPORTED,
        ErrorCode.REQUEST_NAME_ID_POLICY,
        ErrorCode.REQUEST_AUTHENTICATION_CONTEXT,
        ErrorCode.REQUEST_PROXY_COUNT,
        ErrorCode.REQUEST_NO_PASSIVE,
        ErrorCode.REQUEST_INTERACTION,
        ErrorCode.REQUEST_REDIRECT_URI,
        ErrorCode.REQUEST_RESPONSE_TYPE,
        ErrorCode.REQUEST_SCOPE,
        ErrorCode.REQUEST_PKCE,
        ErrorCode.REQUEST_OBJECT,
        ErrorCode.REQUEST_OBJECT_INVALID,
        ErrorCode.REQUEST_OBJECT_BY_REFERENCE,
        ErrorCode.REQUEST_REGISTRATION,
        ErrorCode.REQUEST_CONSENT,
        ErrorCode.CLIENT_AUTHENTICATION,
        ErrorCode.CLIENT_NOT_ALLOWED,
        ErrorCode.GRANT_UNSUPPORTED,
        ErrorCode.GRANT_INVALID,
        ErrorCode.PROOF_INVALID,
        ErrorCode.PROOF_NONCE,
        ErrorCode.TOKEN_MISSING,
        ErrorCode.TOKEN_INVALID,
        ErrorCode.TOKEN_SCOPE,
        ErrorCode.API_CONTENT_TYPE,
        ErrorCode.API_ENTRY_UNKNOWN,
        ErrorCode.API_ENTRY_CHANGED,
        ErrorCode.API_ENTRIES_REFUSED,
    ),
    "request_stale": (ErrorCode.REQUEST_URI_UNKNOWN,),
    "request_nobody": (ErrorCode.REQUEST_NO_AVAILABLE_IDP,),
    "response": (
        ErrorCode.RESPONSE_TOO_LARGE,
        ErrorCode.RESPONSE_MALFORMED,
        ErrorCode.RESPONSE_SCHEMA,
        ErrorCode.RESPONSE_ENCRYPTED,
        ErrorCode.RESPONSE_ASSERTIONS,
        ErrorCode.RESPONSE_ALGORITHM,
        ErrorCode.RESPONSE_SIGNATURE_MISSING,
        ErrorCode.RESPONSE_SIGNATURE_INVALID,
        ErrorCode.RESPONSE_ISSUER,
        ErrorCode.RESPONSE_DESTINATION,
        ErrorCode.RESPONSE_RECIPIENT,
        ErrorCode.RESPONSE_AUDIENCE,
        ErrorCode.RESPONSE_CONDITIONS,
        ErrorCode.RESPONSE_REQUEST,
        ErrorCode.RESPONSE_UNSOLICITED,
        ErrorCode.RESPONSE_TOO_EARLY,
        ErrorCode.RESPONSE_USERINFO,
    ),
    "response_level": (
        ErrorCode.RESPONSE_AUTHENTICATION_CONTEXT,
        ErrorCode.RESPONSE_NOT_FRESH,
        ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT,
    ),
    "logout_refused": (
        ErrorCode.LOGOUT_MALFORMED,
        ErrorCode.LOGOUT_SENDER_UNKNOWN,
        ErrorCode.LOGOUT_SIGNATURE,
        ErrorCode.LOGOUT_DESTINATION,
        ErrorCode.LOGOUT_STALE,
        ErrorCode.LOGOUT_REPLAYED,
        ErrorCode.LOGOUT_UNEXPECTED,
    ),
    "idp_refused": (ErrorCode.IDP_CANCELLED, ErrorCode.IDP_NO_PASSIVE),
    "metadata_expired": (ErrorCode.REQUEST_SERVICE_METADATA_EXPIRED, ErrorCode.RESPONSE_IDP_METADATA_EXPIRED),
    "page_unknown": (ErrorCode.METHOD_NOT_ALLOWED,),
    "unavailable": (ErrorCode.STORE_UNAVAILABLE, ErrorCode.LEDGER_UNAVAILABLE),
}


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A page of this site to which a text sends the person, and the text of the button."""

    path: str
    text: str


_MINE = OwnPage("/me", "error.to_mine")
_WAYS: dict[ErrorCode, OwnPage] = {
    **dict.fromkeys(_SHARED["logout_refused"], OwnPage("/logout", "error.to_logout")),
    ErrorCode.LINK_TAKEN: _MINE,
    ErrorCode.LINK_STOPPED: _MINE,
}
_TEXTS = {code: text for text, codes in _SHARED.items() for code in codes}


def text_of(code: ErrorCode) -> str:
    """The name of the text, as in `error.<name>.title`: the code's own, or the one it shares."""
    return _TEXTS.get(code, code.value)


def way_of(code: ErrorCode) -> OwnPage | None:
    """Where on this site somebody can mend it themselves, where there is such a page."""
    return _WAYS.get(code)
