"""Whatever becomes of learners: one identifier a release, nobody another's, and the ECK iD once it is there.

Learners of generated schools come late, as guests, from abroad (and get another number, and ECK iD, with their papers),
to two sectors (10-14), with two administrations; they log in, get their ECK iDs, are without again for a while, their
school changes its administration and its BRIN, and all of it in any order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.domain.attribute import IDENTIFIERS
from gateway.domain.brin import Brin
from gateway.domain.sector import Sector
from gateway.federation.clients import NameIdFormat
from gateway.federation.models import EckIdSource
from gateway.federation.succession import Subscription
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.subject import SubjectKind
from gateway.storage.contracts import LedgerRow, Seen, SubjectRow
from gateway.storage.known_as import KnownAsStore
from gateway.storage.links import SqlLinks
from gateway.storage.moving import Move, Moving
from gateway.storage.outbox import SqlOutbox
from gateway.storage.seen_eck_ids import SqlSeenEckIds
from gateway.storage.subjects import SqlSubjects
from gateway.storage.vault_entry import VaultEntry
from tests.support.dice import Dice
from tests.support.held import HeldClock, SeededRandomness
from tests.support.ledger import sql_ledger
from tests.support.releasing import KEY, SCHOOL, SENT, Records, World, world
from tests.support.vault import SEALING, database, vault_in

LEARNERS, STEPS, LATER = 6, 40, 1000
MERGED = replace(SCHOOL, brin=Brin("99XC"), domains=(), digi_delivery_id=None)


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
    both: bool = False
    """The school has the ECK iD of the other sector too."""
    renamed: int = 0
    """How often the user id changed."""
    number_changed: bool = False
    """A newcomer from abroad has a citizen number by now, and with it another ECK iD."""
    pairwise: set[str] = field(default_factory=set)
    """What the service, which knows by it, knew the learner with an ECK iD by."""

    @property
    def is_sent(self) -> bool:
        """The login itself has it, and the administration says nothing."""
        return self.sends and not self.both

    @property
    def account(self) -> str:
        return f"learner-{self.number}.{self.renamed}@regenboog.example"

    @property
    def elsewhere(self) -> str:
        """Of the other sector."""
        return f"https://ketenid.nl/pilot/{1000 + self.number:0128x}"

    @property
    def eck_id(self) -> str:
        return f"https://ketenid.nl/pilot/{self.number + 1 + 2000 * self.number_changed:0128x}"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as made:
        yield made


class KeptRecords(Records):
    """Subjects, and what was seen of accounts, lie in the database, where accounts move."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.kept = SqlSubjects(engine)
        self.written = sql_ledger(engine)

    def append(self, row: LedgerRow, *, seen: Seen | None = None) -> None:
        super().append(row)
        self.written.append(row, seen=seen)

    def find(self, account: str, service_id: str) -> SubjectRow | None:
        return self.kept.find(account, service_id)

    def keep(self, row: SubjectRow) -> SubjectRow:
        return self.kept.keep(row)


def a_school(engine: Engine, dice: Dice) -> tuple[World, list[Learner]]:
    """A service of po, which one learner of vo and a guest use as well."""
    given = world(name_id=dice.one([NameIdFormat.TRANSIENT, NameIdFormat.PERSISTENT]))
    [agreement] = given.agreements
    given = replace(
        given,
        records=KeptRecords(engine),
        seen=SqlSeenEckIds(engine, KEY),
        schools=(SCHOOL, MERGED),
        agreements=(replace(agreement, schools=frozenset({SCHOOL.brin, MERGED.brin})),),
        service=replace(given.service, succession=Subscription(attribute=True, notices=None)),
        idp=replace(
            given.idp,
            schools=frozenset({SCHOOL.brin, MERGED.brin}),
            eck_id_sources=(EckIdSource.ASSERTION, EckIdSource.VAULT),
        ),
        vault=vault_in(engine),
        known=KnownAsStore(engine, keys=(SEALING,), lookup=KEY, randomness=SeededRandomness()),
        outbox=SqlOutbox(engine, keys=(SEALING,), clock=HeldClock(), randomness=SeededRandomness(), topic="succession"),
    )
    sectors = [Sector.PO] * 4 + [Sector.VO]
    learners = [
        Learner(number, dice.one(sectors), dice.one([True, False]), both=dice.one([True, False, False]))
        for number in range(LEARNERS)
    ]
    return given, learners


def changes_its_administration(
    engine: Engine, given: World, learners: list[Learner], *, schools: dict[str, str]
) -> None:
    """Everybody has another user id from now on, and the school another BRIN where two merge."""
    assert given.vault is not None
    assert isinstance(given.known, KnownAsStore)
    moves = []
    for learner in learners:
        old = account_hash(KEY, given.idp.id, learner.account)
        learner.renamed += 1
        moves.append(Move(learner.number, old, account_hash(KEY, given.idp.id, learner.account)))
    randomness = SeededRandomness(f"{moves}")
    moving = Moving(
        engine,
        vault=given.vault,
        known_as=given.known,
        links=SqlLinks(engine, keys=(SEALING,), randomness=randomness),
        idp=given.idp.id,
        schools=schools,
        randomness=randomness,
    )
    assert not any(found.taken and found.rows for found in moving.look(moves))
    moving.move(moves)


