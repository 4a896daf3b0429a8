"""The entries of stores in `gateway.yaml`."""

import datetime as dt
from typing import Literal

from pydantic import Field

from gateway.settings.fields import (
    Duration,
    FileName,
    Model,
    Text,
)
from gateway.settings.secrets import SecretReference, StoreAddress


class SqliteStoreSettings(Model):
    """Short-lived state in a file, for one machine."""

    kind: Literal["sqlite"] = Field(description="Which kind this is")
    path: FileName = Field(default="var/short-lived.sqlite", description="File, relative to the directory")


class RedisTlsSettings(Model):
    """TLS towards Redis and its Sentinels; the scheme of `url` turns it on."""

    ca: FileName | None = Field(
        default=None,
        description="Authorities that are believed, a PEM file relative to the directory; none: the system's",
    )
    certificate: FileName | None = Field(default=None, description="A certificate of our own, if Redis asks for one")
    key: FileName | None = Field(default=None, description="Its key, readable by the gateway's user alone")


class RedisStoreSettings(Model):
    """Short-lived state in Redis, for several machines."""

    kind: Literal["redis"] = Field(description="Which kind this is")
    url: StoreAddress = Field(
        description="One server: redis://host:6379/0; Sentinels: redis+sentinel://a:26379,b:26379/master; a Cluster: "
        "redis+cluster://a:6379,b:6379; with rediss instead of redis over TLS; one with a password by file or env"
    )
    user: Text | None = Field(default=None, description="ACL user, when it does not stand in the URL")
    password: SecretReference | None = Field(default=None, description="Its password, likewise")
    sentinel_user: Text | None = Field(default=None, description="ACL user at the Sentinels")
    sentinel_password: SecretReference | None = Field(default=None, description="Its password")
    tls: RedisTlsSettings = Field(default=RedisTlsSettings(), description="TLS, where the URL says so")
    timeout: Duration = Field(
        default=dt.timedelta(seconds=1),
        le=dt.timedelta(seconds=10),
        description="How long to wait for a connection, and for an answer",
    )
    prefix: str = Field(
        default="sluis:",
        pattern=r"^[A-Za-z0-9:._-]{1,64}$",
        description="What every key begins with: gateways that share a Redis have different ones",
    )


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
