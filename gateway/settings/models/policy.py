"""`policy.yaml`."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.domain.attribute import Attribute
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.settings.fields import (
    Day,
    Model,
    Text,
)


class PolicyEntry(Model):
    """What the policy says of an attribute."""

    release_class: ReleaseClass = Field(
        alias="class", description="To any service with an agreement; only with a purpose; to nobody"
    )
    reason: Annotated[str, Field(min_length=1, max_length=500)] = Field(description="Why, with the source")
    roles: dict[Role, ReleaseClass] = Field(default={}, description="Another class for some roles")


class PolicyFile(Model):
    """`policy.yaml`."""

    version: Annotated[Text, BeforeValidator(str), Field(max_length=64)] = Field(
        description="Version, as in the ledger"
    )
    date: Day = Field(description="Date of this version")
    attributes: dict[Attribute, PolicyEntry] = Field(description="Every canonical attribute, classed")
