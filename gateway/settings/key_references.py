"""Where a key is, and the passphrase that opens it."""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import Field, model_validator

from gateway.settings.fields import Model, Text
from gateway.settings.hsm import EcInToken, Place, RsaInToken, token_private_key
from gateway.settings.secrets import SecretReference

_PEM = b"-----BEGIN "
_NAME_IT = "name where its passphrase is, beside the file: {file: ..., passphrase: {file: ...} or {env: ...}}"


class TokenReference(Model):
    """A key pair that stays in a token (PKCS #11): a hardware security module, or SoftHSM."""

    module: Text = Field(description="Path of the library that the maker of the token gives, such as /usr/lib/x.so")
    token: Text = Field(description="Label of the token")
    label: Text = Field(description="Label of the private key and of the public key beside it")
    pin: SecretReference = Field(description="Where the user PIN is")

    def private_key(self, directory: Path) -> RsaInToken | EcInToken:
        """The key, which signs there. Raises ValueError."""
        try:
            pin = self.pin.read(directory).decode()
        except ValueError as cause:
            raise ValueError(f"the PIN of the token {self.token}: {cause}") from None
        return token_private_key(Place(self.module, self.token, self.label, pin))


class KeyReference(SecretReference):
    """Where a key is: a file, relative to the configuration directory, an environment variable, or a token."""

    passphrase: SecretReference | None = Field(
        default=None, description="Where the passphrase is that a key in PEM is encrypted with: not in the directory"
    )

    pkcs11: TokenReference | None = Field(
        default=None, description="A token, instead of a file; for keys that sign SAML and tokens of OpenID Connect"
    )

    @model_validator(mode="after")
    def _is_one(self) -> "KeyReference":
        if sum(one is not None for one in (self.file, self.env, self.pkcs11)) != 1:
            raise ValueError("name a file, an environment variable or a token, one of them")
        if self.pkcs11 is not None and self.passphrase is not None:
            raise ValueError("a key in a token has a PIN, not a passphrase")
        return self

    def read(self, directory: Path) -> bytes:
        """As SecretReference.read; ValueError for what does not leave its token."""
        if self.pkcs11 is not None:
            raise ValueError("a token signs, and this is no key that signs: keep it in a file or the environment")
        return super().read(directory)

    def private_key(self, directory: Path) -> PrivateKeyTypes:
        """The key in this PEM, or in a token. Raises ValueError, which says what to do and nothing of any secret."""
        if self.pkcs11 is not None:
            return self.pkcs11.private_key(directory)
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
