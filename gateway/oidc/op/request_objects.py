"""Request objects: authorization requests that the client signed (RFC 9101, by value; OpenID Connect Core 6.1)."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc.jwk import KeySet

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.clients import OidcClient
from gateway.oidc.op.client_keys import algorithms_of, check_times, header_of, verified_claims
from gateway.oidc.op.parameters import MAX_FIELDS, Parameters

MAX_SECONDS = 3600
"""How far in the future a request object may end."""
_TYPES = (None, "JWT", "oauth-authz-req+jwt")
_OF_THE_TOKEN = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})
"""Claims that say something of the object itself."""


class RequestObjects:
    """Reads what a client signed with one of its keys, for this provider and nobody else."""

    def __init__(self, *, keys: Mapping[str, KeySet], issuer: str, clock: Clock, skew: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._clock = clock
        self._skew = skew

    def read(self, text: str, client: OidcClient) -> Parameters:
        """The parameters in it, which alone count (6.3). Raises SluisError REQUEST_OBJECT_INVALID."""
        algorithms = algorithms_of(client)
        try:
            if header_of(text, algorithms).get("typ") not in _TYPES:
                raise _refused("typ is oauth-authz-req+jwt")
            keys = self._keys.get(client.client_id)
            claims = verified_claims(text, keys.keys if keys is not None else (), algorithms)
        except ValueError as cause:
            raise _refused(str(cause)) from cause
        if claims.get("iss") != client.client_id or claims.get("client_id") != client.client_id:
            raise _refused("iss and client_id are the client_id beside it")
        if claims.get("aud") not in (self._issuer, [self._issuer]):
            raise _refused("aud is the issuer, alone")
        if "sub" in claims:
            # RFC 9101 10.8: with one, it might be taken for the client's assertion
            raise _refused("there is no sub in it")
        try:
            check_times(claims, now=int(self._clock.now().timestamp()), longest=MAX_SECONDS, skew=self._skew)
        except ValueError as cause:
            raise _refused(str(cause)) from cause
        return _parameters(claims)


def _parameters(claims: dict[str, Any]) -> Parameters:
    asked = {name: value for name, value in claims.items() if name not in _OF_THE_TOKEN}
    if {"request", "request_uri"} & asked.keys():
        raise _refused("a request object holds no other one")
    if len(asked) > MAX_FIELDS:
        raise _refused(f"at most {MAX_FIELDS} parameters")
    if any("\0" in name for name in asked):
        raise _refused("no NUL in a parameter")
    values = {name: _text(name, value) for name, value in asked.items()}
    return Parameters({name: value for name, value in values.items() if value})


def _text(name: str, value: Any) -> str:
    """As it would stand in a form: numbers and, for `claims`, objects are JSON of their own (4)."""
    if isinstance(value, str) and "\0" not in value:
        return value
    if type(value) is int:
        return str(value)
    if name == "claims" and isinstance(value, dict):
        return json.dumps(value)
    raise _refused("its parameters are strings, numbers, and the object of claims")


def _refused(hint: str) -> SluisError:
    return SluisError(ErrorCode.REQUEST_OBJECT_INVALID, hint=f"request object: {hint}")
