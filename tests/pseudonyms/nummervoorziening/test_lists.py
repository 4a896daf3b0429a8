"""What Nummervoorziening has is asked for once a day, and remembered while it is not there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.pseudonyms.nummervoorziening.client import Named
from gateway.pseudonyms.nummervoorziening.faults import NummervoorzieningFailed, Trouble
from gateway.pseudonyms.nummervoorziening.lists import KnownLists
from gateway.storage.eck_id_lists import SqlLists
from tests.support.held import HeldClock
from tests.support.vault import database


@dataclass
class Service:
    """Fulfils Lists."""

    down: bool = False
    asked: int = 0
    has: list[Named] = field(default_factory=lambda: [Named("po", "Primair onderwijs")])

    def chains(self, oin: str) -> list[Named]:
        self.asked += 1
        if self.down:
            raise NummervoorzieningFailed(Trouble.UNREACHABLE, "retrieveChains")
        return [Named("chain", "Keten")]

    def sectors(self, oin: str) -> list[Named]:
        return list(self.has)


@dataclass
class Given:
    service: Service
    clock: HeldClock
    lists: KnownLists


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Given]:
    with database(tmp_path) as engine:
        service, clock = Service(), HeldClock()
        yield Given(service, clock, KnownLists(service=service, store=SqlLists(engine), clock=clock))


def test_once_a_day(given):
    first = given.lists.known("oin")
    given.clock.forward(days=1, minutes=-1)
    assert given.lists.known("oin") == first
    assert given.service.asked == 1
    given.service.has.append(Named("vo", "Voortgezet onderwijs"))
    given.clock.forward(minutes=2)
    assert Named("vo", "Voortgezet onderwijs") in given.lists.known("oin").sectors
    assert given.service.asked == 2
    given.lists.known("oin", anew=True)
    assert given.service.asked == 3


def test_what_was_said_counts_while_it_is_not_there(given):
    first = given.lists.known("oin")
    given.service.down = True
    given.clock.forward(days=1, minutes=1)
    stale = given.lists.known("oin")
    assert (stale.chains, stale.sectors, stale.fetched) == (first.chains, first.sectors, first.fetched)
    assert stale.failed is not None
    assert stale.failed.trouble is Trouble.UNREACHABLE
    given.service.down = False
    assert given.lists.known("oin").failed is None


def test_when_nothing_was_ever_said(given):
    given.service.down = True
    with pytest.raises(NummervoorzieningFailed):
        given.lists.known("oin")


def test_what_it_lacks(given):
    assert given.lists.known("oin").lacks("chain", ("po", "vo")) == ["vo"]
