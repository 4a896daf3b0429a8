"""`metadata/*.yaml`: where SAML metadata of others comes from."""

import datetime as dt
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from gateway.settings.fields import Address, Duration, FileName, Id, Model, Whole, is_loopback


class MetadataSourceEntry(Model):
    """An entry of `metadata/*.yaml`: one entity or an aggregate, from an address or a file, or a query service."""

    id: Id = Field(description="Id, as `metadata_source` of entries names it")
    url: Address | None = Field(default=None, description="Its address; it is never redirected")
    mdq: Address | None = Field(
        default=None,
        description="Base address of a metadata query service, instead: every party that names this source is asked "
        "for at <mdq>/entities/<entityID>",
    )
    file: FileName | None = Field(default=None, description="File beside this one, instead of an address")
    certificates: list[FileName] = Field(
        default=[], description="Certificates (PEM), beside this file; the key of one of them must have signed it"
    )
    refresh: Duration = Field(
        default=dt.timedelta(hours=1),
        ge=dt.timedelta(minutes=1),
        le=dt.timedelta(days=7),
        description="How often it is fetched anew",
    )
    max_lost_percent: Whole = Field(
        default=10, ge=0, le=100, description="A new version that lost more of its entities than this is refused"
    )

    @property
    def address(self) -> str | None:
        """Where it is fetched from over the network."""
        return self.url if self.mdq is None else self.mdq

    @model_validator(mode="after")
    def _one_place(self) -> "MetadataSourceEntry":
        if sum(place is not None for place in (self.url, self.mdq, self.file)) != 1:
            raise ValueError("name a url, an mdq or a file, one of them")
        return self

    @model_validator(mode="after")
    def _trusted(self) -> "MetadataSourceEntry":
        address = self.address
        if address is None or is_loopback(urlsplit(address).hostname):
            return self
        if not address.startswith("https:"):
            key = "url" if self.mdq is None else "mdq"
            raise ValueError(f"{key}: metadata is fetched by https; http is for loopback alone")
        if self.mdq is not None and urlsplit(address).query:
            raise ValueError("mdq: a base address has no query; /entities/ comes behind it")
        if not self.certificates:
            raise ValueError("certificates are missing: what comes over the network is believed by its signature alone")
        return self
