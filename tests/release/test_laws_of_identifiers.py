"""Whatever becomes of learners: one identifier a release, nobody another's, and the ECK iD once it is there.

Learners of generated schools come late, as guests, from abroad, to two sectors, with two administrations; they log in,
get their ECK iDs, and all of it in any order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.domain.attribute import IDENTIFIERS
from gateway.domain.sector import Sector
from gateway.federation.clients import NameIdFormat
from gateway.federation.models import EckIdSource
from gateway.federation.succession import Subscription
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.subject import SubjectKind
from gateway.storage.known_as import KnownAsStore
from gateway.storage.outbox import SqlOutbox
from gateway.storage.vault_entry import VaultEntry
from tests.support.dice import Dice
from tests.support.held import HeldClock, SeededRandomness
from tests.support.releasing import KEY, SENT, World, world
from tests.support.vault import SEALING, database, vault_in

LEARNERS, STEPS = 6, 60


@dataclass
class Learner:
    """One person. `waits`: the ECK iD is not there yet; `sector` is that of it; `sends`: the login itself has it."""

    number: int
    sector: Sector
    sends: bool
    waits: bool = True
    seen: list[str] = field(default_factory=list)
    """Identifiers that the service knew the learner by."""
    told: list[tuple[str, str]] = field(default_factory=list)

    @property
    def account(self) -> str:
        return f"learner-{self.number}@regenboog.example"

    @property
    def eck_id(self) -> str:
        return f"https://ketenid.nl/pilot/{self.number + 1:0128x}"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as made:
        yield made


def a_school(engine: Engine, dice: Dice) -> tuple[World, list[Learner]]:
    """A service of po, which one learner of vo and a guest use as well."""
    given = world(name_id=dice.one([NameIdFormat.TRANSIENT, NameIdFormat.PERSISTENT]))
    given = replace(
        given,
        service=replace(given.service, succession=Subscription(attribute=True, notices=None)),
        idp=replace(given.idp, eck_id_sources=(EckIdSource.ASSERTION, EckIdSource.VAULT)),
        vault=vault_in(engine),
        known=KnownAsStore(engine, keys=(SEALING,), lookup=KEY, randomness=SeededRandomness()),
        outbox=SqlOutbox(engine, keys=(SEALING,), clock=HeldClock(), randomness=SeededRandomness(), topic="succession"),
    )
    sectors = [Sector.PO] * 4 + [Sector.VO]
    learners = [Learner(number, dice.one(sectors), dice.one([True, False])) for number in range(LEARNERS)]
    return given, learners


def gets_an_eck_id(given: World, learner: Learner) -> None:
    """The school's administration hears of it; a login that sends it needs no entry."""
    learner.waits = False
    if learner.sends and learner.sector is Sector.PO:
        return
    assert given.vault is not None
    account = account_hash(KEY, given.idp.id, learner.account)
    entry = VaultEntry(
        account=account, school="99XA", eck_ids={learner.sector: learner.eck_id}, checked=date(2026, 8, 20)
    )
    given.vault.put([[entry]], at_once=True)


def logs_in(given: World, learner: Learner, step: int) -> None:
    sent = {**SENT, "uid": (learner.account,)}
    del sent["eckId"]
    if learner.sends and not learner.waits and learner.sector is Sector.PO:
        sent["eckId"] = (learner.eck_id,)
    released = given.release(sent, reference=f"LOGIN-{step}").released
    subject = released.subject
    assert set(released.values) & IDENTIFIERS == {subject.kind.attribute}
    may_see = not learner.waits and learner.sector is Sector.PO
    assert (subject.kind is SubjectKind.ECK_ID) is may_see
    assert (subject.identifier == learner.eck_id) is may_see
    if subject.identifier not in learner.seen:
        learner.seen.append(subject.identifier)
    if released.former is not None:
        learner.told.append((released.former, subject.identifier))


@pytest.mark.parametrize("seed", range(12))
def test_each_learner_is_one_learner_to_the_service_from_beginning_to_end(engine, seed):
    dice = Dice(seed)
    given, learners = a_school(engine, dice)
    for step in range(STEPS):
        learner = dice.one(learners)
        if learner.waits and dice.one([True, False, False]):
            gets_an_eck_id(given, learner)
        logs_in(given, learner, step)
    for learner in learners:
        if learner.waits:
            gets_an_eck_id(given, learner)
        logs_in(given, learner, STEPS + learner.number)

    assert given.records.anomalies == []
    everything = [identifier for learner in learners for identifier in learner.seen]
    assert len(set(everything)) == len(everything), "no identifier is ever two learners'"
    for learner in learners:
        last = learner.seen[-1]
        assert (last == learner.eck_id) is (learner.sector is Sector.PO)
        # What the service knew before it can be joined to what it knows now, by what it was told once each.
        assert learner.told == list(zip(learner.seen[:-1], learner.seen[1:], strict=True))
