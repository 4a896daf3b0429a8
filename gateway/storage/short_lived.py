"""The short-lived store that the configuration names, sealed."""

from collections.abc import Callable

from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.settings.keys import KeyRing
from gateway.settings.loader import Settings
from gateway.settings.models.stores import RedisStoreSettings
from gateway.settings.stores import redis_at, redis_options
from gateway.storage.contracts import Measure, ShortLivedStore
from gateway.storage.measured_store import MeasuredStore
from gateway.storage.sealed_store import SealedStore
from gateway.storage.sqlite_store import SqliteStore


def open_short_lived(
    settings: Settings,
    keys: KeyRing,
    clock: Clock,
    randomness: Randomness,
    *,
    told: Callable[[bool], None],
    measure: Callable[[str], Measure],
    durable: bool = False,
) -> ShortLivedStore:
    """On SQLite what is durable has a file of its own, beside the other; how durable a Redis is, its operator says.

    `told` hears when a Redis is given up (True), and when it answers again; `measure` makes what measures calls.
    """
    stores = settings.gateway.stores.short_lived
    store: ShortLivedStore
    if isinstance(stores, RedisStoreSettings):
        # Imported where it is used: the library is a tenth of what every command and every worker would import.
        from gateway.storage.redis_store import open_redis  # noqa: PLC0415

        store = open_redis(
            redis_at(stores, settings.directory),
            redis_options(stores, settings.directory, threads=settings.gateway.threads),
            clock=clock,
            randomness=randomness,
            prefix=stores.prefix,
            told=told,
        )
    else:
        path = settings.directory / stores.path
        store = SqliteStore(path.with_stem(f"{path.stem}-marks") if durable else path, clock=clock, durable=durable)
    return SealedStore(
        MeasuredStore(store, measure), keys=keys.sealing.all, lookup=keys.pseudonyms.first, randomness=randomness
    )
