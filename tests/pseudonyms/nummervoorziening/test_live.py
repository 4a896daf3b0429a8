"""An ECK iD that is asked for while somebody logs in: bounded, kept, and asked of nobody who may not be."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Engine

from gateway.attributes.values import RawAttributes
from gateway.demo.nummervoorziening import CHAIN, SECTORS
from gateway.domain.eck_id import TEST_SEGMENTS
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.sector import Sector
from gateway.federation.models import EckIdSource
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.nummervoorziening.faults import NummervoorzieningFailed, Trouble
from gateway.pseudonyms.nummervoorziening.live import FromNummervoorziening, Terms
from gateway.pseudonyms.sources import EckIds, FromAssertion, FromVault
from gateway.pseudonyms.subject import SubjectKind
from gateway.storage.breaker import Breaker
from gateway.storage.vault import Vault
from gateway.storage.vault_entry import VaultEntry
from tests.pseudonyms.nummervoorziening.conftest import OIN
from tests.support.held import HeldClock
from tests.support.releasing import ACCOUNT, ECK_ID, KEY, OTHER_ECK_ID, SCHOOL, SENT, World, without, world
from tests.support.vault import database, vault_in

PO = SECTORS["Primair onderwijs"]
STAMP = "https://ketenid.nl/sppilot/" + "5a" * 64
THREE = (EckIdSource.ASSERTION, EckIdSource.VAULT, EckIdSource.NUMMERVOORZIENING)
TOO_LONG_TO_WAIT = 60.0


@dataclass
class Service:
    """Fulfils IssuesEckIds. It answers when it may."""

    answer: str | Exception = ECK_ID
    may: Event = field(default_factory=Event)
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)
    done: Event = field(default_factory=Event)

    def eck_id(self, oin: str, stampseudonym: str, *, chain: str, sector: str) -> str:
        self.asked.append((oin, stampseudonym, chain, sector))
        assert self.may.wait(TOO_LONG_TO_WAIT)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Live:
    """A world whose learner has a stampseudonym in the vault, and the service."""

    given: World
    vault: Vault
    service: Service
    source: FromNummervoorziening
    told: list[str]
    clock: HeldClock

    def subject(self, sent: dict[str, tuple[str, ...]] | None = None) -> tuple[SubjectKind, str]:
        pipeline = self.given.pipeline()
        sources = {
            EckIdSource.ASSERTION: FromAssertion(TEST_SEGMENTS),
            EckIdSource.VAULT: FromVault(TEST_SEGMENTS),
            EckIdSource.NUMMERVOORZIENING: self.source,
        }
        pipeline._deciding._eck_ids = EckIds(sources, self.vault)
        said = RawAttributes(tuple((without("eckId") if sent is None else sent).items()), None)
        released = pipeline.release(
            service=self.given.service,
            idp=self.given.idp,
            reading=pipeline.read(said, self.given.idp, now=self.clock.now()),
            now=self.clock.now(),
            reference="R1",
        ).released
        return released.subject.kind, released.subject.identifier

    def held(self) -> dict[Sector, str]:
        found = self.vault.find(account_hash(KEY, self.given.idp.id, ACCOUNT), "99XA", today=date(2026, 9, 7))
        return {} if found is None else dict(found.eck_ids)

    def settle(self) -> None:
        """What is under way comes to its end."""
        self.service.may.set()
        self.source._pool.shutdown(wait=True)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as made:
        yield made


@pytest.fixture
def live(engine: Engine) -> Iterator[Live]:
    made: list[Live] = []

    def make(*, seconds: float = TOO_LONG_TO_WAIT, oin: str | None = OIN, ready: bool = True, **entry: Any) -> Live:
        given = world()
        school = replace(SCHOOL, oin=oin)
        given = replace(given, schools=(school,), idp=replace(given.idp, eck_id_sources=THREE))
        vault, service, told, clock = vault_in(engine), Service(), [], HeldClock()
        account = account_hash(KEY, given.idp.id, ACCOUNT)
        said = {"stampseudonym": STAMP, "checked": date(2026, 8, 20), **entry}
        vault.put([[VaultEntry(account=account, school="99XA", **said)]], at_once=True)
        source = FromNummervoorziening(
            service=service,
            vault=vault,
            terms=Terms(chain=CHAIN, sectors={Sector.PO: PO}, segments=TEST_SEGMENTS, seconds=seconds),
            breaker=Breaker(clock=clock, pause=timedelta(seconds=30)),
            told=told.append,
        )
        if ready:
            service.may.set()
        made.append(Live(given, vault, service, source, told, clock))
        return made[-1]

    yield make
    for one in made:
        one.settle()


def test_it_is_asked_once_and_kept(live):
    one = live()
    assert one.subject() == (SubjectKind.ECK_ID, ECK_ID)
    assert one.service.asked == [(OIN, STAMP, CHAIN, PO)]
    assert one.held() == {Sector.PO: ECK_ID}
    assert one.subject() == (SubjectKind.ECK_ID, ECK_ID)
    assert len(one.service.asked) == 1
    assert one.told == ["found"]


def test_a_login_is_kept_waiting_no_longer_than_the_bound_and_the_next_one_has_it(live):
    one = live(seconds=0.01, ready=False)
    assert one.subject()[0] is SubjectKind.PROVISIONAL
    assert one.told == ["late"]
    one.settle()
    assert one.held() == {Sector.PO: ECK_ID}
    assert one.subject() == (SubjectKind.ECK_ID, ECK_ID)


def test_a_slow_service_holds_no_more_logins_than_there_is_room_for(live):
    one = live(seconds=0.01, ready=False)
    for _ in range(10):
        assert one.subject()[0] is SubjectKind.PROVISIONAL
    assert one.told == ["late"] * 8 + ["no_room"] * 2


@pytest.mark.parametrize(
    ("entry", "oin"),
    [
        ({"checked": None}, OIN),
        ({"stampseudonym": None, "adult": True}, OIN),
        ({}, None),
        ({"eck_ids": {Sector.PO: ECK_ID}}, OIN),
    ],
    ids=["not found in the register", "no stampseudonym", "a school without an OIN", "known already"],
)
def test_who_is_not_asked_for(live, entry, oin):
    one = live(oin=oin, **entry)
    one.subject()
    assert one.service.asked == []


def test_who_sends_one_is_not_asked_for(live):
    one = live()
    assert one.subject({**SENT, "eckId": (OTHER_ECK_ID,)}) == (SubjectKind.ECK_ID, OTHER_ECK_ID)
    assert one.service.asked == []


def test_a_school_of_a_sector_that_is_not_asked_in(live):
    one = live()
    one.given = replace(one.given, schools=(replace(one.given.schools[0], sector=Sector.HO),))
    assert one.subject()[0] is SubjectKind.PROVISIONAL
    assert one.service.asked == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (NummervoorzieningFailed(Trouble.UNREACHABLE, "retrieveEckId"), "unreachable"),
        (NummervoorzieningFailed(Trouble.REFUSED, "retrieveEckId"), "refused"),
        ("https://ketenid.nl/201703/" + "0a" * 64, "unreadable"),
        (STAMP, "unreadable"),
        ("", "unreadable"),
    ],
)
def test_what_is_no_eck_id_lets_nobody_wait_and_is_kept_nowhere(live, answer, told):
    one = live()
    one.service.answer = answer
    assert one.subject()[0] is SubjectKind.PROVISIONAL
    assert one.told == [told]
    assert one.held() == {}


def test_one_that_does_not_answer_is_left_alone_for_a_while(live):
    one = live()
    one.service.answer = NummervoorzieningFailed(Trouble.UNREACHABLE, "retrieveEckId")
    for _ in range(5):
        one.subject()
    assert one.told == ["unreachable"] * 3 + ["not_asked"] * 2
    one.clock.forward(seconds=31)
    one.service.answer = ECK_ID
    assert one.subject() == (SubjectKind.ECK_ID, ECK_ID)


def test_an_eck_id_that_another_account_has_is_not_used(live):
    one = live()
    one.vault.put([[VaultEntry(account="d" * 64, school="99XA", eck_ids={Sector.PO: ECK_ID})]], at_once=True)
    assert one.subject()[0] is SubjectKind.PROVISIONAL
    assert one.told == ["not_kept"]


def test_what_the_administration_said_meanwhile_is_not_written_over(live):
    one = live(seconds=0.01, ready=False)
    one.subject()
    account = account_hash(KEY, one.given.idp.id, ACCOUNT)
    newer = VaultEntry(account=account, school="99XA", eck_ids={Sector.PO: OTHER_ECK_ID})
    one.vault.put([[newer]], at_once=True)
    one.settle()
    assert one.held() == {Sector.PO: OTHER_ECK_ID}
    assert one.told == ["late", "not_kept"]


def test_a_vault_that_cannot_be_written_keeps_nobody_out(live, monkeypatch):
    one = live()

    def broken(*_: object) -> bool:
        raise SluisError(ErrorCode.STORE_UNAVAILABLE)

    monkeypatch.setattr(one.vault, "learn", broken)
    assert one.subject()[0] is SubjectKind.PROVISIONAL
    assert one.told == ["not_kept"]
