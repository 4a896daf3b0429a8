"""What a known client wishes. A wish that cannot be met is an error, never ignored (OpenID Connect Core 3.1.2.1)."""

import re
from datetime import timedelta

from gateway.domain.clock import dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import Language, looked_up
from gateway.federation.hinted import MAX_HINT, hinted_provider, hinted_school
from gateway.federation.models import IdpId
from gateway.oidc.op.incoming import Incoming
from gateway.oidc.op.parameters import Parameters
from gateway.oidc.op.requested_claims import read_claims
from gateway.oidc.op.scopes import OPENID, SCOPES

MAX_STATE = 2048
"""Characters of `state` and of `nonce`; they come back as they are."""
MAX_CONTEXTS = 20
_VISIBLE = re.compile(r"[\x20-\x7e]+", re.ASCII)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_THUMBPRINT = _CHALLENGE
"""Both are a SHA-256 in base64url."""
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_YEAR = 366 * 86400
_EXTENSIONS = {
    "authorization_details": "rich authorization requests (RFC 9396)",
    "resource": "resource indicators (RFC 8707)",
}


def check_state(incoming: Incoming) -> None:
    """`state` can be given back untouched (RFC 6749 A.5)."""
    if "state" not in incoming.parameters.doubled:
        incoming.state = echoed(incoming.parameters, "state")


def check_response_mode(incoming: Incoming) -> None:
    """The answer goes in the query, or by a form (OAuth 2.0 Form Post Response Mode); known before any other error."""
    mode = incoming.parameters.get("response_mode") or "query"
    if mode not in ("query", "form_post") or "response_mode" in incoming.parameters.doubled:
        raise SluisError(ErrorCode.REQUEST_UNSUPPORTED, hint="response_mode is query or form_post")
    incoming.form_post = mode == "form_post"


def check_doubled(incoming: Incoming) -> None:
    """No parameter stands there twice (RFC 6749 3.1): readers disagree about which of two counts."""
    incoming.parameters.check_once()


def check_pushed_where_needed(incoming: Incoming) -> None:
    """A client whose entry says so pushes every request (RFC 9126 6)."""
    if incoming.client.require_pushed and not incoming.pushed:
        raise SluisError(ErrorCode.REQUEST_UNSUPPORTED, hint="this client pushes its requests (RFC 9126)")


def check_signed_where_needed(incoming: Incoming) -> None:
    """A client whose entry says so signs every request (RFC 9101 10.5)."""
    if incoming.client.require_signed and not incoming.signed:
        raise SluisError(ErrorCode.REQUEST_UNSUPPORTED, hint="this client signs its requests (RFC 9101)")


def check_request_object(incoming: Incoming) -> None:
    """No request object of a client without keys, and none by an address that we would have to fetch."""
    if "request" in incoming.parameters:
        raise SluisError(ErrorCode.REQUEST_OBJECT, hint="this client has no keys here to sign a request with")
    if "request_uri" in incoming.parameters:
        raise SluisError(ErrorCode.REQUEST_OBJECT_BY_REFERENCE, hint="a request_uri is one of a pushed request")
    if "registration" in incoming.parameters:
        raise SluisError(ErrorCode.REQUEST_REGISTRATION, hint="the operator registers clients")


def check_response_type(incoming: Incoming) -> None:
    """Only `code`: tokens never travel through the browser (RFC 9700 2.1.2)."""
    asked = incoming.parameters.get("response_type")
    if asked is None:
        raise SluisError(ErrorCode.REQUEST_MISSING, hint="response_type is missing")
    if asked != "code":
        raise SluisError(ErrorCode.REQUEST_RESPONSE_TYPE, hint="response_type is code")


def check_code_challenge(incoming: Incoming) -> None:
    """PKCE with S256, whoever asks (RFC 7636 4.3, RFC 9700 2.1.1); without a method it would be `plain`."""
    challenge = incoming.parameters.get("code_challenge")
    if challenge is None:
        raise SluisError(ErrorCode.REQUEST_PKCE, hint="code_challenge is missing")
    if incoming.parameters.get("code_challenge_method") != "S256":
        raise SluisError(ErrorCode.REQUEST_PKCE, hint="code_challenge_method is S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise SluisError(ErrorCode.REQUEST_PKCE, hint="code_challenge is 43 characters of base64url")
    incoming.challenge = challenge


def check_scope(incoming: Incoming) -> None:
    """`openid` is asked for; scopes that are not known here are left out of what is granted (RFC 6749 3.3)."""
    asked = incoming.parameters.words("scope")
    if OPENID not in asked:
        raise SluisError(ErrorCode.REQUEST_SCOPE, hint="scope holds openid")
    incoming.scopes = tuple(scope for scope in asked if scope in SCOPES)


def check_nonce(incoming: Incoming) -> None:
    """`nonce` can be given back untouched, in the ID token."""
    incoming.nonce = echoed(incoming.parameters, "nonce")


def check_prompt(incoming: Incoming) -> None:
    """`none` alone means no page at all; `login` and `select_account` a new login, the latter after a choice of school.

    `consent` cannot be had: consent to a release is the school's agreement, and nothing a person can give here.
    """
    asked = incoming.parameters.words("prompt")
    if not _PROMPTS.issuperset(asked):
        raise SluisError(ErrorCode.REQUEST_UNSUPPORTED, hint="prompt is none, login or select_account")
    if "none" in asked and len(asked) > 1:
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="prompt=none goes with no other value")
    if "consent" in asked:
        raise SluisError(ErrorCode.REQUEST_CONSENT, hint="what goes is agreed with the school, not asked of the person")
    incoming.passive = "none" in asked
    incoming.choose = "select_account" in asked
    incoming.force = incoming.choose or "login" in asked


