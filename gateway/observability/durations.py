"""How long things take: requests, and what they wait for."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Histogram

from gateway.observability import legs

_OF_REQUESTS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_OF_STORES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0)

Tick = Callable[[], float]
"""Seconds on a clock that only goes forward."""


class Durations:
    """Histograms of seconds, each by labels of which there are few."""

    def __init__(self, registry: CollectorRegistry, tick: Tick = time.perf_counter) -> None:
        self._tick = tick
        self._requests = Histogram(
            "sluis_request_seconds",
            "From the first octet that was read of a request until its answer, by endpoint",
            ["endpoint"],
            registry=registry,
            buckets=_OF_REQUESTS,
        )
        self._waits = Histogram(
            "sluis_waited_seconds",
            "How long requests lay in the kernel until a thread of a worker was free for them",
            registry=registry,
            buckets=_OF_REQUESTS,
        )
        self._stores = Histogram(
            "sluis_store_seconds",
            "Calls of a store, by store and call; of the ledger, until the row is durable",
            ["store", "call"],
            registry=registry,
            buckets=_OF_STORES,
        )

    def now(self) -> float:
        """A moment, to measure from."""
        return self._tick()

    def answered(self, endpoint: str, since: float) -> None:
        """A request of this endpoint has its answer."""
        self._requests.labels(endpoint).observe(self._tick() - since)

    def waited(self, seconds: float) -> None:
        """A request lay there so long before anybody looked at it."""
        self._waits.observe(seconds)

    def of_store(self, store: str, call: str) -> Callable[[], "_Timed"]:
        """What measures these calls: each is one `with`."""
        histogram = self._stores.labels(store, call)
        name = f"{store} {call}"
        return lambda: _Timed(histogram, self._tick, name)


class _Timed:
    """Measures one call, however it ends. A class and not a generator: there are a dozen a login."""

    __slots__ = ("_histogram", "_name", "_since", "_tick")

    def __init__(self, histogram: Histogram, tick: Tick, name: str) -> None:
        self._histogram = histogram
        self._name = name
        self._tick = tick

    def __enter__(self) -> None:
        self._since = self._tick()

    def __exit__(self, *_: object) -> None:
        until = self._tick()
        self._histogram.observe(until - self._since)
        legs.took(self._name, self._since, until)
