"""Stampseudonyms by batch: what comes of each hash, whatever became of the vault and the process meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.demo.nummervoorziening import StandIn
from gateway.pseudonyms.nummervoorziening.client import Batch
from gateway.pseudonyms.nummervoorziening.faults import NummervoorzieningFailed, Trouble
from gateway.pseudonyms.nummervoorziening.stamps import StampBatches
from gateway.storage.eck_id_batches import LEASE_SECONDS, Outcome, SqlEckIdBatches, State
from gateway.storage.vault_entry import VaultEntry
from tests.pseudonyms.nummervoorziening.conftest import OIN
from tests.pseudonyms.nummervoorziening.test_batches import Ended, Service, World, account
from tests.support.held import HeldClock
from tests.support.vault import database, vault_in

NAMES = ("sara", "mees", "noor")
NEVER = date.min


class TakesHashes(Service):
    """Fulfils both protocols."""

    def submit_hashes(self, oin: str, hpgns: dict[int, str]) -> str:
        assert oin == OIN
        self.submitted.append(dict(hpgns))
        self._trouble("submitStampseudonymBatch")
        self.answer = self.answer or Batch({number: stamp(one) for number, one in hpgns.items()}, {})
        return f"batch-{len(self.submitted)}"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as made:
        yield made


@pytest.fixture
def school(engine: Engine) -> World:
    vault, clock = vault_in(engine), HeldClock()
    return World(engine, vault, SqlEckIdBatches(engine, vault), TakesHashes(clock=clock), clock)


def learner(name: str) -> VaultEntry:
    return VaultEntry(account=account(name), school="99XA", checked=date(2026, 8, 20))


def hpgn(name: str) -> str:
    return name.ljust(64, "0")


def stamp(hpgn: str) -> str:
    return StandIn().stampseudonym(hpgn)


def submit(school: World, *names: str, most: int = 5000) -> list[tuple[int, int]]:
    batches = StampBatches(
        service=school.service, store=school.store, vault=school.vault, oin=OIN, most=most, clock=school.clock
    )
    return list(batches.submit((learner(name), hpgn(name)) for name in names))


def held(school: World, name: str) -> VaultEntry | None:
    return school.vault.find(account(name), "99XA", today=NEVER)


def test_as_many_batches_as_it_takes_and_each_gets_theirs(school):
    assert submit(school, *NAMES, most=2) == [(1, 2), (2, 1)]
    assert submit(school, *NAMES) == [], "all of them are under way"
    school.service.answer = Batch({0: stamp(hpgn("sara")), 1: stamp(hpgn("mees"))}, {})
    school.clock.forward(seconds=30)
    one = school.batches().step()
    assert one is not None
    assert (one.state, one.counts) == (State.DONE, {Outcome.KEPT: 2})
    assert held(school, "sara") == replace(learner("sara"), stampseudonym=stamp(hpgn("sara")))


def test_what_the_administration_said_stays_but_for_a_day_that_it_did_not_say(school):
    known = replace(learner("sara"), adult=True, checked=None)
    school.vault.put([[known, replace(learner("mees"), checked=date(2026, 1, 1))]], at_once=True)
    submit(school, "sara", "mees")
    assert held(school, "sara") == replace(known, checked=date(2026, 8, 20))
    assert held(school, "mees").checked == date(2026, 1, 1)


@pytest.mark.parametrize("trouble", [Trouble.UNREACHABLE, Trouble.CERTIFICATE, Trouble.DAILY_LIMIT, Trouble.REFUSED])
def test_what_was_not_taken_leaves_nothing_behind(school, trouble):
    school.service.troubles = [trouble]
    with pytest.raises(NummervoorzieningFailed):
        submit(school, "sara")
    assert list(school.store.all()) == []
    assert submit(school, "sara") == [(1, 1)]


@pytest.mark.parametrize("end", [Ended(), Trouble.NO_ANSWER, Trouble.UNREADABLE])
def test_what_was_perhaps_taken_waits_for_somebody(school, end):
    school.service.troubles = [end]
    with pytest.raises((Ended, NummervoorzieningFailed)):
        submit(school, "sara")
    school.clock.forward(seconds=LEASE_SECONDS)
    school.batches().step()
    [one] = school.store.all()
    assert one.state is State.UNSURE
    assert submit(school, "sara") == []
    assert school.batches().again(one.id)
    assert school.outcomes(one.id) == {"sara": Outcome.UNANSWERED}
    assert submit(school, "sara") == [(2, 1)]


@pytest.mark.parametrize(
    ("meanwhile", "outcome"),
    [
        ({"stampseudonym": stamp(hpgn("sara"))}, Outcome.KEPT),
        ({"stampseudonym": stamp(hpgn("other"))}, Outcome.CHANGED),
        ({"until": date(2027, 7, 31)}, Outcome.KEPT),
        (None, Outcome.CHANGED),
    ],
)
def test_an_entry_that_changed_meanwhile(school, meanwhile, outcome):
    submit(school, "sara")
    if meanwhile is None:
        school.vault.delete(account("sara"), school="99XA")
    else:
        school.vault.put([[replace(learner("sara"), **meanwhile)]], at_once=True)
    school.follow()
    assert school.outcomes(1) == {"sara": outcome}


def test_a_stampseudonym_that_another_account_has_and_one_that_is_none(school):
    school.vault.put([[replace(learner("noor"), stampseudonym=stamp(hpgn("sara")))]], at_once=True)
    submit(school, "sara", "mees")
    school.service.answer = Batch({0: stamp(hpgn("sara")), 1: "https://ketenid.nl/pilot/" + "a" * 128}, {})
    school.follow()
    assert school.outcomes(1) == {"sara": Outcome.HELD, "mees": Outcome.UNREADABLE}
    assert held(school, "sara").stampseudonym is None


def test_it_goes_on_where_it_was_after_its_process_ended(school, monkeypatch):
    submit(school, *NAMES)
    settle = school.store.settle

    def settles_one(batch, number, outcome):
        if number:
            raise Ended
        settle(batch, number, outcome)

    monkeypatch.setattr(school.store, "settle", settles_one)
    school.clock.forward(seconds=30)
    with pytest.raises(Ended):
        school.batches().step()
    monkeypatch.undo()
    school.clock.forward(seconds=LEASE_SECONDS)
    done = school.follow()
    assert (done.state, done.counts) == (State.DONE, {Outcome.KEPT: 3})
    assert len(school.service.asked_at) == 1, "the answer was fetched once"
