"""What is odd about an ECK iD is seen at the login, recorded, and held or gone without where the rule says so."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from sqlalchemy import Engine

from gateway.attributes.values import RawAttributes
from gateway.domain.anomaly import Anomaly, Rule
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.sector import Sector
from gateway.federation.clients import NameIdFormat
from gateway.federation.models import EckIdSource
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.subject import SubjectKind
from gateway.storage import anomaly_reading, seen_eck_ids
from gateway.storage.anomalies import SqlAnomalies
from gateway.storage.contracts import AnomalyRow, Seen
from gateway.storage.ledger_verification import verify
from gateway.storage.seen_eck_ids import SqlSeenEckIds
from gateway.storage.vault_entry import VaultEntry
from tests.support.at_once import check_held, check_reported
from tests.support.ledger import LEDGER_KEY, ROW, keep_seen, sql_ledger
from tests.support.releasing import ACCOUNT, ECK_ID, KEY, NOW, OTHER_ECK_ID, SENT, HeldSeen, World, without, world
from tests.support.vault import database, vault_in

TWIN = {**SENT, "uid": ("twin@regenboog.example",)}
ALWAYS = timedelta(days=31)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as made:
        yield made


def kinds(given: World) -> list[str]:
    return [row.kind for row in given.records.anomalies]


def ruled(anomaly: Anomaly, rule: Rule) -> World:
    given = world()
    given.rules = {**given.rules, anomaly: rule}
    return given


def refused(given: World, sent: dict[str, tuple[str, ...]], now: datetime = NOW) -> ErrorCode:
    with pytest.raises(SluisError) as caught:
        given.release(sent, now=now)
    return caught.value.code


def test_nothing_is_odd_about_who_has_one_and_keeps_it():
    given = world()
    for days in range(3):
        given.release(SENT, now=NOW + timedelta(days=100 * days))
    assert kinds(given) == []
    assert 'sluis_learner_logins_total{identifier="eck_id",school="99XA"} 3.0' in given.metrics.render().decode()


def test_one_eck_id_of_two_accounts_of_a_school():
    given = world()
    given.release(SENT)
    assert given.release(TWIN).released.subject.identifier == ECK_ID, "reported, and that is all"
    assert given.records.anomalies[0].account == account_hash(KEY, given.idp.id, TWIN["uid"][0])
    given.release(TWIN)
    assert kinds(given) == ["eck_id_shared"] * 2, "as long as it is so"
    assert 'sluis_anomalies_total{kind="eck_id_shared",outcome="released"} 2.0' in given.metrics.render().decode()


def test_of_two_that_show_it_for_the_first_time_at_once_one_is_reported(engine):
    check_reported(engine)


def test_of_two_that_show_it_for_the_first_time_at_once_none_has_it_where_it_is_held(engine):
    check_held(engine)


class Counting(HeldSeen):
    """Tells how often it was asked."""

    asked: ClassVar[list[str]] = []

    def find(self, account):
        self.asked.append("find")
        return super().find(account)

    def others(self, mark, account):
        self.asked.append("others")
        return super().others(mark, account)


def test_who_keeps_it_costs_one_question():
    given = world()
    given.seen = Counting(given.records.seen)
    given.release(SENT)
    assert given.seen.asked == ["find", "others", "others"], "once it is kept, whether somebody came in between"
    for _ in range(3):
        given.seen.asked.clear()
        given.release(SENT)
        assert given.seen.asked == ["find"]


def test_where_nobody_can_tell_whether_somebody_came_in_between_nothing_leaves():
    given = world()

    class Failing(HeldSeen):
        def others(self, mark, account):
            if self.rows:
                raise SluisError(ErrorCode.STORE_UNAVAILABLE)
            return []

    given.seen = Failing(given.records.seen)
    assert refused(given, SENT) is ErrorCode.STORE_UNAVAILABLE
    assert given.records.unanswered == given.records.ledger


def test_an_administration_that_gave_everybody_new_user_ids_without_a_word():
    """Everybody gets in and is whom they were; it is reported of each, until somebody says that it is the new one's."""
    given = world(name_id=NameIdFormat.PERSISTENT)
    before, after = given.release(SENT).released.subject, given.release(TWIN).released.subject
    assert (after.kind, after.identifier, after.pairwise) == (before.kind, before.identifier, before.pairwise)
    assert kinds(given) == ["eck_id_shared"]


