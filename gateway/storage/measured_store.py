"""A short-lived store whose calls are measured."""

from collections.abc import Callable, Sequence

from gateway.storage.contracts import Measure, ShortLivedStore, Value


class MeasuredStore:
    """Fulfils ShortLivedStore over another one."""

    def __init__(self, store: ShortLivedStore, measure: Callable[[str], Measure]) -> None:
        self._store = store
        self._put, self._add, self._get, self._take = (measure(call) for call in ("put", "add", "get", "take"))
        self._add_all, self._get_all, self._take_all = (measure(call) for call in ("add_all", "get_all", "take_all"))
        self._count = measure("count")

    def put(self, key: str, value: bytes, *, seconds: int) -> None:
        with self._put():
            self._store.put(key, value, seconds=seconds)

    def add(self, key: str, value: bytes, *, seconds: int) -> bool:
        with self._add():
            return self._store.add(key, value, seconds=seconds)

    def add_all(self, values: Sequence[Value]) -> Sequence[bool]:
        with self._add_all():
            return self._store.add_all(values)

    def get(self, key: str) -> bytes | None:
        with self._get():
            return self._store.get(key)

    def take(self, key: str) -> bytes | None:
        with self._take():
            return self._store.take(key)

    def get_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        with self._get_all():
            return self._store.get_all(keys)

    def take_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        with self._take_all():
            return self._store.take_all(keys)

    def count(self, key: str, amount: int, *, seconds: int) -> int:
        with self._count():
            return self._store.count(key, amount, seconds=seconds)

    def ping(self) -> None:
        self._store.ping()