def gets_an_eck_id(given: World, learner: Learner, school: str) -> None:
    """The school's administration hears of it; a login that sends it needs no entry."""
    learner.waits = False
    if learner.is_sent and learner.sector is Sector.PO:
        return
    assert given.vault is not None
    account = account_hash(KEY, given.idp.id, learner.account)
    other = {Sector.VO if learner.sector is Sector.PO else Sector.HO: learner.elsewhere} if learner.both else {}
    held = {learner.sector: learner.eck_id, **other}
    entry = VaultEntry(account=account, school=school, eck_ids=held, checked=date(2026, 8, 20))
    given.vault.put([[entry]], at_once=True)


def gets_papers(given: World, learner: Learner, school: str) -> None:
    """A newcomer's number becomes another, and the administration says which ECK iD took the place of which."""
    assert given.vault is not None
    before = learner.eck_id
    learner.number_changed = True
    account = account_hash(KEY, given.idp.id, learner.account)
    ids = {learner.sector: learner.eck_id}
    entry = VaultEntry(account=account, school=school, eck_ids=ids, replaced=(before,), checked=date(2026, 8, 20))
    given.vault.put([[entry]], at_once=True)


def has_none_today(given: World, learner: Learner, step: int, school: str) -> None:
    """The directory lacks it for one login, after which it is back."""
    if not learner.waits and learner.is_sent and learner.sector is Sector.PO and learner.seen[-1:] == [learner.eck_id]:
        learner.waits = True
        logs_in(given, learner, step, school)
        learner.waits = False
        logs_in(given, learner, step + LATER, school)


def logs_in(given: World, learner: Learner, step: int, school: str) -> None:
    sent = {**SENT, "uid": (learner.account,), "nlEduPersonHomeOrganizationId": (school,)}
    del sent["eckId"]
    if learner.is_sent and not learner.waits and learner.sector is Sector.PO:
        sent["eckId"] = (learner.eck_id,)
    released = given.release(sent, reference=f"LOGIN-{step}").released
    subject = released.subject
    assert set(released.values) & IDENTIFIERS == {subject.kind.attribute}
    may_see = not learner.waits and learner.sector is Sector.PO
    assert (subject.kind is SubjectKind.ECK_ID) is may_see
    assert (subject.identifier == learner.eck_id) is may_see
    if learner.seen[-1:] != [subject.identifier]:
        learner.seen.append(subject.identifier)
    if may_see:
        learner.pairwise.add(subject.pairwise)
    if released.former is not None:
        learner.told.append((released.former, subject.identifier))


@pytest.mark.parametrize("seed", range(8))
def test_each_learner_is_one_learner_to_the_service_from_beginning_to_end(engine, seed):
    dice = Dice(seed)
    given, learners = a_school(engine, dice)
    school, merges = str(SCHOOL.brin), dice.one(range(STEPS))
    for step in range(STEPS):
        if step == merges:
            changes_its_administration(engine, given, learners, schools={school: str(MERGED.brin)})
            school = str(MERGED.brin)
        elif dice.one(range(20)) == 0:
            changes_its_administration(engine, given, learners, schools={})
        learner = dice.one(learners)
        if learner.waits and dice.one([True, False, False]):
            gets_an_eck_id(given, learner, school)
        newcomer = not learner.sends and not learner.both and not learner.waits and not learner.number_changed
        if newcomer and learner.sector is Sector.PO and dice.one([True, False, False]):
            gets_papers(given, learner, school)
        logs_in(given, learner, step, school)
        if dice.one(range(3)) == 0:
            has_none_today(given, learner, LATER + step, school)
    for learner in learners:
        if learner.waits:
            gets_an_eck_id(given, learner, school)
        logs_in(given, learner, STEPS + learner.number, school)
    # Somebody new is given a user id that a learner had before.
    newcomers = [Learner(number, Sector.PO, sends=False) for number in range(LEARNERS)]
    for one in newcomers:
        logs_in(given, one, 2 * STEPS + one.number, school)

    assert {row.kind for row in given.records.anomalies} <= {"eck_id_disappeared"}
    everything = [identifier for learner in (*learners, *newcomers) for identifier in set(learner.seen)]
    assert len(set(everything)) == len(everything), "no identifier is ever two learners'"
    for learner in learners:
        last = learner.seen[-1]
        assert (last == learner.eck_id) is (learner.sector is Sector.PO)
        # What the service knew before it can be joined to what it knows now, by what it was told once each; that an
        # ECK iD is gone it is not told.
        changes = zip(learner.seen[:-1], learner.seen[1:], strict=True)
        assert learner.told == [(one, other) for one, other in changes if other.startswith("https://")]
        assert len(learner.pairwise) <= 1, "and whoever knows by it knew the learner by one all along"
