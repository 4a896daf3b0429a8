"""Keys of peers, as the files that they read."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support.signing_keys import signing_key

KEY = "key.pem"
CERTIFICATE = "certificate.pem"


def write_key(directory: Path, owner: str) -> None:
    """Put the key and the certificate of this party there."""
    key = signing_key(owner)
    (directory / KEY).write_bytes(key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (directory / CERTIFICATE).write_bytes(key.certificate.public_bytes(Encoding.PEM))
