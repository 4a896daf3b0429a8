"""ECK iDs of a whole school by batch: asked for on a schedule, kept row by row, and nothing lost on the way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from gateway.demo.nummervoorziening import CHAIN, SECTORS, StandIn
from gateway.domain.eck_id import TEST_SEGMENTS
from gateway.domain.sector import Sector
from gateway.pseudonyms.nummervoorziening.batches import FIRST_POLL, SLOWEST_POLL, BatchTerms, EckIdBatches
from gateway.pseudonyms.nummervoorziening.client import Batch
from gateway.pseudonyms.nummervoorziening.faults import NummervoorzieningFailed, Trouble
from gateway.storage.eck_id_batches import BatchState, Outcome, SqlEckIdBatches, State
from gateway.storage.vault import Vault
from gateway.storage.vault_entry import VaultEntry
from tests.pseudonyms.nummervoorziening.conftest import OIN
from tests.support.held import HeldClock
from tests.support.vault import database, vault_in

PO = SECTORS["Primair onderwijs"]
TODAY = date(2026, 9, 7)
NAMES = ("fenna", "daan", "emma")


def account(name: str) -> str:
    return name.ljust(64, "0")


def entry(name: str, **more: object) -> VaultEntry:
    said = {"stampseudonym": StandIn().stampseudonym(name), "checked": date(2026, 8, 20), **more}
    return VaultEntry(account=account(name), school="99XA", **said)


def eck_id(name: str) -> str:
    return StandIn().eck_id(StandIn().stampseudonym(name), PO)


class Ended(Exception):
    """The process came to its end."""


@dataclass
class Service:
    """Fulfils TakesBatches: it answers what it is told to, in order, and else as it should."""

    troubles: list[Trouble | Exception] = field(default_factory=list)
    submitted: list[dict[int, str]] = field(default_factory=list)
    asked_at: list[datetime] = field(default_factory=list)
    answer: Batch | None = None
    clock: HeldClock = field(default_factory=HeldClock)

    def submit_stampseudonyms(self, oin: str, stampseudonyms: Mapping[int, str], *, chain: str, sector: str) -> str:
        assert (oin, chain, sector) == (OIN, CHAIN, PO)
        self.submitted.append(dict(stampseudonyms))
        self._trouble("submitEckIdBatch")
        return f"batch-{len(self.submitted)}"

    def batch(self, oin: str, identifier: str) -> Batch:
        assert oin == OIN
        self.asked_at.append(self.clock.now())
        self._trouble("retrieveBatch")
        if self.answer is not None:
            return self.answer
        asked = self.submitted[int(identifier.removeprefix("batch-")) - 1]
        return Batch({index: StandIn().eck_id(one, PO) for index, one in asked.items()}, {})

    def _trouble(self, operation: str) -> None:
        if self.troubles:
            trouble = self.troubles.pop(0)
            raise NummervoorzieningFailed(trouble, operation) if isinstance(trouble, Trouble) else trouble


@dataclass
class World:
    """A school with three learners in the vault, and whoever follows its batches."""

    engine: Engine
    vault: Vault
    store: SqlEckIdBatches
    service: Service
    clock: HeldClock
    most: int = 5000

    def batches(self) -> EckIdBatches:
        """A process that was just started."""
        terms = BatchTerms(
            chain=CHAIN, sectors={Sector.PO: PO}, segments=TEST_SEGMENTS, oins={"99XA": OIN}, most=self.most
        )
        return EckIdBatches(service=self.service, store=self.store, vault=self.vault, terms=terms, clock=self.clock)

    def start(self) -> list[tuple[int, int]]:
        return list(self.batches().start("99XA", Sector.PO))

    def follow(self, most: int = 100) -> BatchState:
        """To the end, waiting as long as it says, in a new process each time."""
        last = None
        for _ in range(most):
            while (one := self.batches().step()) is not None:
                last = one
            wait = self.batches().seconds_to_wait()
            if wait is None:
                assert last is not None
                return last
            self.clock.forward(seconds=wait)
        raise AssertionError(f"no end: {last}")

    def held(self) -> dict[str, str | None]:
        found = {name: self.vault.find(account(name), "99XA", today=TODAY) for name in NAMES}
        return {name: one.eck_ids.get(Sector.PO) if one else None for name, one in found.items()}

    def outcomes(self, batch: int) -> dict[str, Outcome | None]:
        return {row.account.rstrip("0"): row.outcome for row in self.store.rows(batch)}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as made:
        yield made


@pytest.fixture
def school(engine: Engine) -> World:
    vault, clock = vault_in(engine), HeldClock()
    vault.put([[entry(name) for name in NAMES]], at_once=True)
    return World(engine, vault, SqlEckIdBatches(engine, vault), Service(clock=clock), clock)


def test_everybody_gets_theirs(school):
    assert school.start() == [(1, 3)]
    done = school.follow()
    assert (done.state, done.counts) == (State.DONE, {Outcome.KEPT: 3})
    assert school.held() == {name: eck_id(name) for name in NAMES}
    assert school.start() == [], "nobody is asked for again"


def test_who_is_not_asked_for(school):
    school.vault.put(
        [
            [
                entry("fenna", checked=None),
                entry("daan", eck_ids={Sector.PO: eck_id("daan")}),
                entry("emma", until=date(2026, 9, 6)),
            ]
        ],
        at_once=True,
    )
    assert school.start() == []
    assert school.service.submitted == []


def test_a_large_school_has_more_than_one_batch_and_a_learner_is_in_one(school):
    school.most = 2
    assert school.start() == [(1, 2), (2, 1)]
    assert school.start() == []
    school.follow()
    assert [len(one) for one in school.service.submitted] == [2, 1]


def test_it_is_asked_for_ever_more_slowly_and_not_before_half_a_minute(school):
    school.start()
    began = school.clock.now()
    school.batches().step()
    school.service.troubles = [Trouble.NOT_FINISHED] * 7 + [Trouble.TOO_SOON]
    assert school.follow().state is State.DONE
    waits = [FIRST_POLL, 30, 60, 120, 240, 480, 900, 900, SLOWEST_POLL]
    moments = [began, *school.service.asked_at]
    assert [(later - earlier).seconds for earlier, later in pairwise(moments)] == waits
    assert len(school.service.submitted) == 1


@pytest.mark.parametrize("trouble", [Trouble.UNREACHABLE, Trouble.CERTIFICATE])
def test_what_it_did_not_hear_is_submitted_later(school, trouble):
    school.start()
    school.service.troubles = [trouble, trouble]
    assert school.follow().counts == {Outcome.KEPT: 3}
    assert len(school.service.submitted) == 3


@pytest.mark.parametrize("trouble", [Trouble.NO_ANSWER, Trouble.UNREADABLE])
def test_what_it_may_have_heard_is_submitted_again_by_nobody_but_a_person(school, trouble):
    school.start()
    school.service.troubles = [trouble]
    waiting = school.follow()
    assert (waiting.state, waiting.trouble) == (State.UNSURE, trouble.value)
    assert len(school.service.submitted) == 1
    assert school.start() == [], "its learners are not in a second batch meanwhile"
    assert school.batches().again(1)
    assert school.follow().counts == {Outcome.KEPT: 3}
    assert not school.batches().again(1)
    assert not school.batches().again(2)


def test_a_process_that_ends_in_the_middle_of_a_submission(school):
    school.start()
    school.service.troubles = [Ended()]
    with pytest.raises(Ended):
        school.batches().step()
    assert school.batches().step() is None, "whoever has it may still be at work"
    assert school.follow().state is State.UNSURE
    assert len(school.service.submitted) == 1


def test_a_process_that_ends_between_the_answer_and_the_vault(school, monkeypatch, tmp_path):
    """There is no second answer: this one is on record, sealed, before anything is done with it."""
    school.start()
    school.batches().step()
    school.clock.forward(seconds=FIRST_POLL)
    learn, learnt = Vault.learn, []

    def ends(self, *said):
        if learnt:
            raise Ended
        learnt.append(said)
        return learn(self, *said)

    monkeypatch.setattr(Vault, "learn", ends)
    with pytest.raises(Ended):
        school.batches().step()
    monkeypatch.undo()
    with school.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    assert not any(b"ketenid.nl/pilot" in path.read_bytes() for path in tmp_path.iterdir())
    assert school.follow().counts == {Outcome.KEPT: 3}
    assert len(school.service.asked_at) == 1
    assert school.held() == {name: eck_id(name) for name in NAMES}


@pytest.mark.parametrize("trouble", [Trouble.UNREACHABLE, Trouble.NO_ANSWER, Trouble.UNREADABLE, Trouble.REFUSED])
def test_a_question_that_fails_is_asked_again(school, trouble):
    school.start()
    school.batches().step()
    school.service.troubles = [trouble]
    assert school.follow().counts == {Outcome.KEPT: 3}
    assert len(school.service.asked_at) == 2


@pytest.mark.parametrize("trouble", [Trouble.RETRIEVED_BEFORE, Trouble.REMOVED])
def test_an_answer_that_is_gone_is_told_and_the_batch_can_be_submitted_anew(school, trouble):
    school.start()
    school.batches().step()
    school.service.troubles = [Trouble.NO_ANSWER, trouble]
    lost = school.follow()
    assert (lost.state, lost.trouble, lost.counts) == (State.LOST, trouble.value, {None: 3})
    assert school.batches().again(1)
    assert school.follow().counts == {Outcome.KEPT: 3}


def test_no_more_batches_today(school):
    school.start()
    school.service.troubles = [Trouble.DAILY_LIMIT]
    school.batches().step()
    wait = school.batches().seconds_to_wait()
    assert school.clock.now() + timedelta(seconds=wait) == datetime(2026, 9, 7, 22, 0, 30, tzinfo=UTC)
    assert school.follow().state is State.DONE


def test_a_batch_that_is_refused_waits_for_somebody(school):
    school.start()
    school.service.troubles = [Trouble.REFUSED]
    refused = school.follow()
    assert (refused.state, len(school.service.submitted)) == (State.REFUSED, 1)


def test_a_school_that_has_no_oin_any_more(school):
    school.start()
    school.store.set(1, State.READY, due=0)
    with school.engine.begin() as connection:
        connection.execute(text("UPDATE eck_id_batches SET school = '99XB'"))
    assert school.follow().state is State.REFUSED
    assert school.service.submitted == []


def test_half_a_batch_that_failed_is_told_row_by_row(school):
    school.start()
    rows = {row.account.rstrip("0"): row.number for row in school.store.rows(1)}
    stamp = StandIn().stampseudonym("daan")
    school.service.answer = Batch(
        {rows["fenna"]: eck_id("fenna")}, {rows["daan"]: f"value {stamp} of 2026 is not valid"}
    )
    assert school.follow().counts == {Outcome.KEPT: 1, Outcome.FAILED: 1, Outcome.UNANSWERED: 1}
    assert school.outcomes(1) == {"fenna": Outcome.KEPT, "daan": Outcome.FAILED, "emma": Outcome.UNANSWERED}
    said = {row.account.rstrip("0"): row.said for row in school.store.rows(1)}
    assert said["daan"] == "value … of … is not valid", "nothing of an identifier"
    school.service.answer = None
    assert school.start() == [(2, 2)], "who failed may be asked for again"


@pytest.mark.parametrize(
    "value", ["https://ketenid.nl/201703/" + "0a" * 64, "", "https://ketenid.nl/sppilot/" + "5a" * 64]
)
def test_what_is_no_eck_id_is_kept_nowhere(school, value):
    school.start()
    school.service.answer = Batch(dict.fromkeys(range(3), value), {})
    assert school.follow().counts == {Outcome.UNREADABLE: 3}
    assert set(school.held().values()) == {None}


def test_an_eck_id_that_another_account_has_goes_to_nobody_else(school):
    school.start()
    school.service.answer = Batch(dict.fromkeys(range(3), eck_id("fenna")), {})
    school.follow()
    assert sorted(school.outcomes(1).values()) == [Outcome.HELD, Outcome.HELD, Outcome.KEPT]
    assert list(school.held().values()).count(eck_id("fenna")) == 1


def test_what_the_school_changes_meanwhile_counts(school):
    school.start()
    school.batches().step()
    school.vault.put([[entry("fenna", stampseudonym="https://ketenid.nl/sppilot/" + "1b" * 64)]], at_once=True)
    school.vault.delete(account("daan"), school="99XA")
    assert school.vault.learn(entry("emma"), Sector.PO, eck_id("emma")), "asked for in a login meanwhile"
    school.follow()
    assert school.outcomes(1) == {"fenna": Outcome.CHANGED, "daan": Outcome.CHANGED, "emma": Outcome.KEPT}
    assert school.held() == {"fenna": None, "daan": None, "emma": eck_id("emma")}


def test_what_the_school_takes_back_before_it_is_submitted_is_not_submitted(school):
    school.start()
    school.vault.put([[replace(entry(name), checked=None) for name in NAMES]], at_once=True)
    done = school.follow()
    assert (done.state, done.counts, school.service.submitted) == (State.DONE, {Outcome.CHANGED: 3}, [])


def test_two_who_follow_do_not_do_the_same(school):
    school.start()
    one, other = school.batches(), school.batches()
    assert one.step() is not None
    assert other.step() is None
    assert len(school.service.submitted) == 1


def test_who_is_forgotten_stands_in_no_batch(school):
    school.start()
    school.vault.delete(account("fenna"))
    assert set(school.outcomes(1)) == {"daan", "emma"}
    assert school.follow().counts == {Outcome.KEPT: 2}


def test_a_school_that_leaves_takes_its_batches_along(school):
    school.start()
    school.batches().step()
    school.vault.shred("99XA")
    assert list(school.store.all()) == []
    assert school.batches().seconds_to_wait() is None


def test_an_account_that_takes_the_place_of_another_gets_its_eck_id(school):
    school.start()
    school.batches().step()
    with school.engine.begin() as connection:
        school.vault.move(connection, account("fenna"), account("noor"), lambda brin: brin)
    assert school.follow().counts == {Outcome.KEPT: 3}
    found = school.vault.find(account("noor"), "99XA", today=TODAY)
    assert found is not None
    assert found.eck_ids == {Sector.PO: eck_id("fenna")}
