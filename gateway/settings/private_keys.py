"""Private keys for OpenID Connect, as they are read."""

from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key that signs tokens; `id` is its kid, `algorithm` the only alg that it is used with (RFC 7518 3.1)."""

    id: str
    algorithm: str
    private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)

    def pem(self) -> bytes:
        """The private key in PKCS #8, unencrypted: for a library that takes no other form. Never to be written."""
        return self.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def private_key(pem: bytes) -> PrivateKeyTypes:
    """The key in this PEM. Raises ValueError."""
    try:
        return load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("the key is not a private key in PEM without a passphrase") from None


def token_key(key_id: str, algorithm: str, pem: bytes) -> TokenKey:
    """The key for this algorithm, RS256 or ES256. Raises ValueError when it is not one for it."""
    key = private_key(pem)
    if algorithm == "RS256" and isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return TokenKey(key_id, algorithm, key)
    if algorithm == "ES256" and isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return TokenKey(key_id, algorithm, key)
    raise ValueError("RS256 takes an RSA key of at least 2048 bits" if algorithm == "RS256" else "ES256 takes P-256")
