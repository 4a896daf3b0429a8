"""Addresses of the stores, before anybody connects to them."""

from collections.abc import Iterator

from gateway.settings.document import KeyPath
from gateway.settings.loader import Settings
from gateway.settings.models.stores import RedisStoreSettings
from gateway.settings.problems import Problem
from gateway.settings.secrets import SecretReference, resolved

_REDIS = ("redis://", "rediss://", "unix://")


def check_stores(settings: Settings) -> Iterator[Problem]:
    """Addresses that cannot be had, or are of something else. Quotes none: one may have a password in it."""
    stores = settings.gateway.stores
    if isinstance(stores.short_lived, RedisStoreSettings):
        yield from _address(settings, ("stores", "short_lived", "url"), stores.short_lived.url, _REDIS)
    yield from _address(settings, ("stores", "lasting", "url"), stores.lasting.url, ("sqlite:", "postgresql"))


def _address(
    settings: Settings, path: KeyPath, address: SecretReference | str, kinds: tuple[str, ...]
) -> Iterator[Problem]:
    place = settings.gateway_document.place(path)
    try:
        if not resolved(address, settings.directory).startswith(kinds):
            yield Problem(place, "the address is of another kind of store", f"it begins with {' or '.join(kinds)}")
    except ValueError as cause:
        yield Problem(place, str(cause))