def check_max_age(incoming: Incoming) -> None:
    """The person logged in at most so many seconds ago; a session may know that, and a school is asked to ask anew.

    0 is what `prompt=login` is (3.1.2.1), however close to now a school says that it was.
    """
    asked = incoming.parameters.get("max_age")
    if asked is None:
        return
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 9):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="max_age is a number of seconds")
    incoming.fresh_since = incoming.now - timedelta(seconds=min(int(asked), _YEAR))
    incoming.force = incoming.force or int(asked) == 0


def check_claims(incoming: Incoming) -> None:
    """`claims` is the JSON of OpenID Connect Core 5.5; `acr` and `sub` in it bind the login itself."""
    text = incoming.parameters.get("claims")
    if text is None:
        return
    asked = read_claims(text)
    incoming.userinfo, incoming.id_token = asked.userinfo, asked.id_token
    incoming.subject = asked.subject
    incoming.contexts, incoming.essential = asked.contexts, asked.essential


def check_acr_values(incoming: Incoming) -> None:
    """`acr_values` is a wish by order; an essential `acr` in `claims` goes before it."""
    asked = incoming.parameters.words("acr_values")
    if len(asked) > MAX_CONTEXTS:
        raise SluisError(ErrorCode.REQUEST_AUTHENTICATION_CONTEXT, hint=f"at most {MAX_CONTEXTS} acr_values")
    if asked and not incoming.essential:
        incoming.contexts = asked


def check_id_token_hint(incoming: Incoming) -> None:
    """An ID token of ours for this client, expired or not: its person, or nobody."""
    hint = incoming.parameters.get("id_token_hint")
    if hint is None:
        return
    claims = incoming.signer.own(hint)
    meant = {"iss": incoming.issuer, "aud": incoming.client.client_id}
    if claims is None or not meant.items() <= claims.items() or not isinstance(claims.get("sub"), str):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="id_token_hint is no ID token of this provider and client")
    if incoming.subject not in (None, claims["sub"]):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="id_token_hint and claims name two persons")
    incoming.subject = claims["sub"]


def check_login_hint(incoming: Incoming) -> None:
    """`login_hint` names a school: its BRIN or domain, an identity provider by id or entity id; or `someone@domain`.

    Who is named in front of the domain is passed over, and neither kept nor told to anybody. A hint that says nothing
    here leads to discovery; one beside `select_account` as well. An identity provider of several schools is a limit.
    """
    hint = incoming.parameters.get("login_hint")
    if hint is None or len(hint) > MAX_HINT or incoming.choose:
        return
    named, federation = hint.rpartition("@")[2].strip(), incoming.federation
    incoming.school = hinted_school(federation, school=named) or hinted_school(federation, idp=named)
    provider = None if incoming.school else _provider(incoming, named)
    incoming.idps = (provider,) if provider else ()


def check_school(incoming: Incoming) -> None:
    """`school` and `idp`, which are this gateway's own, say what `login_hint` does, and go before it."""
    school, idp = incoming.parameters.get("school") or "", incoming.parameters.get("idp") or ""
    named = hinted_school(incoming.federation, school=school, idp=idp)
    provider = None if named else _provider(incoming, idp)
    if (named or provider) and not incoming.choose:
        incoming.school, incoming.idps = named, (provider,) if provider else ()


def _provider(incoming: Incoming, idp: str) -> IdpId | None:
    return hinted_provider(incoming.federation, idp, incoming.service.id, dutch_day(incoming.now))


def check_ui_locales(incoming: Incoming) -> None:
    """The first language of `ui_locales` that the pages have; a wish, so no error when there is none."""
    wanted = (looked_up(tag, tuple(Language)) for tag in incoming.parameters.words("ui_locales"))
    incoming.language = next((language for language in wanted if language is not None), None)


def check_dpop_jkt(incoming: Incoming) -> None:
    """`dpop_jkt` names the DPoP key that is to exchange the code; a proof of it says the same (RFC 9449 10)."""
    thumbprint = incoming.parameters.get("dpop_jkt")
    if thumbprint is not None and not _THUMBPRINT.fullmatch(thumbprint):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="dpop_jkt is 43 characters of base64url")
    if incoming.proven is not None and thumbprint not in (None, incoming.proven):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="dpop_jkt is not the key of the DPoP proof")
    incoming.dpop_jkt = thumbprint or incoming.proven


def check_extensions(incoming: Incoming) -> None:
    """Extensions that would change what is granted are refused; whatever else is unknown says nothing (3.1.2.1)."""
    for name, what in _EXTENSIONS.items():
        if name in incoming.parameters:
            raise SluisError(ErrorCode.REQUEST_UNSUPPORTED, hint=f"{name}: no {what}")


def echoed(parameters: Parameters, name: str) -> str | None:
    """A parameter that comes back as it is. Raises SluisError REQUEST_MALFORMED for one that cannot."""
    value = parameters.get(name)
    if value is not None and (len(value) > MAX_STATE or not _VISIBLE.fullmatch(value)):
        raise SluisError(ErrorCode.REQUEST_MALFORMED, hint=f"{name}: at most {MAX_STATE} visible ASCII characters")
    return value
