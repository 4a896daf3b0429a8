"""A service hears once that a learner is known by another identifier from now on, and only if it wants to."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from gateway.domain.attribute import Attribute
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.http import HttpAnswer, HttpFailed
from gateway.domain.key_ring import Ring
from gateway.domain.sector import Sector
from gateway.federation.clients import NameIdFormat
from gateway.federation.models import EckIdSource
from gateway.federation.succession import Subscription
from gateway.oidc.op.redelivery import DELAYS, Redelivery
from gateway.oidc.op.signing import Signer
from gateway.oidc.op.succession_notices import DAY, EVENT, SuccessionCourier
from gateway.pseudonyms.derivation import account_hash
from gateway.release.outcome import Outcome
from gateway.release.record import Rule
from gateway.settings.private_keys import TokenKey
from gateway.storage.known_as import KnownAsStore
from gateway.storage.outbox import SqlOutbox
from gateway.storage.sealing import SecretKey
from gateway.storage.vault_entry import VaultEntry
from tests.support.held import HeldClock, SeededRandomness
from tests.support.jose import ISSUER, verified
from tests.support.releasing import ACCOUNT, ECK_ID, KEY, OTHER_ECK_ID, SENT, World, without, world
from tests.support.signing_keys import elliptic_key
from tests.support.vault import SEALING, database, vault_in

NOTICES = "https://rekentuin.example/notices"
SIGNER = Signer({"ES256": Ring(TokenKey("e1", "ES256", elliptic_key("op")))})
NEW = SecretKey("s2", b"the sealing key that comes after, long enough.")
THIRD_ECK_ID = "https://ketenid.nl/pilot/" + "0c" * 64


@dataclass
class Receiver:
    """Fulfils what the courier needs of Http: a service that takes notices, or does not."""

    status: int = 202
    hangs: bool = False
    taken: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    def send(self, url: str, *, headers: dict[str, str], body: bytes) -> HttpAnswer:
        self.taken.append((url, headers, body.decode()))
        if self.hangs:
            raise HttpFailed("too slow")
        return HttpAnswer(self.status, b"")


@dataclass
class Told:
    """A world whose service hears of successions, and what brings it the notices."""

    given: World
    engine: Engine
    clock: HeldClock
    store: KnownAsStore
    receiver: Receiver
    logins: int = 0

    def log_in(self, sent: dict[str, tuple[str, ...]]) -> Outcome:
        self.logins += 1
        return self.given.release(sent, reference=f"LOGIN-{self.logins}", now=self.clock.now())

    def notices(self) -> Redelivery:
        assert self.given.outbox is not None
        courier = SuccessionCourier(
            issuer=ISSUER,
            signer=SIGNER,
            http=self.receiver,
            known=self.store,
            metrics=self.given.metrics,
            clock=self.clock,
            randomness=SeededRandomness(),
        )
        return Redelivery(outbox=self.given.outbox, federation=self.given.federation(), courier=courier)

    def jwks(self) -> dict[str, Any]:
        return SIGNER.jwks()

    def counted(self, outcome: str) -> float:
        line = f'sluis_successions_total{{outcome="{outcome}",service="rekentuin"}} '
        lines = self.given.metrics.render().decode().splitlines()
        return sum(float(one.removeprefix(line)) for one in lines if one.startswith(line))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as made:
        yield made


def told(engine: Engine, *, attribute: bool = True, notices: str | None = NOTICES, **more: Any) -> Told:
    clock = HeldClock()
    store = KnownAsStore(engine, keys=(SEALING,), lookup=KEY, randomness=SeededRandomness())
    outbox = SqlOutbox(engine, keys=(SEALING,), clock=clock, randomness=SeededRandomness(), topic="succession")
    given = world(**more)
    given = replace(
        given,
        service=replace(given.service, succession=Subscription(attribute, notices)),
        known=store,
        outbox=outbox,
    )
    return Told(given, engine, clock, store, Receiver())


def test_the_login_that_brings_the_eck_id_names_the_identifier_before_and_no_other_login_does(engine):
    one = told(engine)
    before = one.log_in(without("eckId")).released
    assert (before.former, one.counted("seen")) == (None, 0)
    after = one.log_in(SENT)
    assert one.counted("seen") == 1
    assert (after.released.subject.identifier, after.released.former) == (ECK_ID, before.subject.identifier)
    assert after.decision.rules[Attribute.ECK_ID] is Rule.IDENTIFIER_SUCCESSION
    assert "identifier-succession" in one.given.records.ledger[-1].decision
    assert before.subject.identifier not in one.given.records.ledger[-1].decision
    again = one.given.release(SENT, reference="LOGIN-2")
    assert again.released.former == before.subject.identifier, "what is fetched later belongs to the same login"
    last = one.log_in(SENT)
    assert last.released.former is None
    assert last.decision.rules[next(iter(last.released.values))] is Rule.IDENTIFIER_ECK_ID


def test_a_persistent_name_stays(engine):
    one = told(engine, name_id=NameIdFormat.PERSISTENT)
    before = one.log_in(without("eckId")).released.subject
    after = one.log_in(SENT).released
    assert after.subject.pairwise == before.pairwise == after.former


def test_who_does_not_want_to_hear_of_it_does_not(engine):
    one = told(engine)
    one.given = replace(one.given, service=replace(one.given.service, succession=None))
    one.log_in(without("eckId"))
    assert one.log_in(SENT).released.former is None
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM known_as")).scalar() == 0


def test_who_wants_to_hear_since_a_short_while_hears_of_learners_from_before(engine):
    one = told(engine)
    wants = one.given.service
    one.given = replace(one.given, service=replace(wants, succession=None))
    before = one.log_in(without("eckId")).released.subject.identifier
    one.given = replace(one.given, service=wants)
    assert one.log_in(SENT).released.former == before


def test_of_a_learner_who_had_an_eck_id_from_the_start_there_is_nothing_to_tell(engine):
    one = told(engine)
    assert [one.log_in(SENT).released.former for _ in range(2)] == [None, None]
    assert one.given.outbox is not None
    assert one.given.outbox.waiting() == 0


@pytest.mark.parametrize("own", [Fallback.REAL_ID, Fallback.PROFILE_ID, Fallback.LAS_KEY])
def test_the_same_for_an_identifier_of_the_schools_own(engine, own):
    one = told(engine, wish=own, allowed=own)
    before = one.log_in(without("eckId")).released.subject.identifier
    assert one.log_in(SENT).released.former == before


def test_a_roster_that_is_keyed_otherwise_is_no_eck_id(engine):
    one = told(engine)
    one.log_in(without("eckId"))
    one.given = replace(
        one.given,
        service=replace(one.given.service, fallback=Fallback.LAS_KEY),
        agreements=(replace(one.given.agreements[0], fallback=Fallback.LAS_KEY),),
    )
    assert one.log_in(without("eckId")).released.former is None
    assert one.log_in(SENT).released.former == SENT["lasKey"][0]


def test_what_a_learner_did_while_the_eck_id_was_gone_is_theirs_once_it_is_back(engine):
    one = told(engine, name_id=NameIdFormat.PERSISTENT)
    first = one.log_in(SENT).released.subject
    gone = one.log_in(without("eckId")).released
    assert gone.former is None
    assert gone.subject.pairwise != first.pairwise, "the account may be somebody else's by now"
    back = one.log_in(SENT).released
    assert (back.subject, back.former) == (first, gone.subject.identifier)
    assert one.log_in(SENT).released.former is None
    assert one.log_in(without("eckId")).released.subject == gone.subject
    assert one.log_in(SENT).released.former == gone.subject.identifier
    assert {row.kind for row in one.given.records.anomalies} == {"eck_id_disappeared"}


def test_an_eck_id_that_comes_back_as_another_one_that_took_its_place(engine):
    one = told(engine, name_id=NameIdFormat.PERSISTENT)
    vault = vault_in(engine)
    one.given = replace(one.given, vault=vault, idp=replace(one.given.idp, eck_id_sources=(EckIdSource.VAULT,)))
    account = account_hash(KEY, one.given.idp.id, ACCOUNT)
    released = []
    for eck_ids, replaced in (({Sector.PO: ECK_ID}, ()), ({}, ()), ({Sector.PO: OTHER_ECK_ID}, (ECK_ID,))):
        vault.put([[VaultEntry(account=account, school="99XA", eck_ids=eck_ids, replaced=replaced)]], at_once=True)
        released.append(one.log_in(SENT).released)
    first, gone, back = released
    assert (back.subject.identifier, back.former) == (OTHER_ECK_ID, ECK_ID)
    assert back.subject.pairwise == first.subject.pairwise != gone.subject.pairwise
    assert "eck_id_changed" not in {row.kind for row in one.given.records.anomalies}


def test_another_eck_id_after_a_gap_is_of_who_came_in_the_gap(engine):
    """A user id that was given to another learner, who had no ECK iD yet."""
    one = told(engine, name_id=NameIdFormat.PERSISTENT)
    first = one.log_in(SENT).released.subject
    newcomer = one.log_in(without("eckId")).released.subject
    other = one.log_in({**SENT, "eckId": (OTHER_ECK_ID,)}).released
    assert other.subject.pairwise == newcomer.pairwise != first.pairwise
    assert other.former == newcomer.identifier
    assert one.given.records.anomalies[-1].kind == "eck_id_changed"


def test_another_eck_id_that_nobody_explained_is_an_anomaly_and_nobodys_successor(engine):
    """A user id that was given to another learner must not hand over the progress of the first."""
    one = told(engine)
    one.log_in(SENT)
    other = one.log_in({**SENT, "eckId": (OTHER_ECK_ID,)})
    assert (other.released.subject.identifier, other.released.former) == (OTHER_ECK_ID, None)
    assert [row.kind for row in one.given.records.anomalies] == ["eck_id_changed"]
    one.log_in({**SENT, "eckId": (OTHER_ECK_ID,)})
    assert len(one.given.records.anomalies) == 1


def test_an_eck_id_that_the_administration_says_was_replaced(engine):
    one = told(engine, name_id=NameIdFormat.PERSISTENT)
    vault = vault_in(engine)
    sources = (EckIdSource.VAULT,)
    one.given = replace(one.given, vault=vault, idp=replace(one.given.idp, eck_id_sources=sources))
    account = account_hash(KEY, one.given.idp.id, ACCOUNT)
    seen = []
    for eck_id, replaced in ((ECK_ID, ()), (OTHER_ECK_ID, (ECK_ID,)), (THIRD_ECK_ID, (ECK_ID, OTHER_ECK_ID))):
        entry = VaultEntry(account=account, school="99XA", eck_ids={Sector.PO: eck_id}, replaced=replaced)
        vault.put([[entry]], at_once=True)
        released = one.log_in(SENT).released
        seen.append((released.subject.identifier, released.former, released.subject.pairwise))
    assert [found[:2] for found in seen] == [
        (ECK_ID, None),
        (OTHER_ECK_ID, ECK_ID),
        (THIRD_ECK_ID, OTHER_ECK_ID),
    ]
    assert len({pairwise for *_, pairwise in seen}) == 1
    assert one.given.records.anomalies == []


def test_what_was_replaced_in_the_schools_sector_says_nothing_of_another(engine):
    """A school for special needs in po with a service of vo: the ECK iD of vo has its own history."""
    pairwise = []
    for replaced in ((), (OTHER_ECK_ID,)):
        one = told(engine, name_id=NameIdFormat.PERSISTENT, sectors=frozenset({Sector.VO}))
        vault = vault_in(engine)
        one.given = replace(one.given, vault=vault, idp=replace(one.given.idp, eck_id_sources=(EckIdSource.VAULT,)))
        account = account_hash(KEY, one.given.idp.id, ACCOUNT)
        ids = {Sector.PO: ECK_ID, Sector.VO: THIRD_ECK_ID}
        vault.put([[VaultEntry(account=account, school="99XA", eck_ids=ids, replaced=replaced)]], at_once=True)
        released = one.log_in(SENT).released.subject
        assert released.identifier == THIRD_ECK_ID
        pairwise.append(released.pairwise)
    assert pairwise[0] == pairwise[1]


def test_a_notice_is_a_security_event_token_that_the_service_can_check(engine):
    one = told(engine, attribute=False, name_id=NameIdFormat.PERSISTENT)
    before = one.log_in(without("eckId")).released.subject
    after = one.log_in(SENT)
    assert after.released.former is None, "this service wants notices alone"
    assert one.receiver.taken == [], "nobody waits for it in a login"
    one.notices().run()

    [(url, headers, token)] = one.receiver.taken
    assert (url, headers["Content-Type"]) == (NOTICES, "application/secevent+jwt")
    claims = verified(token, one.jwks())
    assert claims["iss"] == ISSUER
    assert claims["aud"] == one.given.service.saml.metadata.entity_id
    assert claims["toe"] == claims["iat"] == int(one.clock.now().timestamp())
    assert claims["sub_id"] == {"format": "opaque", "id": before.pairwise}
    assert claims["events"] == {
        EVENT: {
            "former": {"kind": "provisional", "id": before.identifier},
            "current": {"kind": "eck_id", "id": ECK_ID},
        }
    }
    assert {"sub", "exp", "nonce"}.isdisjoint(claims), "RFC 8417 4.5 and 4.6: it can be taken for no other token"
    one.notices().run()
    assert len(one.receiver.taken) == 1
    assert one.store.waiting() == []
    assert (one.counted("seen"), one.counted("delivered")) == (1, 1)


@pytest.mark.parametrize("trouble", [{"hangs": True}, {"status": 500}, {"status": 200}, {"status": 400}])
def test_a_service_that_does_not_take_it_is_told_again_for_thirty_days(engine, trouble):
    one = told(engine)
    one.log_in(without("eckId"))
    one.log_in(SENT)
    began = one.clock.now()
    one.receiver.__dict__.update(trouble)
    for delay in (*DELAYS, *[DAY] * 30):
        one.notices().run()
        one.clock.forward(seconds=delay)
    assert len({verified(token, one.jwks())["jti"] for *_, token in one.receiver.taken}) == 1
    assert 30 < len(one.receiver.taken) < 40
    assert one.given.outbox is not None
    assert one.given.outbox.waiting() == 0
    assert one.clock.now() - began > timedelta(days=30)
    assert one.store.waiting() == []
    assert one.counted("given_up") == 1


def test_who_has_not_heard_is_named_until_they_have(engine):
    one = told(engine)
    one.log_in(without("eckId"))
    one.receiver.status = 503
    one.log_in(SENT)
    one.notices().run()
    assert [(waiting.service, waiting.count) for waiting in one.store.waiting()] == [("rekentuin", 1)]
    one.receiver.status = 202
    one.clock.forward(seconds=DELAYS[0])
    one.notices().run()
    assert one.store.waiting() == []


def test_nothing_of_it_can_be_read_in_the_database(engine, tmp_path):
    one = told(engine)
    former = one.log_in(without("eckId")).released.subject.identifier
    one.log_in(SENT)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert ECK_ID.encode() not in raw
    assert former.encode() not in raw


def test_a_new_sealing_key_seals_anew_a_batch_at_a_time(engine):
    one = told(engine)
    former = one.log_in(without("eckId")).released.subject.identifier
    one.log_in(SENT)
    account = account_hash(KEY, one.given.idp.id, ACCOUNT)
    rotating = KnownAsStore(engine, keys=(NEW, SEALING), lookup=KEY, randomness=SeededRandomness())
    assert list(rotating.reseal()) == [1]
    assert list(rotating.reseal()) == []
    alone = KnownAsStore(engine, keys=(NEW,), lookup=KEY, randomness=SeededRandomness())
    found = alone.find(account, "rekentuin")
    assert found is not None
    assert (found.identifier, found.former) == (ECK_ID, former)
    with pytest.raises(SluisError) as caught:
        one.store.find(account, "rekentuin")
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


def test_of_two_logins_at_once_one_brings_the_notice(engine):
    one = told(engine)
    one.log_in(without("eckId"))
    changes = [one.given.release(SENT, reference=name).change for name in ("A", "B")]
    assert one.given.outbox is not None
    assert one.given.outbox.waiting() == 1
    assert changes[0] is not None
    assert json.loads(changes[0].letter or b"")["reference"] == "A"
    one.given.pipeline()._successions.keep(changes[0], one.clock.now())
    assert one.given.outbox.waiting() == 1


def test_a_notice_that_is_taken_after_the_account_has_another_user_id_is_heard(engine):
    one = told(engine)
    one.log_in(without("eckId"))
    one.log_in(SENT)
    account = account_hash(KEY, one.given.idp.id, ACCOUNT)
    with engine.begin() as connection:
        assert one.store.move(connection, account, "e" * 64) == 1
    assert [waiting.count for waiting in one.store.waiting()] == [1]
    one.notices().run()
    assert one.store.waiting() == []
