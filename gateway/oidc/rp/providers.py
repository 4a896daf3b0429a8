"""The OpenID providers of the federation as they are just now: endpoints and keys, fetched when a login needs them."""

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.http import Http, HttpFailed
from gateway.oidc.rp.discovery import Provider, fetch_provider
from gateway.oidc.rp.fetched import Fetched
from gateway.oidc.rp.json_documents import DocumentRejected
from gateway.oidc.rp.key_set import ProviderKeys, fetch_keys

T = TypeVar("T")


class Providers:
    """What is known of each issuer, shared by the threads of a worker."""

    def __init__(self, *, http: Http, clock: Clock) -> None:
        self._http = http
        self._clock = clock
        self._lock = Lock()
        self._documents: dict[str, Fetched[Provider]] = {}
        self._keys: dict[str, Fetched[ProviderKeys]] = {}

    def provider(self, issuer: str) -> Provider:
        """The provider of this issuer. Raises SluisError IDP_UNREACHABLE."""
        with self._lock:
            fetched = self._documents.setdefault(
                issuer, Fetched(lambda: fetch_provider(self._http, issuer), clock=self._clock)
            )
        return _or_unreachable(fetched.get, "discovery document")

    def keys(self, issuer: str) -> ProviderKeys:
        """Its keys. Raises SluisError IDP_UNREACHABLE; never none at all."""
        return _or_unreachable(self._key_set(issuer).get, "key set")

    def renewed_keys(self, issuer: str) -> ProviderKeys:
        """Its keys, asked for anew unless that was done a moment ago. Raises SluisError IDP_UNREACHABLE."""
        return _or_unreachable(self._key_set(issuer).renewed, "key set")

    def _key_set(self, issuer: str) -> Fetched[ProviderKeys]:
        with self._lock:
            return self._keys.setdefault(
                issuer,
                Fetched(lambda: fetch_keys(self._http, self.provider(issuer).jwks_uri), clock=self._clock),
            )


def _or_unreachable(get: Callable[[], T], what: str) -> T:
    try:
        return get()
    except (HttpFailed, DocumentRejected) as cause:
        raise SluisError(ErrorCode.IDP_UNREACHABLE, hint=f"its {what}", cause=str(cause)) from cause
