"""Nonces that the provider hands to clients for their DPoP proofs (RFC 9449 8): no proof can be made long before."""

from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.storage.contracts import ShortLivedStore

SECONDS = 300
"""How long one nonce is handed out. It is good for as long again."""


class Nonces:
    """One nonce for all clients, another every five minutes; all replicas find the same in the store."""

    def __init__(self, *, store: ShortLivedStore, clock: Clock, randomness: Randomness) -> None:
        self._store = store
        self._clock = clock
        self._randomness = randomness

    def current(self) -> str:
        """The one to hand out."""
        key = _key(self._window())
        made = self._randomness.token()
        if self._store.get(key) is None:
            self._store.add(key, made.encode(), seconds=2 * SECONDS)
        # of many that made one at the same moment, the one that stands
        return (self._store.get(key) or made.encode()).decode()

    def is_known(self, nonce: str) -> bool:
        """Whether it was handed out a short while ago."""
        window = self._window()
        return nonce.encode(errors="backslashreplace") in (
            self._store.get(_key(window)),
            self._store.get(_key(window - 1)),
        )

    def _window(self) -> int:
        return int(self._clock.now().timestamp()) // SECONDS


def _key(window: int) -> str:
    return f"dpop-nonce:{window}"
