"""Assertions by which a client with keys proves who it is (RFC 7523 3, OpenID Connect Core 9)."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from joserfc.jwk import KeySet

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.clients import OidcClient
from gateway.oidc.op.client_keys import algorithms_of, check_times, verified_claims
from gateway.storage.contracts import ShortLivedStore

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_SECONDS = 600
"""How far in the future an assertion may end: longer ones are not kept apart from replays."""
MAX_LENGTH = 8 * 1024
MAX_ID = 200


class Assertions:
    """Checks assertions of clients, and that each is used once. `audiences` are its names beside the issuer."""

    def __init__(
        self,
        *,
        keys: Mapping[str, KeySet],
        issuer: str,
        audiences: frozenset[str],
        store: ShortLivedStore,
        clock: Clock,
        skew: int,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audiences = audiences | {issuer}
        self._store = store
        self._clock = clock
        self._skew = skew

    def check(self, assertion: str, client: OidcClient) -> None:
        """Raises SluisError CLIENT_AUTHENTICATION, with what is wrong as hint."""
        claims = self._verified(assertion, client)
        if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
            raise _refused("iss and sub are the client_id")
        self._check_audience(claims.get("aud"), client)
        try:
            expires = check_times(claims, now=int(self._clock.now().timestamp()), longest=MAX_SECONDS, skew=self._skew)
        except ValueError as cause:
            raise _refused(str(cause)) from cause
        self._check_replay(claims.get("jti"), client, expires)

    def _verified(self, assertion: str, client: OidcClient) -> dict[str, Any]:
        """The claims, once a key of the client has signed them."""
        keys = self._keys.get(client.client_id)
        if keys is None:
            raise _refused("the client's keys are not known here; those at its jwks_uri could not be fetched yet")
        if len(assertion) > MAX_LENGTH:
            raise _refused(f"at most {MAX_LENGTH} characters")
        try:
            return verified_claims(assertion, keys.keys, algorithms_of(client))
        except ValueError as cause:
            raise _refused(str(cause)) from cause

    def _check_audience(self, audience: Any, client: OidcClient) -> None:
        """Meant for this provider and nobody else: what another may use as well, another may have got."""
        if client.fapi2:
            # FAPI 2.0 5.3.2.1: the issuer, as a string
            if audience != self._issuer:
                raise _refused("aud is the issuer, as a string")
            return
        named = audience if isinstance(audience, list) else [audience]
        if not named or any(not isinstance(one, str) or one not in self._audiences for one in named):
            raise _refused("aud is the issuer, or the address of the token endpoint, alone")

    def _check_replay(self, token_id: Any, client: OidcClient, expires: int) -> None:
        if not isinstance(token_id, str) or not 0 < len(token_id) <= MAX_ID:
            raise _refused(f"jti of at most {MAX_ID} characters")
        seconds = max(1, expires - int(self._clock.now().timestamp()) + self._skew + 1)
        if not self._store.add(f"assertion:{client.client_id}:{token_id}", b"1", seconds=seconds):
            raise _refused("this jti was used before")


def subject_of(assertion: str) -> str:
    """Whom an assertion says to be from; nothing is believed of it before `Assertions.check`."""
    try:
        payload = assertion.split(".")[1]
        claims = (
            json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) if len(assertion) <= MAX_LENGTH else {}
        )
        return str(claims["sub"])
    except (IndexError, ValueError, KeyError, TypeError, RecursionError):
        raise _refused("not a JWT with a sub") from None


def _refused(hint: str) -> SluisError:
    return SluisError(ErrorCode.CLIENT_AUTHENTICATION, hint=f"client assertion: {hint}")
