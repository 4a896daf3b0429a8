"""New keys, in files that only their owner can read."""

import os
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from gateway.settings.loader import Settings

_YEARS = 3
_SECRET_BYTES = 32


def write_keys(directory: Path, *, host: str, rsa_bits: int) -> None:
    """Two SAML keys with certificates of three years (in use, and next), a sealing and a pseudonym key.

    Raises FileExistsError rather than write over one.
    """
    for number in (1, 2):
        certificate = directory / f"saml-{number}.crt"
        _write_pair(directory / f"saml-{number}.key", certificate, name=f"{host} SAML {number}", rsa_bits=rsa_bits)
    for name in ("sealing-1", "pseudonyms-1"):
        _write_symmetric(directory / f"{name}.secret")


def write_missing_keys(settings: Settings, *, rsa_bits: int) -> Iterator[str]:
    """Make every key file that the settings name and that is not there; give the name of each. Writes over nothing.

    A SAML key is made only where its certificate is missing too: a certificate belongs to the key that it was made of.
    """
    host = urlsplit(settings.gateway.base_url).hostname or "sluis"
    keys = settings.gateway.keys
    for number, pair in enumerate(keys.saml_signing, 1):
        certificate = settings.directory / pair.certificate
        if pair.key.file is not None and not certificate.exists():
            path = settings.directory / pair.key.file
            if not path.exists():
                _write_pair(path, certificate, name=f"{host} SAML {number}", rsa_bits=rsa_bits)
                yield pair.key.file
    for secret in (*keys.sealing, *keys.pseudonyms):
        if secret.secret.file is not None and not (settings.directory / secret.secret.file).exists():
            _write_symmetric(settings.directory / secret.secret.file)
            yield secret.secret.file


def self_signed(key: rsa.RSAPrivateKey, name: str) -> x509.Certificate:
    """A certificate of three years as a carrier of this key."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    now = datetime.now(UTC)
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


def _write_pair(path: Path, certificate: Path, *, name: str, rsa_bits: int) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write_secret(path, pem)
    certificate.parent.mkdir(parents=True, exist_ok=True)
    certificate.write_bytes(self_signed(key, name).public_bytes(serialization.Encoding.PEM))


def _write_symmetric(path: Path) -> None:
    _write_secret(path, b64encode(os.urandom(_SECRET_BYTES)) + b"\n")


def _write_secret(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
