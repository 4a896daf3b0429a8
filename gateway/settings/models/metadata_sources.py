"""`metadata/*.yaml`: where SAML metadata of others comes from."""

import datetime as dt
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from gateway.settings.fields import Address, Duration, FileName, Id, Model, Whole, is_loopback


class MetadataSourceEntry(Model):
    """An entry of `metadata/*.yaml`: one entity or an aggregate, from an address or a file."""

    id: Id = Field(description="Id, as `metadata_source` of entries names it")
    url: Address | None = Field(default=None, description="Its address; it is never redirected")
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

    @model_validator(mode="after")
    def _one_place(self) -> "MetadataSourceEntry":
        if (self.url is None) == (self.file is None):
            raise ValueError("name a url or a file, one of both")
        return self

    @model_validator(mode="after")
    def _trusted(self) -> "MetadataSourceEntry":
        if self.url is None or is_loopback(urlsplit(self.url).hostname):
            return self
        if not self.url.startswith("https:"):
            raise ValueError("url: metadata is fetched by https; http is for loopback alone")
        if not self.certificates:
            raise ValueError("certificates are missing: what comes over the network is believed by its signature alone")
        return self
