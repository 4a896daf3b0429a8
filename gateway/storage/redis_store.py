"""The short-lived store in Redis, shared by all replicas."""

from collections.abc import Callable
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gateway.domain.errors import ErrorCode, SluisError

_TIMEOUT = 1.0


class RedisStore:
    """Fulfils ShortLivedStore; needs Redis 6.2 or later (GETDEL). `prefix` separates gateways that share a server.

    Calls time out after a second; nothing is tried twice, since a `take` or `add` whose answer was lost may have been
    carried out.
    """

    def __init__(self, url: str, *, prefix: str = "sluis:") -> None:
        self._prefix = prefix
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=30,
        )

    def put(self, key: str, value: bytes, *, seconds: int) -> None:
        self._ask(lambda: self._client.set(self._key(key), value, ex=seconds))

    def add(self, key: str, value: bytes, *, seconds: int) -> bool:
        return self._ask(lambda: self._client.set(self._key(key), value, ex=seconds, nx=True)) is not None

    def get(self, key: str) -> bytes | None:
        found: bytes | None = self._ask(lambda: self._client.get(self._key(key)))
        return found

    def take(self, key: str) -> bytes | None:
        found: bytes | None = self._ask(lambda: self._client.getdel(self._key(key)))
        return found

    def ping(self) -> None:
        self.put("ping", b"", seconds=1)

    def _key(self, key: str) -> str:
        if not key.isascii():
            raise ValueError("keys are ASCII")
        return self._prefix + key

    def _ask(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except redis.RedisError as cause:
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=cause) from cause