def test_the_second_account_is_held_and_the_first_goes_on():
    given = ruled(Anomaly.ECK_ID_SHARED, Rule.HOLD)
    given.release(SENT)
    assert refused(given, TWIN) is ErrorCode.ECK_ID_HELD
    assert refused(given, TWIN) is ErrorCode.ECK_ID_HELD
    assert given.records.ledger[-1].code == "eck_id_held"
    given.release(SENT)
    assert kinds(given) == ["eck_id_shared"] * 2


def test_the_second_account_goes_without():
    given = ruled(Anomaly.ECK_ID_SHARED, Rule.PROVISIONAL)
    given.release(SENT)
    for _ in range(2):
        subject = given.release(TWIN).released.subject
        assert subject.kind is SubjectKind.PROVISIONAL
    assert given.release(SENT).released.subject.identifier == ECK_ID


def test_one_that_is_gone():
    given = world()
    given.release(SENT)
    given.release(without("eckId"))
    given.release(without("eckId"))
    assert kinds(given) == ["eck_id_disappeared"] * 2
    given.release(SENT)
    assert len(kinds(given)) == 2


def test_one_that_is_gone_is_held():
    given = ruled(Anomaly.ECK_ID_DISAPPEARED, Rule.HOLD)
    given.release(SENT)
    assert refused(given, without("eckId")) is ErrorCode.ECK_ID_HELD


def test_a_learner_without_one_for_too_long():
    given = world()
    given.release(without("eckId"))
    given.release(without("eckId"), now=NOW + timedelta(days=30))
    assert kinds(given) == []
    given.release(without("eckId"), now=NOW + ALWAYS)
    assert kinds(given) == ["eck_id_missing"]
    given.release(SENT, now=NOW + 2 * ALWAYS)
    given.release(SENT, now=NOW + 3 * ALWAYS)
    assert kinds(given) == ["eck_id_missing"]


def test_a_teacher_needs_none():
    given = world()
    teacher = {**without("eckId"), "eduPersonAffiliation": ("employee",)}
    given.release(teacher)
    given.release(teacher, now=NOW + ALWAYS)
    assert kinds(given) == []
    assert "sluis_learner_logins_total{" not in given.metrics.render().decode()


def test_a_learner_without_one_for_too_long_is_held():
    given = ruled(Anomaly.ECK_ID_MISSING, Rule.HOLD)
    given.release(without("eckId"))
    assert refused(given, without("eckId"), NOW + ALWAYS) is ErrorCode.ECK_ID_HELD


def test_another_one_than_before_is_watched_from_then_on():
    given = world()
    given.release(SENT)
    given.release({**SENT, "eckId": (OTHER_ECK_ID,)})
    given.release(TWIN)
    assert kinds(given) == [], "the first one is free"


def test_that_of_another_sector_seen_at_a_school_there():
    given = ruled(Anomaly.ECK_ID_WRONG_SECTOR, Rule.PROVISIONAL)
    mark = HeldSeen({}).mark(ECK_ID)
    given.records.seen["v"] = Seen(account="v", school="99VO", sector="vo", mark=mark, since=NOW)
    assert given.release(SENT).released.subject.kind is SubjectKind.PROVISIONAL
    assert given.release(SENT).released.subject.kind is SubjectKind.PROVISIONAL
    assert kinds(given) == ["eck_id_wrong_sector"] * 2


def test_one_for_two_sectors(engine):
    given = ruled(Anomaly.ECK_ID_WRONG_SECTOR, Rule.HOLD)
    given.idp = replace(given.idp, eck_id_sources=(EckIdSource.ASSERTION, EckIdSource.VAULT))
    given.vault = vault_in(engine)
    account = account_hash(KEY, given.idp.id, ACCOUNT)
    both = {Sector.PO: ECK_ID, Sector.VO: ECK_ID}
    given.vault.put([[VaultEntry(account=account, school="99XA", eck_ids=both)]], at_once=True)
    assert refused(given, without("eckId")) is ErrorCode.ECK_ID_HELD


def test_a_learner_whose_other_sector_the_service_sees_is_not_without(engine):
    given = world(sectors=frozenset({Sector.VO}))
    given.idp = replace(given.idp, eck_id_sources=(EckIdSource.VAULT,))
    given.vault = vault_in(engine)
    account = account_hash(KEY, given.idp.id, ACCOUNT)
    given.vault.put([[VaultEntry(account=account, school="99XA", eck_ids={Sector.VO: ECK_ID})]], at_once=True)
    assert given.release(without("eckId")).released.subject.identifier == ECK_ID
    assert given.records.seen == {}


