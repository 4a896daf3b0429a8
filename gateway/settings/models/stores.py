"""The entries of stores in `gateway.yaml`."""

from typing import Literal

from pydantic import Field

from gateway.settings.fields import (
    FileName,
    Model,
)
from gateway.settings.secrets import StoreAddress


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
