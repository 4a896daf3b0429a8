"""New keys, in files that only their owner can read."""

import os
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gateway.domain.key_ring import KeyState
from gateway.settings.keys_file import write_keys_file
from gateway.settings.loader import Settings
from gateway.settings.models.keys import KeyEntry, Keys, OidcKey, SamlKey, SymmetricKey
from gateway.settings.secrets import SecretReference

_YEARS = 3
_SECRET_BYTES = 32

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def write_keys(directory: Path, *, host: str, rsa_bits: int, now: datetime) -> None:
    """Write `keys.yaml` and all keys in it. Raises FileExistsError rather than write over one.

    Two for SAML signing with certificates of three years (in use, and next), and one in use of every other kind.
    """
    keys = first_keys(now)
    write_keys_file(directory, keys)
    list(_missing(directory, keys, host=host, rsa_bits=rsa_bits))


def first_keys(now: datetime) -> Keys:
    """The entries that a new gateway begins with."""
    since = now.astimezone(UTC).replace(microsecond=0)

    def saml(key_id: str, state: KeyState, file: str) -> SamlKey:
        key = SecretReference(file=f"keys/{file}.key")
        return SamlKey(id=key_id, state=state, since=since, key=key, certificate=f"keys/{file}.crt")

    def oidc(key_id: str, algorithm: str, file: str) -> OidcKey:
        key = SecretReference(file=f"keys/{file}.key")
        return OidcKey.model_validate(
            {"id": key_id, "state": KeyState.ACTIVE, "since": since, "algorithm": algorithm, "key": key}
        )

    def secret(key_id: str, file: str) -> SymmetricKey:
        reference = SecretReference(file=f"keys/{file}.secret")
        return SymmetricKey(id=key_id, state=KeyState.ACTIVE, since=since, secret=reference)

    return Keys(
        saml_signing=[saml("saml1", KeyState.ACTIVE, "saml-1"), saml("saml2", KeyState.NEXT, "saml-2")],
        saml_decryption=[saml("enc1", KeyState.ACTIVE, "encryption-1")],
        oidc_signing=[oidc("oidc1", "RS256", "oidc-1"), oidc("oidc2", "ES256", "oidc-2")],
        sealing=[secret("s1", "sealing-1")],
        pseudonyms=[secret("p1", "pseudonyms-1")],
        ledger=[secret("l1", "ledger-1")],
    )


def write_missing_keys(settings: Settings, *, rsa_bits: int) -> Iterator[str]:
    """Make every key file that the settings name and that is not there; give the name of each. Writes over nothing.

    A SAML key is made only where its certificate is missing too: a certificate belongs to the key that it was made of.
    """
    host = urlsplit(settings.gateway.base_url).hostname or "sluis"
    yield from _missing(settings.directory, settings.keys, host=host, rsa_bits=rsa_bits)


def _missing(directory: Path, keys: Keys, *, host: str, rsa_bits: int) -> Iterator[str]:
    entries: list[KeyEntry] = [*keys.saml_signing, *keys.saml_decryption, *keys.oidc_signing]
    entries += [*keys.sealing, *keys.pseudonyms, *keys.ledger]
    for entry in entries:
        if entry.state is not KeyState.RETIRED:
            yield from write_key(directory, entry, host=host, rsa_bits=rsa_bits)


def write_key(directory: Path, entry: KeyEntry, *, host: str, rsa_bits: int) -> Iterator[str]:
    """Make the key of an entry in its file, if the file is not there, and give its name."""
    match entry:
        case SamlKey(key=SecretReference(file=str(file)), certificate=certificate):
            if not (directory / certificate).exists() and not (directory / file).exists():
                key = rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
                _write_secret(directory / file, _pem(key))
                name = f"{host} {entry.id}"
                (directory / certificate).parent.mkdir(parents=True, exist_ok=True)
                (directory / certificate).write_bytes(self_signed(key, name).public_bytes(Encoding.PEM))
                yield file
        case OidcKey(key=SecretReference(file=str(file))) if not (directory / file).exists():
            _write_secret(directory / file, _pem(_token_key(entry.algorithm, rsa_bits)))
            yield file
        case SymmetricKey(secret=SecretReference(file=str(file))) if not (directory / file).exists():
            _write_secret(directory / file, b64encode(os.urandom(_SECRET_BYTES)) + b"\n")
            yield file


def self_signed(key: PrivateKey, name: str) -> x509.Certificate:
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


def _token_key(algorithm: str, rsa_bits: int) -> PrivateKey:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)


def _pem(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_secret(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
