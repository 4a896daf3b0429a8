"""The short-lived store in Redis, shared by all replicas."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import redis
from redis.exceptions import ClusterError, RedisClusterException

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.randomness import Randomness
from gateway.storage.breaker import Breaker
from gateway.storage.contracts import Value
from gateway.storage.redis_address import RedisAddress
from gateway.storage.redis_client import Client, NotConnected, connect
from gateway.storage.redis_options import RedisOptions

_TRIES = 3
_LONGEST_PAUSE = 0.1
_NO_ANSWER = (redis.ConnectionError, redis.TimeoutError, ClusterError, RedisClusterException)


class RedisStore:
    """Fulfils ShortLivedStore; needs Redis 6.2 or later (GETDEL). `prefix` separates gateways that share a server.

    Each call is one command on one key (those of several keys: one a key, in a pipeline; `count`: two), so it is atomic
    in a Cluster too. One that could not be sent is tried again, and one that only reads whose connection broke, after
    at most a tenth of a second and at most twice. Any other is not: it may have been carried out although its answer
    was lost. Nor is one whose time has run out. The breaker refuses at once while nothing answers.
    """

    def __init__(
        self,
        client: Callable[[], Client],
        *,
        breaker: Breaker,
        randomness: Randomness,
        prefix: str = "sluis:",
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._make = client
        self._made: Client | None = None
        self._making = threading.Lock()
        self._breaker = breaker
        self._randomness = randomness
        self._prefix = prefix
        self._pause = pause

    def put(self, key: str, value: bytes, *, seconds: int) -> None:
        self._ask(lambda client: client.set(self._key(key), value, ex=seconds))

    def add(self, key: str, value: bytes, *, seconds: int) -> bool:
        return self._ask(lambda client: client.set(self._key(key), value, ex=seconds, nx=True)) is not None

    def add_all(self, values: Sequence[Value]) -> Sequence[bool]:
        def add_each(client: Client) -> list[bool]:
            pipeline = client.pipeline(transaction=False)
            for one in values:
                pipeline.set(self._key(one.key), one.value, ex=one.seconds, nx=True)
            return [answer is not None for answer in pipeline.execute()]

        added: list[bool] = self._ask(add_each)
        return added

    def get(self, key: str) -> bytes | None:
        found: bytes | None = self._ask(lambda client: client.get(self._key(key)), again=redis.ConnectionError)
        return found

    def take(self, key: str) -> bytes | None:
        found: bytes | None = self._ask(lambda client: client.getdel(self._key(key)))
        return found

    def get_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        return self._each("get", keys, again=redis.ConnectionError)

    def take_all(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        return self._each("getdel", keys)

    def count(self, key: str, amount: int, *, seconds: int) -> int:
        def add(client: Client) -> int:
            pipeline = client.pipeline(transaction=False)
            pipeline.set(self._key(key), 0, ex=seconds, nx=True)
            pipeline.incrby(self._key(key), amount)
            number: int = pipeline.execute()[1]
            return number

        counted: int = self._ask(add)
        return counted

    def ping(self) -> None:
        self.put("ping", b"", seconds=1)

    def _each(self, command: str, keys: Sequence[str], **how: Any) -> list[bytes | None]:
        def ask_each(client: Client) -> list[bytes | None]:
            pipeline = client.pipeline(transaction=False)
            for key in keys:
                getattr(pipeline, command)(self._key(key))
            found: list[bytes | None] = pipeline.execute()
            return found

        answers: list[bytes | None] = self._ask(ask_each, **how)
        return answers

    def _key(self, key: str) -> str:
        if not key.isascii():
            raise ValueError("keys are ASCII")
        return self._prefix + key

    def _ask(self, call: Callable[[Client], Any], *, again: type[redis.RedisError] = NotConnected) -> Any:
        if not self._breaker.lets_through():
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause="the breaker is open")
        try:
            answer = self._tried(call, again)
        except _NO_ANSWER as cause:
            self._breaker.failed()
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=cause) from cause
        except redis.RedisError as cause:
            self._breaker.succeeded()
            raise SluisError(ErrorCode.STORE_UNAVAILABLE, cause=cause) from cause
        self._breaker.succeeded()
        return answer

    def _tried(self, call: Callable[[Client], Any], again: type[redis.RedisError]) -> Any:
        """What Redis answers; without an answer, what failed as `again` does is tried again."""
        for _ in range(_TRIES - 1):
            try:
                return call(self._client())
            except _NO_ANSWER as cause:
                if not isinstance(cause, again):
                    raise
            self._pause(_LONGEST_PAUSE * self._randomness.bytes(1)[0] / 255)
        return call(self._client())

    def _client(self) -> Client:
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made


def open_redis(
    address: RedisAddress,
    options: RedisOptions,
    *,
    clock: Clock,
    randomness: Randomness,
    prefix: str = "sluis:",
    told: Callable[[bool], None] = lambda _opened: None,
) -> RedisStore:
    """A store at this address; connects on first use. `told` hears when its breaker opens (True) or closes."""
    return RedisStore(
        lambda: connect(address, options), breaker=Breaker(clock=clock, told=told), randomness=randomness, prefix=prefix
    )
