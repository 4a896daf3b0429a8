"""`schools/*.yaml`."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gateway.domain.attribute import Attribute
from gateway.domain.sector import Sector
from gateway.settings.fields import (
    BrinField,
    DomainName,
    FileName,
    Id,
    Model,
    Names,
    Text,
)
from gateway.settings.models.at_eduid import AtEduidEntry
from gateway.settings.models.nummervoorziening import Oin
from gateway.settings.models.services import ClientId, SubjectName
from gateway.settings.models.sso import SchoolSsoEntry

_GUID = r"^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$"

Nickname = Annotated[str, Field(min_length=1, max_length=100)]


def _postcode(value: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]{3}[A-Z]{2}", value, re.ASCII):
        raise ValueError("a postcode is four digits and two capitals: 9401AB")
    return value


Postcode = Annotated[str, AfterValidator(_postcode)]


class AdministrationEntry(Model):
    """A system of the school's administration that provisions the vault over HTTP."""

    id: ClientId = Field(description="Its client_id; no other administration has it")
    idp: Id = Field(description="Id of the identity provider whose accounts it names")
    jwks: FileName | None = Field(
        default=None, description="File with its public keys (JSON Web Key Set), beside this: `private_key_jwt`"
    )
    tls_client_auth_subject_dn: SubjectName | None = Field(
        default=None, description="Its name in its certificate, the subject as RFC 4514 writes it: `tls_client_auth`"
    )
    tls_client_auth_san_dns: DomainName | None = Field(default=None, description="Its name: a DNS name")

    @model_validator(mode="after")
    def _one_proof(self) -> "AdministrationEntry":
        given = [self.jwks, self.tls_client_auth_subject_dn, self.tls_client_auth_san_dns]
        if sum(one is not None for one in given) != 1:
            raise ValueError(
                "it proves who it is in one way: jwks, tls_client_auth_subject_dn or tls_client_auth_san_dns"
            )
        return self


class SchoolEntry(Model):
    """An entry of `schools/*.yaml`."""

    brin: BrinField = Field(description="BRIN: 4 characters, or 6 for a branch with an entry of its own")
    names: Names = Field(description="Name in each language")
    sector: Sector = Field(description="Sector")
    board: Id | None = Field(default=None, description="Id of its board")
    place: Text | None = Field(default=None, description="Town, for discovery")
    nicknames: list[Nickname] = Field(
        default=[], max_length=10, description="What people call it, or called it before, for discovery"
    )
    postcode: Postcode | None = Field(default=None, description="Postcode, as `9401AB`, for discovery")
    logo: FileName | None = Field(
        default=None, description="SVG, PNG, JPEG or WebP of at most 32 KiB, beside this file: shown with its name"
    )
    helpdesk: Text | None = Field(
        default=None,
        description="Whom its people ask about logging in, as pages say it: an e-mail address, a page "
        "(`https://...`), a telephone number, a person",
    )
    domains: list[DomainName] = Field(default=[], description="Values of schacHomeOrganization that mean this school")
    digi_delivery_id: Annotated[str, Field(pattern=_GUID)] | None = Field(
        default=None, description="GUID in the content chain, case as registered"
    )
    deny: dict[Id, list[Attribute]] = Field(
        default={}, description="By service, attributes that this school never lets go to it, whatever was agreed"
    )
    sso: SchoolSsoEntry = Field(default=SchoolSsoEntry(), description="Single sign-on, where it is otherwise here")
    oin: Oin | None = Field(default=None, description="Its OIN at Nummervoorziening (20 characters)")
    administrations: list[AdministrationEntry] = Field(
        default=[], max_length=10, description="Systems that provision the vault over HTTP (`/api/vault/v1`)"
    )
    eduid: AtEduidEntry = Field(default=AtEduidEntry(), description="How it takes part in logins with eduID")
