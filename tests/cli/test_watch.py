"""The process that watches the sources, one look at a time, with the clock in hand."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.cli.refresher import Watch, documents
from tests.support.held import HeldClock
from tests.support.metadata_server import MetadataServer, metadata_server
from tests.support.sourced import FEDERATION, Sourced, federation_document, others, write_sourced


@dataclass
class Watched:
    """A watch, and what it did."""

    sourced: Sourced
    fetched: list[str] = field(default_factory=list)
    told: int = 0

    def started(self, seen: dict[str, tuple[int, int]]) -> Watch:
        return Watch(self.sourced.settings, seen, self._fetch, self._tell, random.Random(7))

    def _fetch(self, source: str) -> None:
        self.fetched.append(source)
        self.sourced.fetch()

    def _tell(self) -> None:
        self.told += 1


@pytest.fixture
def server() -> Iterator[MetadataServer]:
    with metadata_server() as served:
        served.body = federation_document()
        yield served


@pytest.fixture
def watched(tmp_path: Path, server: MetadataServer, clock: HeldClock) -> Watched:
    return Watched(write_sourced(tmp_path, server.url, clock))


def test_fetches_at_first_and_then_when_it_is_due(watched: Watched, server: MetadataServer):
    clock, watch = watched.sourced.clock, watched.started({})
    watch.look(clock.now())
    assert (watched.fetched, watched.told) == (["federation"], 1)
    clock.forward(minutes=30)
    watch.look(clock.now())
    assert (len(watched.fetched), watched.told) == (1, 1)
    clock.forward(minutes=40)
    watch.look(clock.now())
    assert (len(watched.fetched), watched.told) == (2, 1), "what is as it was is told to nobody"
    server.body = federation_document(*others(1), key=FEDERATION)
    clock.forward(minutes=70)
    watch.look(clock.now())
    assert (len(watched.fetched), watched.told) == (3, 2)


def test_after_a_failure_it_tries_soon_and_then_ever_later(watched: Watched, server: MetadataServer):
    clock, watch = watched.sourced.clock, watched.started({})
    server.status = 503
    tries = []
    for minute in range(40):
        before = len(watched.fetched)
        watch.look(clock.now())
        tries += [minute] if len(watched.fetched) > before else []
        clock.forward(minutes=1)
    pauses = [later - sooner for sooner, later in pairwise(tries)]
    assert tries[0] == 0
    assert len(tries) in (5, 6)
    assert pauses == sorted(pauses)
    assert watched.told == 0


def test_what_is_put_there_while_the_gateway_loads_its_configuration_is_told(watched: Watched):
    seen = documents(watched.sourced.directory)
    assert watched.sourced.fetch().changed
    watched.started(seen).look(watched.sourced.clock.now())
    assert (watched.fetched, watched.told) == ([], 1)


def test_what_the_gateway_has_loaded_already_is_not_told(watched: Watched):
    assert watched.sourced.fetch().changed
    watched.started(documents(watched.sourced.directory)).look(watched.sourced.clock.now())
    assert (watched.fetched, watched.told) == ([], 0)
