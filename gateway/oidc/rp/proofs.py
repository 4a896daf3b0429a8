"""The nonce and the PKCE verifier of an attempt, derived anew wherever they are needed."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from gateway.storage.sealing import SecretKey, keyed_hash


class Proofs:
    """`key` must stay the same as long as attempts last. Who sees a state cannot tell the verifier from it."""

    def __init__(self, key: SecretKey) -> None:
        self._key = key

    def nonce(self, attempt: str) -> str:
        """Binds an ID token to this attempt (OpenID Connect Core 3.1.2.1): 43 characters."""
        return _text(keyed_hash(self._key, "oidc-nonce", attempt))

    def verifier(self, attempt: str) -> str:
        """Binds a code to whoever asked for it (RFC 7636 4.1): 43 characters."""
        return _text(keyed_hash(self._key, "oidc-verifier", attempt))

    def challenge(self, attempt: str) -> str:
        """The verifier's S256 challenge (RFC 7636 4.2)."""
        return _text(sha256(self.verifier(attempt).encode()).digest())


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