@pytest.mark.parametrize(
    ("anomaly", "values", "code"),
    [
        (Anomaly.ECK_ID_MALFORMED, ("12345",), ErrorCode.ECK_ID_MALFORMED),
        (Anomaly.ECK_ID_CONTRADICTORY, (ECK_ID, OTHER_ECK_ID), ErrorCode.ECK_ID_CONTRADICTORY),
    ],
)
def test_what_cannot_be_read_is_refused_or_gone_without(anomaly, values, code):
    wrong = {**SENT, "eckId": values}
    assert refused(world(), wrong) is code
    given = ruled(anomaly, Rule.PROVISIONAL)
    assert given.release(wrong).released.subject.kind is SubjectKind.PROVISIONAL
    assert kinds(given) == [anomaly.value]
    assert given.records.seen == {}


def test_a_look_changes_nothing():
    given = world()
    pipeline = given.pipeline()
    reading = pipeline.read(RawAttributes(tuple(SENT.items()), None), given.idp, now=NOW)
    pipeline.proposed(service=given.service, idp=given.idp, reading=reading, now=NOW)
    assert given.records.seen == {}


def test_in_the_records_it_is_a_keyed_hash_and_who_is_resolved_has_it(engine):
    store = SqlSeenEckIds(engine, KEY)
    rows = [
        Seen(account=name * 64, school="99XA", sector="po", mark=store.mark(ECK_ID), since=NOW, odd=name == "b")
        for name in "ab"
    ]
    keep_seen(engine, *rows)
    assert (store.find("b" * 64), store.find("c" * 64)) == (rows[1], None)
    assert store.others(store.mark(ECK_ID), "b" * 64) == [("99XA", "po")]
    assert ECK_ID not in store.mark(ECK_ID)
    SqlAnomalies(engine).record(AnomalyRow(NOW, "R", "eck_id_shared", "po", "99XA", "b" * 64))
    [case] = anomaly_reading.cases(engine, kind=None, school=None, resolved=False)
    assert anomaly_reading.resolve(engine, case.id, NOW)
    assert store.others(store.mark(ECK_ID), "b" * 64) == []


def test_an_account_that_moves_is_seen_on_and_one_that_is_old_is_not(engine):
    store = SqlSeenEckIds(engine, KEY)
    first = Seen(account="a" * 64, school="99XA", sector="po", mark="m", since=NOW)
    keep_seen(engine, first)
    with engine.begin() as connection:
        seen_eck_ids.move(connection, "a" * 64, "b" * 64)
    assert store.find("b" * 64) == replace(first, account="b" * 64)
    keep_seen(engine, first)
    with engine.begin() as connection:
        seen_eck_ids.move(connection, "a" * 64, "b" * 64)
    assert store.find("a" * 64) is None
    with engine.begin() as connection:
        seen_eck_ids.delete_before(connection, NOW + timedelta(days=1))
    assert store.find("b" * 64) is None


def test_a_database_that_is_gone_is_not_a_learner_about_whom_nothing_is_odd(engine):
    store = SqlSeenEckIds(engine, KEY)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE seen_eck_ids")
    for ask in (lambda: store.find("a"), lambda: store.others("m", "a")):
        with pytest.raises(SluisError) as caught:
            ask()
        assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


def test_what_was_seen_takes_the_place_of_what_was_seen_before(engine):
    store = SqlSeenEckIds(engine, KEY)
    first = Seen(account="a" * 64, school="99XA", sector="po", mark="m", since=NOW)
    later = replace(first, mark="n", since=NOW + ALWAYS, odd=True)
    keep_seen(engine, first, later)
    assert store.find("a" * 64) == later
    assert store.others("m", "b" * 64) == []


def test_where_it_cannot_be_kept_no_login_is_recorded_either(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE seen_eck_ids")
    with pytest.raises(SluisError) as caught:
        keep_seen(engine, Seen(account="a" * 64, school="99XA", sector="po", mark="m", since=NOW))
    assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE
    assert verify(engine, [LEDGER_KEY]).rows == 0


def test_what_many_saw_at_once_is_the_last_of_each(engine):
    store = SqlSeenEckIds(engine, KEY)
    with closing(sql_ledger(engine)) as ledger, ThreadPoolExecutor(8) as pool:
        rows = [
            Seen(account=f"{number % 5:064}", school="99XA", sector="po", mark=f"{number}", since=NOW)
            for number in range(40)
        ]
        list(pool.map(lambda row: ledger.append(ROW, seen=row), rows))
    found = verify(engine, [LEDGER_KEY])
    assert (found.rows, found.flaws) == (40, ())
    marks = [seen.mark for number in range(5) if (seen := store.find(f"{number:064}"))]
    assert [int(mark or "x") % 5 for mark in marks] == list(range(5))
