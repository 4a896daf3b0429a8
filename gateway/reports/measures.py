"""Measures of security that the configuration shows, each with a text in the catalogue (`measure.<id>`)."""

from collections.abc import Iterator
from enum import StrEnum

from sqlalchemy.engine import make_url

from gateway.federation.snapshot import Federation
from gateway.settings.loader import Settings
from gateway.settings.models.stores import RedisStoreSettings
from gateway.settings.secrets import resolved


class Measure(StrEnum):
    """What protects personal data, or what does not: both belong in the register."""

    MINIMAL = "minimal"
    ONE_IDENTIFIER = "one-identifier"
    CITIZEN_NUMBERS = "citizen-numbers"
    NO_VALUES = "no-values"
    SEALED = "sealed"
    VERIFIED = "verified"
    LEDGER_FIRST = "ledger-first"
    CHAIN = "chain"
    ERASURE = "erasure"
    HTTPS = "https"
    NO_HTTPS = "no-https"
    STORE_ON_MACHINE = "store-on-machine"
    STORE_TLS = "store-tls"
    STORE_PLAIN = "store-plain"
    RECORDS_ON_MACHINE = "records-on-machine"
    RECORDS_TLS = "records-tls"
    RECORDS_UNVERIFIED = "records-unverified"
    CBC = "cbc"


ALWAYS = (
    Measure.MINIMAL,
    Measure.ONE_IDENTIFIER,
    Measure.CITIZEN_NUMBERS,
    Measure.NO_VALUES,
    Measure.SEALED,
    Measure.VERIFIED,
    Measure.LEDGER_FIRST,
    Measure.CHAIN,
    Measure.ERASURE,
)
"""What no configuration turns off."""
LACKS = frozenset(
    {
        Measure.NO_HTTPS,
        Measure.STORE_PLAIN,
        Measure.RECORDS_UNVERIFIED,
        Measure.CBC,
    }
)
"""What is weaker than it could be."""


def measures_of(settings: Settings, federation: Federation) -> Iterator[Measure]:
    """Those of the gateway itself, then those of this configuration, whose addresses of stores have been checked."""
    gateway = settings.gateway
    yield from ALWAYS
    yield Measure.HTTPS if gateway.base_url.startswith("https:") else Measure.NO_HTTPS
    yield _short_lived(settings)
    yield _records(settings)
    if any(idp.allow_cbc for idp in federation.identity_providers.values()):
        yield Measure.CBC


def _short_lived(settings: Settings) -> Measure:
    stores = settings.gateway.stores.short_lived
    if not isinstance(stores, RedisStoreSettings):
        return Measure.STORE_ON_MACHINE
    address = resolved(stores.url, settings.directory)
    return Measure.STORE_TLS if address.startswith("rediss") else Measure.STORE_PLAIN


def _records(settings: Settings) -> Measure:
    url = make_url(resolved(settings.gateway.stores.lasting.url, settings.directory))
    if url.get_backend_name() == "sqlite":
        return Measure.RECORDS_ON_MACHINE
    return Measure.RECORDS_TLS if url.query.get("sslmode") == "verify-full" else Measure.RECORDS_UNVERIFIED
