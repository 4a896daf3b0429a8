"""Which one identifier a service sees, and that it says nothing elsewhere."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.eck_id import EckId
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.sector import Sector
from gateway.federation.clients import NameIdFormat
from gateway.federation.models import IdpId, ServiceId
from gateway.pseudonyms.derivation import account_hash, pairwise
from gateway.pseudonyms.subject import Subject, SubjectKind
from tests.support.releasing import ECK_ID, KEY, OLD_KEY, SENT, without, world

PERSISTENT = NameIdFormat.PERSISTENT


def subject(given_world, sent=None):
    return given_world.release(SENT if sent is None else sent).released.subject


def code(given_world, sent):
    with pytest.raises(SluisError) as caught:
        given_world.release(sent)
    return caught.value.code


def test_the_eck_id_where_there_is_one():
    found = subject(world())
    assert (found.kind, found.identifier) == (SubjectKind.ECK_ID, ECK_ID)


def test_an_empty_eck_id_is_none():
    assert subject(world(), {**SENT, "eckId": ("",)}).kind is SubjectKind.PROVISIONAL


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("nonsense", ErrorCode.ECK_ID_MALFORMED),
        (ECK_ID.upper(), ErrorCode.ECK_ID_MALFORMED),
        (ECK_ID[:-1], ErrorCode.ECK_ID_MALFORMED),
        (ECK_ID.replace("https", "http"), ErrorCode.ECK_ID_MALFORMED),
        (ECK_ID.replace("pilot", "sppilot"), ErrorCode.ECK_ID_MALFORMED),
        (ECK_ID.replace("pilot", "201703"), ErrorCode.ECK_ID_MALFORMED),
    ],
)
def test_a_wrong_eck_id_is_refused_and_recorded(value, expected):
    given_world = world()
    assert code(given_world, {**SENT, "eckId": (value,)}) is expected
    [anomaly] = given_world.records.anomalies
    assert anomaly.school == "99XA"
    assert value not in str(anomaly)


def test_the_eck_id_of_another_sector_stays():
    found = subject(world(sectors=frozenset({Sector.VO})))
    assert found.kind is SubjectKind.PROVISIONAL


def test_special_education_shares_the_eck_id_of_its_sector():
    assert subject(world(sectors=frozenset({Sector.SO}))).kind is SubjectKind.ECK_ID


@pytest.mark.parametrize(
    ("wish", "allowed", "kind"),
    [
        (Fallback.PROVISIONAL, Fallback.PROVISIONAL, SubjectKind.PROVISIONAL),
        (Fallback.REAL_ID, Fallback.REAL_ID, SubjectKind.REAL_ID),
        (Fallback.PROFILE_ID, Fallback.PROFILE_ID, SubjectKind.PROFILE_ID),
        (Fallback.LAS_KEY, Fallback.LAS_KEY, SubjectKind.LAS_KEY),
        (Fallback.REAL_ID, Fallback.PROVISIONAL, SubjectKind.PROVISIONAL),
        (Fallback.PROVISIONAL, Fallback.REAL_ID, SubjectKind.PROVISIONAL),
        (Fallback.REAL_ID, Fallback.PROFILE_ID, SubjectKind.PROVISIONAL),
    ],
)
def test_the_fallback_that_the_service_wishes_and_the_agreement_allows(wish, allowed, kind):
    found = subject(world(wish=wish, allowed=allowed), without("eckId"))
    assert found.kind is kind


@pytest.mark.parametrize(
    ("wish", "allowed"), [(Fallback.NONE, Fallback.PROVISIONAL), (Fallback.REAL_ID, Fallback.NONE)]
)
def test_no_fallback(wish, allowed):
    assert code(world(wish=wish, allowed=allowed), without("eckId")) is ErrorCode.ECK_ID_REQUIRED


def test_a_fallback_of_the_school_that_it_does_not_send():
    given_world = world(wish=Fallback.REAL_ID, allowed=Fallback.REAL_ID)
    assert code(given_world, without("eckId", "nlEduPersonRealId")) is ErrorCode.FALLBACK_MISSING


def test_the_pairwise_identifier_is_of_the_learner_and_the_service():
    here, there = world(name_id=PERSISTENT), world(name_id=PERSISTENT, service_id="leesplein")
    other = {**SENT, "eckId": (ECK_ID[:-1] + "f",)}
    assert subject(here).pairwise == subject(here).pairwise
    assert len({subject(here).pairwise, subject(there).pairwise, subject(here, other).pairwise}) == 3


def test_the_pairwise_identifier_survives_a_change_of_account_with_the_same_eck_id():
    assert subject(world(name_id=PERSISTENT)).pairwise == (
        subject(world(name_id=PERSISTENT), {**SENT, "uid": ("another@school.example",)}).pairwise
    )


def test_a_provisional_learner_keeps_the_pairwise_identifier_when_the_eck_id_comes():
    given_world = world(name_id=PERSISTENT)
    before = subject(given_world, without("eckId"))
    after = subject(given_world)
    assert before.pairwise == after.pairwise
    assert after.kind is SubjectKind.ECK_ID


def test_a_kept_identifier_outlives_a_change_of_key():
    given_world = world(name_id=PERSISTENT)
    given_world.keys = (OLD_KEY,)
    before = subject(given_world, without("eckId"))
    given_world.keys = (KEY, OLD_KEY)
    assert subject(given_world, without("eckId")).pairwise == before.pairwise
    given_world.keys = (KEY,)
    assert code(given_world, without("eckId")) is ErrorCode.INTERNAL


def test_a_learner_with_an_eck_id_is_known_by_the_same_after_a_change_of_key():
    """Nothing is kept of the common case: the oldest key goes on deriving, whichever is active."""
    given_world = world(name_id=PERSISTENT)
    given_world.keys = (OLD_KEY,)
    before = subject(given_world).pairwise
    given_world.keys = (KEY, OLD_KEY)
    assert subject(given_world).pairwise == before


def test_the_common_case_leaves_no_trace_of_the_account():
    given_world = world()
    subject(given_world)
    assert not given_world.records.subjects


@given(st.text(max_size=20), st.text(max_size=20))
def test_parts_of_a_hash_do_not_run_into_each_other(one, other):
    assert (account_hash(KEY, IdpId(one), other) == account_hash(KEY, IdpId(other), one)) is (one == other)
    joined = pairwise(KEY, ServiceId(one + other), "")
    assert joined != pairwise(KEY, ServiceId(one), other) or not other


def test_keys_do_not_share_derivations():
    assert account_hash(KEY, IdpId("a"), "b") != account_hash(OLD_KEY, IdpId("a"), "b")
    assert pairwise(KEY, ServiceId("a"), "b").startswith("p1-")


def test_identifiers_do_not_show():
    assert ECK_ID not in repr(Subject(SubjectKind.ECK_ID, ECK_ID, "x"))
    assert ECK_ID not in repr(EckId.parse(ECK_ID, sector=Sector.PO, segments=frozenset({"pilot"})))


def test_an_account_that_is_missing():
    given_world = world()
    assert code(given_world, without("uid")) is ErrorCode.ACCOUNT_MISSING
    given_world.agreements = (replace(given_world.agreements[0], valid_until=given_world.agreements[0].valid_from),)
    assert subject(given_world).kind is SubjectKind.ECK_ID
