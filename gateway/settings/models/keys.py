"""The entries of keys in `gateway.yaml`."""

from typing import Annotated

from pydantic import Field

from gateway.settings.fields import (
    FileName,
    Model,
)
from gateway.settings.secrets import SecretReference


class SamlKey(Model):
    """A key that signs SAML messages, and its certificate."""

    key: SecretReference = Field(description="The private key (PEM, RSA of at least 2048 bits)")
    certificate: FileName = Field(description="File with the certificate (PEM), relative to the directory")


class SymmetricKey(Model):
    """A secret of 32 bytes or more, in base64, with an id that may be shown."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$")] = Field(description="Name of the key, never used again")
    secret: SecretReference = Field(description="The secret (base64 of at least 32 bytes)")


class Keys(Model):
    """The gateway's keys. The first of each list is in use; the others are published, or still open old values."""

    saml_signing: list[SamlKey] = Field(min_length=1, description="The first signs; all are in the metadata")
    sealing: list[SymmetricKey] = Field(min_length=1, description="The first seals stored values; all open them")
    pseudonyms: list[SymmetricKey] = Field(
        min_length=1, description="The first derives pairwise identifiers; keep the others for ever"
    )
