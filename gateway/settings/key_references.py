"""Where a key is, and the passphrase that opens it."""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import Field

from gateway.settings.secrets import SecretReference

_PEM = b"-----BEGIN "
_NAME_IT = "name where its passphrase is, beside the file: {file: ..., passphrase: {file: ...} or {env: ...}}"


class KeyReference(SecretReference):
    """Where a key is: a file, relative to the configuration directory, or an environment variable."""

    passphrase: SecretReference | None = Field(
        default=None, description="Where the passphrase is that a key in PEM is encrypted with: not in the directory"
    )

    def private_key(self, directory: Path) -> PrivateKeyTypes:
        """The key in this PEM. Raises ValueError, which says what to do and nothing of key and passphrase."""
        return _opened(self.read(directory), self.opening_with(directory))

    def is_pem(self, directory: Path) -> bool:
        """Whether the key is one in PEM. Raises ValueError as `read` does."""
        return self.read(directory).startswith(_PEM)

    def opening_with(self, directory: Path) -> bytes | None:
        """The passphrase; None where none is named. Raises ValueError likewise."""
        if self.passphrase is None:
            return None
        file = self.passphrase.file
        if file is not None and (directory / file).resolve().is_relative_to(directory.resolve()):
            raise ValueError(
                f"its passphrase {file} lies in the configuration itself, where whoever copies the key finds it: "
                "keep it elsewhere"
            )
        try:
            return self.passphrase.read(directory)
        except ValueError as cause:
            raise ValueError(f"its passphrase: {cause}") from None


def _opened(pem: bytes, passphrase: bytes | None) -> PrivateKeyTypes:
    encrypted = b"ENCRYPTED" in pem
    if encrypted and passphrase is None:
        raise ValueError(f"the key is encrypted: {_NAME_IT}")
    if not encrypted and passphrase is not None:
        raise ValueError("a passphrase is named, but the key is not encrypted: `openssl pkey -aes256` encrypts one")
    try:
        return load_pem_private_key(pem, password=passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if encrypted:
            raise ValueError("the passphrase does not open the key") from None
        raise ValueError("the key is not a private key in PEM") from None
