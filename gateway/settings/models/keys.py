"""`keys.yaml`: the gateway's keys, by reference."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from gateway.domain.key_ring import KeyState
from gateway.settings.fields import FileName, Model
from gateway.settings.key_references import KeyReference


def _moment(value: Any) -> dt.datetime:
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        raise ValueError("a moment is written 2026-08-01T12:00:00Z")
    return value.astimezone(dt.UTC)


Moment = Annotated[dt.datetime, BeforeValidator(_moment)]
KeyId = Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$")]


class KeyEntry(Model):
    """What every key has."""

    id: KeyId = Field(description="Name of the key, which may be shown; never used again in its list")
    state: KeyState = Field(
        description="`next`: announced, makes nothing yet. `active`: makes. `previous`: still checks, opens and "
        "derives. `retired`: not read any more"
    )
    since: Moment = Field(description="Since when it is in this state, such as 2026-08-01T12:00:00Z")


class SamlKey(KeyEntry):
    """A private key for SAML, and its certificate."""

    key: KeyReference = Field(description="The private key (PEM)")
    certificate: FileName = Field(description="File with the certificate (PEM), relative to the directory")


class OidcKey(KeyEntry):
    """A private key that signs tokens. Each algorithm is a ring of its own, with one active key."""

    algorithm: Literal["RS256", "ES256", "ES384"] = Field(description="What it signs with (RFC 7518 3.1)")
    key: KeyReference = Field(description="The private key (PEM): RSA of at least 2048 bits, or EC on P-256 or P-384")


class SymmetricKey(KeyEntry):
    """A secret of 32 bytes or more."""

    secret: KeyReference = Field(
        description="The secret (base64 of at least 32 bytes; encrypted: an Ed25519 key in PEM)"
    )


class Keys(Model):
    """`keys.yaml`. Each list is a ring of one purpose, oldest first, with one active key."""

    saml_signing: list[SamlKey] = Field(
        min_length=1,
        description="Sign SAML messages and metadata (RSA of at least 2048 bits, or EC on P-256 or P-384); all are "
        "published",
    )
    saml_decryption: list[SamlKey] = Field(
        default=[], description="Decrypt assertions (RSA of at least 2048 bits); active and next are published"
    )
    oidc_signing: list[OidcKey] = Field(default=[], description="Sign tokens; all are published")
    sealing: list[SymmetricKey] = Field(min_length=1, description="Seal stored values; all open them")
    pseudonyms: list[SymmetricKey] = Field(
        min_length=1, description="Derive pairwise identifiers; a previous one stays for ever"
    )
    ledger: list[SymmetricKey] = Field(min_length=1, description="Hash the learners in the ledger")
