"""`services/*.yaml`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.domain.attribute import Attribute
from gateway.domain.fallback import Fallback
from gateway.domain.sector import Sector
from gateway.settings.fields import (
    Address,
    FileName,
    Id,
    Model,
    Names,
    Switch,
    Text,
    Whole,
)


class Supplier(Model):
    """Who offers a service."""

    name: Text = Field(description="Name")
    contact: Text = Field(description="Where operators write to")


class Sign(Model):
    """What is signed for a service."""

    response: Switch = Field(default=True, description="The Response")
    assertion: Switch = Field(default=True, description="The assertion")

    @model_validator(mode="after")
    def _something(self) -> "Sign":
        if not self.response and not self.assertion:
            raise ValueError("nothing is signed; sign the response, the assertion, or both")
        return self


class ServiceEntry(Model):
    """An entry of `services/*.yaml`."""

    id: Id = Field(description="Id in logs, reports and commands")
    names: Names = Field(description="Name in each language")
    supplier: Supplier = Field(description="Who offers it")
    protocol: Literal["saml"] = Field(default="saml", description="Protocol that it speaks")
    metadata: FileName = Field(description="File with its SAML metadata, beside this one")
    entity_id: Text | None = Field(
        default=None, description="Its entityID, where the file holds the metadata of several entities"
    )
    metadata_certificate: FileName | None = Field(
        default=None, description="Certificate (PEM), beside this file, whose key must have signed the metadata"
    )
    dialect: Literal["entree", "surf"] = Field(default="entree", description="Names of the attributes that it reads")
    sectors: list[Sector] = Field(min_length=1, description="Sectors whose ECK iD it may see")
    name_id: Literal["transient", "persistent"] = Field(default="transient", description="The NameID that it gets")
    fallback: Fallback = Field(default=Fallback.PROVISIONAL, description="What it wants of a learner without ECK iD")
    require_signed_requests: Switch = Field(
        default=False, description="Refuse unsigned requests, whatever the metadata says"
    )
    sign: Sign = Field(default=Sign(), description="What is signed; one of both at least")
    start_url: Address | None = Field(default=None, description="Where error pages lead back to")
    attribute_sets: dict[Annotated[Whole, Field(ge=1)], dict[Attribute, Text]] = Field(
        min_length=1, description="Numbered sets of attributes, each with its purpose in a word; each names eck_id"
    )
