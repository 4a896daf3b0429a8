"""Lists in a short-lived store, which knows single values alone: numbered places, each taken once.

`add` takes a free place atomically, so that of many at once none is lost; a place is free again when its value ends.
"""

from collections.abc import Mapping, Sequence

from gateway.storage.contracts import ShortLivedStore, Value

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

    def scatter(
        self, values: Mapping[str, bytes], *, seconds: int, start: int, beside: Sequence[Value] = ()
    ) -> Sequence[bool]:
        """Put each value into a free place near `start` in the list of its key, or over what is there.

        So a long list makes nothing slow. What stands `beside` is added on the same way; whether each of it was.
        """
        wanted = [Value(f"{key}:{start % self._limit}", value, seconds) for key, value in values.items()]
        added = self._store.add_all([*beside, *wanted])
        for (key, value), placed in zip(values.items(), added[len(beside) :], strict=True):
            if not placed:
                self._scatter_on(key, value, seconds=seconds, start=start)
        return added[: len(beside)]

    def _scatter_on(self, key: str, value: bytes, *, seconds: int, start: int) -> None:
        near = [f"{key}:{(start + step) % self._limit}" for step in range(_TRIES)]
        if not any(self._store.add(place, value, seconds=seconds) for place in near[1:]):
            self._store.put(near[0], value, seconds=seconds)

    def remove(self, key: str, value: bytes) -> None:
        """Take this value out of the list, wherever it stands."""
        places = self._places(key)
        for place, found in zip(places, self._store.get_all(places), strict=True):
            if found == value:
                self._store.take(place)

    def clear(self, key: str) -> None:
        """Take out all values."""
        self._store.take_all(self._places(key))

    def values(self, key: str) -> list[bytes]:
        """All values, by their places."""
        return [found for found in self._store.get_all(self._places(key)) if found is not None]

    def _places(self, key: str) -> list[str]:
        return [f"{key}:{place}" for place in range(self._limit)]
