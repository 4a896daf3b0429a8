"""ID tokens (OpenID Connect Core 2): who logged in, when, how; of the person only what was asked for here by name."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256, sha384
from typing import Any

from gateway.federation.clients import OidcClient, SigningAlgorithm
from gateway.oidc.op.grants import Grant
from gateway.oidc.op.signing import Signer

SECONDS = 300
"""How long a client may take to read an ID token after it was made."""

_HASHES = {SigningAlgorithm.RS256: sha256, SigningAlgorithm.ES256: sha256, SigningAlgorithm.ES384: sha384}


def id_token(
    grant: Grant,
    client: OidcClient,
    *,
    issuer: str,
    signer: Signer,
    now: int,
    access_token: str,
    nonce: str | None = None,
    claims: Mapping[str, Any],
) -> str:
    """A signed ID token. `at_hash` is over the access token beside it, with the hash of its algorithm (3.1.3.6)."""
    digest = _HASHES[client.id_token_algorithm](access_token.encode()).digest()
    half = digest[: len(digest) // 2]
    return signer.sign(
        {
            **claims,
            "iss": issuer,
            "sub": grant.subject,
            "aud": client.client_id,
            "iat": now,
            "exp": now + SECONDS,
            "auth_time": grant.auth_time,
            "acr": grant.context,
            "sid": grant.session,
            "at_hash": urlsafe_b64encode(half).rstrip(b"=").decode(),
            **({} if nonce is None else {"nonce": nonce}),
        },
        client.id_token_algorithm,
    )
