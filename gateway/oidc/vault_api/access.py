"""Who calls, and for which school: OAuth client credentials (RFC 6749 4.4) by key (RFC 7523) or certificate (RFC 8705).

A token is good for one school and for five minutes. One that was given for a certificate is bound to it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import Randomness
from gateway.federation.administrations import Administration
from gateway.federation.clients import ClientAuthentication, OidcClient
from gateway.oidc.op.assertions import ASSERTION_TYPE, Assertions, subject_of
from gateway.oidc.op.certificates import ClientCertificates, is_named, read_certificate, thumbprint
from gateway.oidc.op.parameters import Parameters
from gateway.storage.contracts import ShortLivedStore

SCOPE = "vault"
SECONDS = 300
_LONGEST_TOKEN = 200


@dataclass(frozen=True, slots=True)
class Access:
    """Gives tokens to administrations, and knows them by these again."""

    administrations: Mapping[str, Administration]
    assertions: Assertions
    certificates: ClientCertificates | None
    store: ShortLivedStore
    clock: Clock
    randomness: Randomness

    def token(self, asked: Parameters, certificate: str | None) -> dict[str, object]:
        """The token response (RFC 6749 5.1). Raises SluisError with what RFC 6749 5.2 has for it.

        `certificate` is that of the connection, as a trusted proxy wrote it.
        """
        asked.check_once()
        if asked.get("grant_type") != "client_credentials":
            raise SluisError(ErrorCode.GRANT_UNSUPPORTED, hint="grant_type is client_credentials")
        if asked.get("scope") not in (None, SCOPE):
            raise SluisError(ErrorCode.REQUEST_SCOPE, hint=f"scope is {SCOPE}")
        caller, bound = self._authenticated(asked, certificate)
        token = self.randomness.token()
        kept = json.dumps([caller.id, str(caller.school), bound]).encode()
        self.store.put(_key(token), kept, seconds=SECONDS)
        return {"access_token": token, "token_type": "Bearer", "expires_in": SECONDS, "scope": SCOPE}

    def caller(self, authorization: str | None, certificate: str | None) -> Administration:
        """Whose token this is. Raises SluisError TOKEN_MISSING or TOKEN_INVALID.

        An administration that has left the configuration, or its school, has no token any more.
        """
        if authorization is None:
            raise SluisError(ErrorCode.TOKEN_MISSING)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= _LONGEST_TOKEN:
            raise SluisError(ErrorCode.TOKEN_INVALID, hint="Authorization: Bearer, and the access token")
        found = self.store.get(_key(token))
        if found is None:
            raise SluisError(ErrorCode.TOKEN_INVALID, hint="the access token is unknown or over")
        name, school, bound, *_ = json.loads(found)
        caller = self.administrations.get(name)
        if caller is None or str(caller.school) != school:
            raise SluisError(ErrorCode.TOKEN_INVALID, hint="the administration left the configuration")
        if bound is not None and bound != _thumbprint(certificate):
            raise SluisError(ErrorCode.TOKEN_INVALID, hint="the access token is bound to another certificate")
        return caller

    def _authenticated(self, asked: Parameters, certificate: str | None) -> tuple[Administration, str | None]:
        assertion = asked.get("client_assertion")
        if assertion is None:
            return self._by_certificate(self._known(asked.get("client_id")), certificate)
        if asked.get("client_assertion_type") != ASSERTION_TYPE:
            raise SluisError(ErrorCode.REQUEST_MALFORMED, hint=f"client_assertion_type is {ASSERTION_TYPE}")
        caller = self._known(subject_of(assertion))
        if asked.get("client_id") not in (None, caller.id):
            raise SluisError(ErrorCode.REQUEST_MALFORMED, hint="client_id names another client")
        if caller.jwks is None:
            raise _refused("this client proves who it is by its certificate")
        self.assertions.check(assertion, _as_client(caller))
        return caller, None

    def _by_certificate(self, caller: Administration, header: str | None) -> tuple[Administration, str]:
        if caller.certificate_name is None:
            raise _refused("this client proves who it is by private_key_jwt")
        if self.certificates is None or header is None:
            raise _refused("no certificate")
        try:
            certificate = read_certificate(header)
            self.certificates.check(certificate, self.clock.now())
        except ValueError as cause:
            raise _refused(str(cause)) from cause
        if not is_named(certificate, caller.certificate_name):
            raise _refused("the certificate has another name in it")
        return caller, thumbprint(certificate)

    def _known(self, name: str | None) -> Administration:
        caller = self.administrations.get(name or "")
        if caller is None:
            raise _refused("client")
        return caller


def _as_client(caller: Administration) -> OidcClient:
    return OidcClient(caller.id, (), frozenset({ClientAuthentication.PRIVATE_KEY_JWT}), jwks=caller.jwks)


def _thumbprint(header: str | None) -> str | None:
    try:
        return thumbprint(read_certificate(header)) if header else None
    except ValueError:
        return None


def _key(token: str) -> str:
    return f"vault-token:{sha256(token.encode()).hexdigest()}"


def _refused(hint: str) -> SluisError:
    return SluisError(ErrorCode.CLIENT_AUTHENTICATION, hint=hint)
