"""`policy.yaml`."""

from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from gateway.domain.attribute import Attribute
from gateway.domain.purpose import Purpose
from gateway.domain.reduction import Reduction
from gateway.domain.release_class import Classes, ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.settings.fields import (
    Day,
    Model,
    Text,
)


class SectorEntry(Model):
    """What the policy says of an attribute in one sector."""

    release_class: ReleaseClass | None = Field(alias="class", default=None, description="Another class in this sector")
    roles: dict[Role, ReleaseClass] = Field(default={}, description="Another class for some roles in this sector")


class PolicyEntry(Model):
    """What the policy says of an attribute."""

    release_class: ReleaseClass = Field(
        alias="class", description="To any service with an agreement; only with a purpose that fits; to nobody"
    )
    reason: Annotated[str, Field(min_length=1, max_length=500)] = Field(description="Why")
    source: Text = Field(description="Where that stands")
    roles: dict[Role, ReleaseClass] = Field(default={}, description="Another class for some roles")
    sectors: dict[Sector, SectorEntry] = Field(
        default={}, description="Another class in some sectors; of a role and a sector the stricter counts"
    )
    purposes: list[Purpose] = Field(
        default=[], validate_default=True, description="Purposes that justify it; needed where a class is `justified`"
    )
    reduction: Reduction | None = Field(default=None, description="What its values are reduced to, for every service")

    @property
    def classes(self) -> Classes:
        """The classes, as they are looked up."""
        return Classes(
            of_all=self.release_class,
            of_roles=self.roles,
            of_sectors={sector: one.release_class for sector, one in self.sectors.items() if one.release_class},
            of_roles_in_sectors={
                (sector, role): release_class
                for sector, one in self.sectors.items()
                for role, release_class in one.roles.items()
            },
        )

    @field_validator("purposes", mode="after")
    @classmethod
    def _some(cls, purposes: list[Purpose], known: ValidationInfo) -> list[Purpose]:
        said = {known.data.get("release_class"), *known.data.get("roles", {}).values()}
        for sector in known.data.get("sectors", {}).values():
            said |= {sector.release_class, *sector.roles.values()}
        if ReleaseClass.JUSTIFIED in said and not purposes:
            raise ValueError("a justified attribute needs the purposes that justify it")
        return purposes


class PolicyFile(Model):
    """`policy.yaml`."""

    version: Annotated[Text, BeforeValidator(str), Field(max_length=64)] = Field(
        description="Version, as in the ledger"
    )
    date: Day = Field(description="Date of this version")
    attributes: dict[Attribute, PolicyEntry] = Field(description="Every canonical attribute, classed")
