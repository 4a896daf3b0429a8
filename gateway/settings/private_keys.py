"""Keys of OpenID Connect and secrets, as they are read from where they are."""

from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from gateway.settings.key_references import KeyReference

CURVES: dict[str, type[ec.EllipticCurve]] = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1}
"""The curve of each JWS algorithm that signs with an EC key (RFC 7518 3.4)."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key that signs tokens; `id` is its kid, `algorithm` the only alg that it is used with (RFC 7518 3.1)."""

    id: str
    algorithm: str
    private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)


def token_key(key_id: str, algorithm: str, key: PrivateKeyTypes) -> TokenKey:
    """The key for this algorithm, RS256, ES256 or ES384. Raises ValueError when it is not one for it."""
    if algorithm == "RS256" and isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return TokenKey(key_id, algorithm, key)
    if isinstance(key, ec.EllipticCurvePrivateKey) and algorithm in CURVES and isinstance(key.curve, CURVES[algorithm]):
        return TokenKey(key_id, algorithm, key)
    if algorithm == "RS256":
        raise ValueError("RS256 takes an RSA key of at least 2048 bits")
    raise ValueError(f"{algorithm} takes an EC key on {'P-256' if algorithm == 'ES256' else 'P-384'}")


def secret_octets(reference: KeyReference, directory: Path) -> bytes:
    """A secret: base64, or in PEM and then encrypted. Raises ValueError.

    PKCS #8 with PBES2 (RFC 5958, RFC 8018) is what every tool can open with a passphrase; an Ed25519 key in it is
    nothing but 32 random octets (RFC 8410 7), so that is the form of a secret that lies encrypted on disk.
    """
    if reference.passphrase is None and not reference.is_pem(directory):
        try:
            return b64decode(reference.read(directory), validate=True)
        except Base64Error:
            raise ValueError("it is not base64, as `openssl rand -base64 32` makes it") from None
    key = reference.private_key(directory)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("a secret in PEM is an Ed25519 key (`openssl genpkey -algorithm ed25519 -aes256`)")  # noqa: TRY004
    return key.private_bytes_raw()
