"""Lists in a short-lived store, which knows single values alone: numbered places, each taken once.

`add` takes a free place atomically, so that of many at once none is lost; a place is free again when its value ends.
"""

from collections.abc import Iterator

from gateway.storage.contracts import ShortLivedStore

_TRIES = 4
"""With a quarter of the places taken, one in 250 finds none that is free."""


class Slots:
    """Lists of at most `limit` values each."""

    def __init__(self, store: ShortLivedStore, *, limit: int) -> None:
        self._store = store
        self._limit = limit

    def add(self, key: str, value: bytes, *, seconds: int, start: int) -> bool:
        """Put the value into the first free place from `start` on, round the end; False when all are taken."""
        places = ((start + step) % self._limit for step in range(self._limit))
        return any(self._store.add(f"{key}:{place}", value, seconds=seconds) for place in places)

    def scatter(self, key: str, value: bytes, *, seconds: int, start: int) -> None:
        """Put the value into a free place near `start`, or over what is there: a long list makes nothing slow."""
        near = [f"{key}:{(start + step) % self._limit}" for step in range(_TRIES)]
        if not any(self._store.add(place, value, seconds=seconds) for place in near):
            self._store.put(near[0], value, seconds=seconds)

    def remove(self, key: str, value: bytes) -> None:
        """Take this value out of the list, wherever it stands."""
        for place in range(self._limit):
            if self._store.get(f"{key}:{place}") == value:
                self._store.take(f"{key}:{place}")

    def clear(self, key: str) -> None:
        """Take out all values."""
        for place in range(self._limit):
            self._store.take(f"{key}:{place}")

    def values(self, key: str) -> Iterator[bytes]:
        """All values, by their places."""
        for place in range(self._limit):
            found = self._store.get(f"{key}:{place}")
            if found is not None:
                yield found
