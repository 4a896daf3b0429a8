"""Key material, made fresh and written where only its owner can read it."""

import os
from base64 import b64encode
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_YEARS = 3
_SECRET_BYTES = 32
_SHORTEST_PASSPHRASE = 20


class KeyKind(StrEnum):
    """Kinds of key pairs that can be made."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    P_256 = "p-256"
    P_384 = "p-384"

    @property
    def is_rsa(self) -> bool:
        """Whether it is RSA."""
        return self.value.startswith("rsa-")

    @property
    def algorithm(self) -> str:
        """The JWS algorithm that it signs tokens with (RFC 7518 3.1)."""
        return "RS256" if self.is_rsa else "ES256" if self is KeyKind.P_256 else "ES384"

    def make(self) -> PrivateKey:
        """A fresh key."""
        if self.is_rsa:
            return rsa.generate_private_key(public_exponent=65537, key_size=int(self.value.removeprefix("rsa-")))
        return ec.generate_private_key(ec.SECP256R1() if self is KeyKind.P_256 else ec.SECP384R1())


def private_pem(key: PrivateKey, passphrase: bytes | None) -> bytes:
    """The key in PKCS #8. Raises ValueError for a passphrase that could be guessed."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(passphrase))


def fresh_secret(passphrase: bytes | None) -> bytes:
    """A secret of 32 bytes as it is written: base64, or encrypted (`secret_octets` says how). Raises ValueError."""
    if passphrase is None:
        return b64encode(os.urandom(_SECRET_BYTES)) + b"\n"
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, _encryption(passphrase))


def self_signed(key: PrivateKey, name: str, now: datetime) -> x509.Certificate:
    """A certificate of three years as a carrier of this key."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .sign(key, hashes.SHA256())
    )


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read; its directory too, where that is made. Raises FileExistsError."""
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True)
        belongs_like_its_directory(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    belongs_like_its_directory(path)


def belongs_like_its_directory(path: Path) -> None:
    """Give a file to whom its directory belongs, if we may: the gateway's user reads what root makes for it."""
    owner = path.parent.stat()
    with suppress(PermissionError):
        os.chown(path, owner.st_uid, owner.st_gid)


def _encryption(passphrase: bytes | None) -> KeySerializationEncryption:
    if passphrase is None:
        return NoEncryption()
    if len(passphrase) < _SHORTEST_PASSPHRASE:
        raise ValueError("the passphrase can be guessed; `openssl rand -base64 32` makes one that cannot")
    return BestAvailableEncryption(passphrase)
