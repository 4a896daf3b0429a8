"""The answer that a browser brings from an OpenID provider, before anything is done with it."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.federation.models import IdentityProvider, IdpId
from gateway.oidc.rp.providers import Providers

MAX_CODE = 4096
"""Characters. Entra's have 1 to 2 thousand."""

_MEANINGS = {
    "access_denied": ErrorCode.IDP_CANCELLED,
    "login_required": ErrorCode.IDP_NO_PASSIVE,
    "interaction_required": ErrorCode.IDP_NO_PASSIVE,
    "account_selection_required": ErrorCode.IDP_NO_PASSIVE,
    "consent_required": ErrorCode.IDP_NO_PASSIVE,
    "unmet_authentication_requirements": ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT,
    "temporarily_unavailable": ErrorCode.IDP_UNREACHABLE,
    "server_error": ErrorCode.IDP_UNREACHABLE,
}
"""`error` -> code (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6); any other is IDP_REFUSED."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """The parameters of an answer; None for one that is not there. `arrived_at` is whose redirect URI it came to."""

    arrived_at: IdpId
    code: str | None
    issuer: str | None
    error: str | None


def check_protocol(_: Answer, idp: IdentityProvider, __: Providers) -> None:
    """The identity provider that was asked speaks OpenID Connect: nobody else's answer arrives here."""
    if idp.protocol is not Protocol.OIDC:
        raise SluisError(ErrorCode.RESPONSE_ISSUER, hint=f"{idp.id} does not speak OpenID Connect")


def check_address(answer: Answer, idp: IdentityProvider, _: Providers) -> None:
    """RFC 9700 4.4.2.2: it came to the redirect URI of the one that was asked, and so from nobody else.

    A member of the federation that sends browsers on to another provider would be handed that one's code (mix-up).
    """
    if answer.arrived_at != idp.id:
        raise SluisError(ErrorCode.RESPONSE_ISSUER, hint="the answer came to the redirect URI of another provider")


def check_issuer(answer: Answer, idp: IdentityProvider, providers: Providers) -> None:
    """RFC 9207 2.4: `iss` is the provider that was asked, also of an error, and is there where it says that it is."""
    if answer.issuer is None and not providers.provider(idp.oidc.issuer).names_itself:
        return
    if answer.issuer != idp.oidc.issuer:
        raise SluisError(ErrorCode.RESPONSE_ISSUER, hint="iss of the answer")


def check_error(answer: Answer, _: IdentityProvider, __: Providers) -> None:
    """An answer that says no ends the login. Its description is not repeated: anybody can write one."""
    if answer.error is not None:
        raise SluisError(_MEANINGS.get(answer.error, ErrorCode.IDP_REFUSED), hint="", cause="error of the provider")


def check_code(answer: Answer, _: IdentityProvider, __: Providers) -> None:
    """RFC 6749 4.1.2: there is a code."""
    if not answer.code or len(answer.code) > MAX_CODE or not (answer.code.isascii() and answer.code.isprintable()):
        raise SluisError(ErrorCode.RESPONSE_MALFORMED, hint="code of the answer")


CHECKS: tuple[Callable[[Answer, IdentityProvider, Providers], None], ...] = (
    check_protocol,
    check_address,
    check_issuer,
    check_error,
    check_code,
)
