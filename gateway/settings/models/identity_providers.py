"""`identity-providers/*.yaml`."""

from typing import Literal

from pydantic import Field

from gateway.settings.fields import (
    BrinField,
    FileName,
    Id,
    Model,
    Names,
    Switch,
    Text,
)


class IdentityProviderEntry(Model):
    """An entry of `identity-providers/*.yaml`."""

    id: Id = Field(description="Id in logs, reports and commands")
    names: Names = Field(description="Name in each language")
    protocol: Literal["saml"] = Field(default="saml", description="Protocol that it speaks")
    metadata: FileName = Field(description="File with its SAML metadata, beside this one")
    entity_id: Text | None = Field(
        default=None, description="Its entityID, where the file holds the metadata of several entities"
    )
    metadata_certificate: FileName | None = Field(
        default=None, description="Certificate (PEM), beside this file, whose key must have signed the metadata"
    )
    dialect: Literal["entree", "surf"] = Field(description="Names of its attributes")
    schools: list[BrinField] = Field(min_length=1, description="BRINs of the schools that it speaks for")
    eck_id: list[Literal["assertion"]] = Field(
        default=["assertion"], min_length=1, description="Where ECK iDs come from"
    )
    allow_unsolicited: Switch = Field(default=False, description="Whether answers that nobody asked for are taken")
