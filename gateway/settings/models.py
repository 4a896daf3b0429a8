"""The configuration files as types. `docs/reference/settings.md` is generated from these descriptions."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from gateway.domain.attribute import Attribute
from gateway.domain.fallback import Fallback
from gateway.domain.language import Language
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.settings.fields import (
    Address,
    BaseUrl,
    BrinField,
    Day,
    DomainName,
    Duration,
    Email,
    FileName,
    Id,
    Listen,
    Model,
    Names,
    Network,
    Switch,
    Text,
    Whole,
)
from gateway.settings.secrets import SecretReference, StoreAddress

_GUID = r"^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$"


class Organisation(Model):
    """Who runs the gateway."""

    name: Text = Field(description="Name of the organisation")
    url: Address = Field(description="Its website")


class Contact(Model):
    """A contact in the gateway's metadata."""

    type: Literal["technical", "support", "administrative"] = Field(description="What for")
    name: Text = Field(description="Name of a person or a desk")
    email: Email = Field(description="E-mail address")


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


class SqliteStoreSettings(Model):
    """Short-lived state in a file, for one machine."""

    kind: Literal["sqlite"] = Field(description="Which kind this is")
    path: FileName = Field(default="var/short-lived.sqlite", description="File, relative to the directory")


class RedisStoreSettings(Model):
    """Short-lived state in Redis, for several machines."""

    kind: Literal["redis"] = Field(description="Which kind this is")
    url: StoreAddress = Field(description="redis:// or rediss:// URL; one with a password by file or env")


class LastingStoreSettings(Model):
    """Lasting records."""

    url: StoreAddress = Field(
        default="sqlite:///var/lasting.sqlite",
        description="SQLAlchemy URL; a SQLite file is relative to the directory; one with a password by file or env",
    )


class Stores(Model):
    """Where state is kept."""

    short_lived: SqliteStoreSettings | RedisStoreSettings = Field(
        default=SqliteStoreSettings(kind="sqlite"), discriminator="kind", description="Logins under way, replay marks"
    )
    lasting: LastingStoreSettings = Field(default=LastingStoreSettings(), description="Ledger, anomalies, subjects")


class Lifetimes(Model):
    """How long things live."""

    transaction: Duration = Field(
        default=dt.timedelta(minutes=15),
        ge=dt.timedelta(minutes=1),
        le=dt.timedelta(days=1),
        description="A login under way, from the service's request to the answer of the school",
    )
    session: Duration = Field(
        default=dt.timedelta(hours=10),
        le=dt.timedelta(days=365),
        description="How long a service may keep a person logged in (SessionNotOnOrAfter)",
    )
    clock_skew: Duration = Field(
        default=dt.timedelta(seconds=60), le=dt.timedelta(minutes=5), description="How far clocks of others may be off"
    )


class Log(Model):
    """The log."""

    file: FileName | None = Field(
        default="var/sluis.log", description="File, relative to the directory; null: standard error"
    )
    level: Literal["info", "warning", "error"] = Field(default="info", description="From which level on")


class Metrics(Model):
    """The counters at /metrics."""

    allow_from: list[Network] = Field(default=[], description="Addresses or networks that may read them")


class Gateway(Model):
    """`gateway.yaml`."""

    base_url: BaseUrl = Field(description="Public address: scheme and host, https unless loopback")
    listen: Listen = Field(default="127.0.0.1:8080", description="Address and port to listen on")
    workers: Whole = Field(default=2, ge=1, le=64, description="Worker processes")
    threads: Whole = Field(default=4, ge=1, le=64, description="Threads of each worker")
    trusted_proxies: list[Network] = Field(
        default=[], description="Addresses or networks whose X-Forwarded-* are believed"
    )
    names: Names = Field(default={Language.NL: "Sluis"}, description="What the pages call the gateway")
    organisation: Organisation = Field(description="Who runs it")
    contacts: list[Contact] = Field(min_length=1, description="Contacts in the metadata")
    languages: list[Language] = Field(
        default=[Language.NL, Language.EN], min_length=1, description="Languages of the pages; the first is the default"
    )
    environment: Literal["production", "test"] = Field(
        default="production", description="Which ECK iDs are real: segment 201703 in production, pilot in test"
    )
    keys: Keys = Field(description="Keys, by reference")
    stores: Stores = Field(default=Stores(), description="Where state is kept")
    lifetimes: Lifetimes = Field(default=Lifetimes(), description="How long things live")
    log: Log = Field(default=Log(), description="The log")
    metrics: Metrics = Field(default=Metrics(), description="The counters")


class Supplier(Model):
    """Who offers a service."""

    name: Text = Field(description="Name")
    contact: Text = Field(description="Where operators write to")


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


class AgreementEntry(Model):
    """An entry of `agreements/*.yaml`."""

    service: Id = Field(description="Id of the service")
    attribute_set: Whole = Field(ge=1, description="Version of its attribute set that is accepted")
    schools: list[BrinField] = Field(default=[], description="BRINs of the schools")
    boards: list[Id] = Field(default=[], description="Boards, for all their schools")
    valid_from: Day = Field(alias="from", description="First day")
    valid_until: Day | None = Field(default=None, alias="until", description="Last day; absent: without end")
    reference: Text = Field(description="Reference of the processing agreement")
    fallback: Fallback = Field(default=Fallback.PROVISIONAL, description="Fallback identifier that is allowed")

    @model_validator(mode="after")
    def _somebody(self) -> "AgreementEntry":
        if not self.schools and not self.boards:
            raise ValueError("an agreement is of schools or boards: name at least one")
        return self

    @field_validator("valid_until", mode="after")
    @classmethod
    def _after_from(cls, until: dt.date | None, known: ValidationInfo) -> dt.date | None:
        begins = known.data.get("valid_from")
        if until is not None and begins is not None and until < begins:
            raise ValueError(f"it lies before the first day, {begins}")
        return until


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
