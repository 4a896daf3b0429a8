"""Measurements of what the gateway stands on: its stores, and the sources of its metadata."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

log = structlog.get_logger("sluis")


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """How a source of metadata stands. `age` is since the last good fetch, in seconds; None before the first one."""

    id: str
    age: float | None
    failures: int
    entities: int


class StoodOn:
    """Gauges of stores and sources."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._available = Gauge(
            "sluis_store_available",
            "Whether every worker uses the store: 0 while one of them has given up asking. Alarm on 0",
            ["store"],
            registry=registry,
            multiprocess_mode="livemin",
        )
        self._outages = Counter(
            "sluis_store_outages_total", "How often a worker gave up asking a store", ["store"], registry=registry
        )
        self._age = self._of_source(registry, "age_seconds", "Since the last good fetch of a metadata source")
        self._failures = self._of_source(registry, "failures", "Fetches of a source that failed in a row. Alarm on any")
        self._entities = self._of_source(registry, "entities", "Entities in the copy of a source that is kept")
        self._sources: Callable[[], Iterable[SourceStanding]] = tuple

    def watch_store(self, store: str) -> Callable[[bool], None]:
        """What is to be told when a store is given up (True), and when it answers again (False)."""
        self._available.labels(store).set(1)

        def told(given_up: bool) -> None:  # noqa: FBT001 - what a breaker tells
            self._available.labels(store).set(0 if given_up else 1)
            if given_up:
                self._outages.labels(store).inc()
                log.error("store_given_up", store=store)
            else:
                log.info("store_answers_again", store=store)

        return told

    def watch_sources(self, standing: Callable[[], Iterable[SourceStanding]]) -> None:
        """Ask for the standing of sources whenever the metrics are asked for."""
        self._sources = standing

    def update(self) -> None:
        """Bring the gauges of sources up to date."""
        for source in self._sources():
            if source.age is not None:
                self._age.labels(source.id).set(source.age)
            self._failures.labels(source.id).set(source.failures)
            self._entities.labels(source.id).set(source.entities)

    def _of_source(self, registry: CollectorRegistry, name: str, what: str) -> Gauge:
        return Gauge(f"sluis_metadata_{name}", what, ["source"], registry=registry, multiprocess_mode="mostrecent")
