"""Access tokens where they are used: UserInfo, introspection, revocation.

OpenID Connect Core 5.3, RFC 7662, RFC 7009, RFC 9449 7.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.errors import Audience, ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.federation.models import Service
from gateway.federation.snapshot import Federation
from gateway.login.kept import KeptLogins
from gateway.oidc.op.called import Called
from gateway.oidc.op.claims import asked_by_scopes, claims
from gateway.oidc.op.client_authentication import Clients
from gateway.oidc.op.grants import AccessToken, Grants
from gateway.oidc.op.scopes import OPENID
from gateway.oidc.op.sender_key import token_type
from gateway.oidc.op.senders import Senders
from gateway.oidc.op.signing import Claims, Signer
from gateway.oidc.op.transport import Transport

MAX_HEADER = 500


@dataclass(slots=True, repr=False)
class Presented:
    """A request with an access token, on its way through the checks."""

    transport: Transport
    federation: Federation
    grants: Grants
    senders: Senders

    scheme: str = ""
    token: str = ""
    """check_header."""
    access: AccessToken = field(init=False)
    """check_token."""
    service: Service = field(init=False)
    """check_service."""


def check_header(presented: Presented) -> None:
    """The token stands in the Authorization header: in a query or a form it would end up in logs (RFC 9700 4.3.2)."""
    authorization = presented.transport.authorization
    if authorization is None:
        raise SluisError(ErrorCode.TOKEN_MISSING)
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() not in _SCHEMES or len(token) > MAX_HEADER:
        raise SluisError(ErrorCode.TOKEN_INVALID, hint="Authorization: Bearer or DPoP, and the access token")
    presented.scheme, presented.token = _SCHEMES[scheme.lower()], token.strip()


def check_token(presented: Presented) -> None:
    """It is alive: given out here, not over, not revoked."""
    access = presented.grants.find_access_token(presented.token)
    if access is None:
        raise SluisError(ErrorCode.TOKEN_INVALID, hint="the access token is unknown, over or revoked")
    presented.access = access


def check_service(presented: Presented) -> None:
    """Its client is still a relying party of this federation."""
    service = presented.federation.services.get(presented.access.grant.service)
    if service is None or service.protocol is not Protocol.OIDC:
        raise SluisError(ErrorCode.TOKEN_INVALID, hint="the client left the federation")
    presented.service = service


def check_sender(presented: Presented) -> None:
    """It comes from whom it was given to, where it is bound to a key; and under the scheme that says so."""
    key = presented.access.grant.key
    if presented.scheme != token_type(key):
        raise SluisError(ErrorCode.TOKEN_INVALID, hint=f"this token is of type {token_type(key)}")
    if key is None:
        return
    client = presented.service.oidc
    if not presented.senders.proves(key, presented.transport, client, access_token=presented.token):
        raise SluisError(ErrorCode.TOKEN_INVALID, hint="the access token is bound to another key")


def check_scope(presented: Presented) -> None:
    """It was given for `openid`."""
    if OPENID not in presented.access.grant.scopes:
        raise SluisError(ErrorCode.TOKEN_SCOPE, hint="scope openid")


CHECKS: tuple[Callable[[Presented], None], ...] = (
    check_header,
    check_token,
    check_service,
    check_sender,
    check_scope,
)
"""In their order."""

_SCHEMES = {"bearer": "Bearer", "dpop": "DPoP"}
"""Schemes have no case (RFC 9110 11.1)."""


@dataclass(frozen=True, slots=True)
class UserInfo:
    """What is known of a person to one client, decided at this moment."""

    issuer: str
    federation: Federation
    grants: Grants
    kept: KeptLogins
    signer: Signer
    senders: Senders

    def answer(self, transport: Transport) -> Claims | str:
        """The claims, or a signed token of them where the client's entry says so.

        Raises SluisError TOKEN_* and PROOF_*.

        A release that is refused now, such as after an agreement that was suspended, ends the token: it yields nothing,
        not even `sub`.
        """
        presented = Presented(transport, self.federation, self.grants, self.senders)
        for check in CHECKS:
            check(presented)
        grant, service = presented.access.grant, presented.service
        try:
            outcome = self.kept.release(grant.session, service)
        except SluisError as refused:
            raise _over(refused) from refused
        if outcome.released.subject.pairwise != grant.subject:
            raise SluisError(ErrorCode.TOKEN_INVALID, hint="the person is known by another sub now: log in again")
        asked = asked_by_scopes(service, grant.scopes) | frozenset(grant.userinfo)
        told: Claims = {**claims(service, outcome.released, asked), "sub": grant.subject}
        algorithm = service.oidc.userinfo_algorithm
        if algorithm is None:
            return told
        return self.signer.sign({**told, "iss": self.issuer, "aud": service.oidc.client_id}, algorithm)


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """Introspection and revocation, for the client that a token was given to and nobody else."""

    issuer: str
    clients: Clients
    grants: Grants
    kept: KeptLogins

    def introspect(self, called: Called) -> dict[str, Any]:
        """What a token is good for (RFC 7662 2.2): never a claim of the person beyond `sub`. Raises SluisError."""
        self._authenticate(called)
        if called.client.public:
            raise SluisError(
                ErrorCode.CLIENT_NOT_ALLOWED, hint="introspection is for clients that can prove who they are"
            )
        token = called.parameters.values["token"]
        access = self.grants.find_access_token(token)
        if access is not None and access.grant.service == called.service.id:
            grant = access.grant
            return {
                "active": True,
                "scope": " ".join(grant.scopes),
                "client_id": called.client_id,
                "token_type": token_type(grant.key),
                "exp": access.expires,
                "iat": access.issued,
                "sub": grant.subject,
                "aud": called.client_id,
                "iss": self.issuer,
                **({} if grant.key is None else {"cnf": {grant.key.kind.value: grant.key.thumbprint}}),
            }
        return {"active": False}

    def revoke(self, called: Called) -> None:
        """Take a token back, and with it all that its login gave (RFC 7009 2.1). Raises SluisError.

        One that is unknown, or another client's, is no error: what the client wants is already so (2.2).
        """
        self._authenticate(called)
        token = called.parameters.values["token"]
        access = self.grants.find_access_token(token)
        grant = access.grant if access is not None else self.grants.find_refresh_token(token)
        if grant is not None and grant.service == called.service.id:
            self.grants.revoke(grant.session)
            self.kept.forget(grant.session)

    def _authenticate(self, called: Called) -> None:
        self.clients.authenticate(called)
        if "token" not in called.parameters:
            raise SluisError(ErrorCode.REQUEST_MISSING, hint="token is missing")


def _over(refused: SluisError) -> SluisError:
    if refused.kind.audience is Audience.OPERATOR:
        return refused
    return SluisError(ErrorCode.TOKEN_INVALID, hint=f"nothing is released any more: {refused.code}", cause=refused)
