"""Addresses of the stores: what is wrong with them before anybody connects, and what the backends make of them."""

from collections.abc import Iterator
from pathlib import Path

from gateway.settings.loader import Settings
from gateway.settings.models.stores import RedisStoreSettings
from gateway.settings.nodes import KeyPath
from gateway.settings.problems import Problem
from gateway.settings.secrets import SecretReference, resolved
from gateway.storage import redis_address
from gateway.storage.redis_address import RedisAddress, RedisKind
from gateway.storage.redis_options import RedisOptions, RedisTls

_SHORT_LIVED: KeyPath = ("stores", "short_lived")
_LASTING: KeyPath = ("stores", "lasting")


def check_stores(settings: Settings) -> Iterator[Problem]:
    """What cannot be had, or is of something else. Quotes no address: one may have a password in it."""
    stores = settings.gateway.stores
    if isinstance(stores.short_lived, RedisStoreSettings):
        yield from _redis(settings, stores.short_lived)
    yield from _lasting(settings)


def redis_at(entry: RedisStoreSettings, directory: Path) -> RedisAddress:
    """The address of the Redis. Raises ValueError, which quotes nothing of it."""
    return redis_address.parse(resolved(entry.url, directory))


def redis_options(entry: RedisStoreSettings, directory: Path, *, threads: int) -> RedisOptions:
    """How to connect: a connection for each thread. Raises ValueError as `SecretReference.read` does."""
    return RedisOptions(
        seconds=entry.timeout.total_seconds(),
        connections=threads + _SPARE,
        user=entry.user,
        password=_secret(entry.password, directory),
        sentinel_user=entry.sentinel_user,
        sentinel_password=_secret(entry.sentinel_password, directory),
        tls=RedisTls(
            ca=_path(entry.tls.ca, directory),
            certificate=_path(entry.tls.certificate, directory),
            key=_path(entry.tls.key, directory),
        ),
    )


_SPARE = 2
"""Connections for what is no login: an operator's look at the health."""


def _redis(settings: Settings, entry: RedisStoreSettings) -> Iterator[Problem]:
    def place(*path: str) -> KeyPath:
        return (*_SHORT_LIVED, *path)

    address: RedisAddress | None = None
    try:
        address = redis_at(entry, settings.directory)
    except ValueError as cause:
        begins = f"it begins with {', '.join(_REDIS_SCHEMES)}"
        yield _problem(settings, place("url"), str(cause), begins if str(cause) == _OTHER_KIND else "")
    for key in ("password", "sentinel_password"):
        yield from _readable(settings, place(key), getattr(entry, key))
    yield from _tls(settings, entry, address)
    if address is None:
        return
    if entry.password and address.password:
        yield _problem(settings, place("password"), "the address has a password in it too", "one of both")
    if address.kind is not RedisKind.SENTINEL and (entry.sentinel_user or entry.sentinel_password):
        key = "sentinel_user" if entry.sentinel_user else "sentinel_password"
        yield _problem(settings, place(key), "the address names no Sentinels", "redis+sentinel://host,host,host/master")


_REDIS_SCHEMES = tuple(f"{scheme}://" for scheme in redis_address.SCHEMES)


def _tls(settings: Settings, entry: RedisStoreSettings, address: RedisAddress | None) -> Iterator[Problem]:
    def place(key: str) -> KeyPath:
        return (*_SHORT_LIVED, "tls", key)

    named = {key: name for key in ("ca", "certificate", "key") if (name := getattr(entry.tls, key))}
    if named and address is not None and not address.tls:
        what = "the address is not of a Redis over TLS"
        yield _problem(settings, (*_SHORT_LIVED, "tls"), what, "with rediss instead of redis it is")
    if ("certificate" in named) != ("key" in named):
        yield _problem(settings, (*_SHORT_LIVED, "tls"), "a certificate and its key belong together")
    for key, name in named.items():
        if key == "key":
            yield from _readable(settings, place(key), SecretReference(file=name))
        elif not (settings.directory / name).is_file():
            yield _problem(settings, place(key), f"{name} is not there")


def _lasting(settings: Settings) -> Iterator[Problem]:
    at = (*_LASTING, "url")
    try:
        url = resolved(settings.gateway.stores.lasting.url, settings.directory)
    except ValueError as cause:
        yield _problem(settings, at, str(cause))
        return
    if not url.startswith(_SQL):
        yield _problem(settings, at, _OTHER_KIND, f"it begins with {' or '.join(_SQL)}")


_SQL = ("sqlite:", "postgresql")
_OTHER_KIND = "the address is of another kind of store"


def _readable(settings: Settings, path: KeyPath, secret: SecretReference | None) -> Iterator[Problem]:
    try:
        _secret(secret, settings.directory)
    except ValueError as cause:
        yield _problem(settings, path, str(cause))


def _secret(secret: SecretReference | None, directory: Path) -> str | None:
    try:
        return None if secret is None else secret.read(directory).decode()
    except UnicodeDecodeError:
        raise ValueError("the password is not UTF-8") from None


def _path(name: str | None, directory: Path) -> Path | None:
    return None if name is None else directory / name


def _problem(settings: Settings, path: KeyPath, what: str, instead: str = "") -> Problem:
    return Problem(settings.gateway_document.place(path), what, instead)
