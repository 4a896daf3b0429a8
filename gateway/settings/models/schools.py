"""`schools/*.yaml`."""

from typing import Annotated

from pydantic import Field

from gateway.domain.attribute import Attribute
from gateway.domain.sector import Sector
from gateway.settings.fields import (
    BrinField,
    DomainName,
    Id,
    Model,
    Names,
    Text,
)
from gateway.settings.models.at_eduid import AtEduidEntry
from gateway.settings.models.sso import SchoolSsoEntry

_GUID = r"^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$"


class SchoolEntry(Model):
    """An entry of `schools/*.yaml`."""

    brin: BrinField = Field(description="BRIN: 4 characters, or 6 for a branch with an entry of its own")
    names: Names = Field(description="Name in each language")
    sector: Sector = Field(description="Sector")
    board: Id | None = Field(default=None, description="Id of its board")
    place: Text | None = Field(default=None, description="Town, for discovery")
    domains: list[DomainName] = Field(default=[], description="Values of schacHomeOrganization that mean this school")
    digi_delivery_id: Annotated[str, Field(pattern=_GUID)] | None = Field(
        default=None, description="GUID in the content chain, case as registered"
    )
    deny: dict[Id, list[Attribute]] = Field(
        default={}, description="By service, attributes that this school never lets go to it, whatever was agreed"
    )
    sso: SchoolSsoEntry = Field(default=SchoolSsoEntry(), description="Single sign-on, where it is otherwise here")
    eduid: AtEduidEntry = Field(default=AtEduidEntry(), description="How it takes part in logins with eduID")
