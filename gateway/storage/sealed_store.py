"""Any short-lived store, sealed: what lies in it tells nothing (law 5)."""

from collections.abc import Sequence

from gateway.domain.randomness import Randomness
from gateway.storage.contracts import ShortLivedStore, Value
from gateway.storage.sealing import CannotOpen, Sealer, SecretKey, keyed_hash


class SealedStore:
    """Fulfils ShortLivedStore over another one: keys become keyed hashes, values authenticated ciphertext.

    The part of a key before its first colon is its purpose. `keys` seal and may rotate; `lookup` hashes the keys to
    look up by, and what was stored under another one is not found. A value that does not open is treated as absent:
    whatever was tampered with is not there.
    """

    def __init__(
        self, store: ShortLivedStore, *, keys: Sequence[SecretKey], lookup: SecretKey, randomness: Randomness
    ) -> None:
        self._store = store
        self._sealer = Sealer(keys, randomness)
        self._lookup = lookup

    def put(self, key: str, value: bytes, *, seconds: int) -> None:
        self._store.put(self._hashed(key), self._sealed(key, value), seconds=seconds)

    def add(self, key: str, value: bytes, *, seconds: int) -> bool:
        return self._store.add(self._hashed(key), self._sealed(key, value), seconds=seconds)

    def add_all(self, values: Sequence[Value]) -> Sequence[bool]:
        return self._store.add_all(
            [Value(self._hashed(one.key), self._sealed(one.key, one.value), one.seconds) for one in values]
        )

    def get(self, key: str) -> bytes | None:
        return self._opened(key, self._store.get(self._hashed(key)))

    def take(self, key: str) -> bytes | None:
        return self._opened(key, self._store.take(self._hashed(key)))

    def get_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        found = self._store.get_all([self._hashed(key) for key in keys])
        return [self._opened(key, sealed) for key, sealed in zip(keys, found, strict=True)]

    def take_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        taken = self._store.take_all([self._hashed(key) for key in keys])
        return [self._opened(key, sealed) for key, sealed in zip(keys, taken, strict=True)]

    def count(self, key: str, amount: int, *, seconds: int) -> int:
        """A number is not sealed, or the store could not add to it; of what it is the number is not told."""
        return self._store.count(self._hashed(key), amount, seconds=seconds)

    def ping(self) -> None:
        self._store.ping()

    def _hashed(self, key: str) -> str:
        return keyed_hash(self._lookup, "short-lived", key).hex()

    def _sealed(self, key: str, value: bytes) -> bytes:
        return self._sealer.seal(value, purpose=key.partition(":")[0], key=key)

    def _opened(self, key: str, sealed: bytes | None) -> bytes | None:
        if sealed is None:
            return None
        try:
            return self._sealer.open(sealed, purpose=key.partition(":")[0], key=key)
        except CannotOpen:
            return None
