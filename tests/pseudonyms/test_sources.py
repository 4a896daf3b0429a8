"""The ECK iD that counts, of what the identity provider sends and what the school's administration provisioned."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.sector import Sector
from gateway.domain.user_held import UserHeld
from gateway.federation.models import Disagreement, EckIdSource
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.subject import SubjectKind
from gateway.storage import schema
from gateway.storage.vault_entry import VaultEntry
from tests.support.releasing import ACCOUNT, ECK_ID, KEY, NOW, OTHER_ECK_ID, SENT, TODAY, World, without, world
from tests.support.vault import database, vault_in

BOTH = (EckIdSource.ASSERTION, EckIdSource.VAULT)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as made:
        yield made


def a_world(
    engine: Engine,
    held: dict[Sector, str],
    *,
    sources: tuple[EckIdSource, ...] = BOTH,
    disagreement: Disagreement = Disagreement.REFUSE,
    sectors: frozenset[Sector] = frozenset({Sector.PO}),
    school: str = "99XA",
    **more: Any,
) -> World:
    made = world(sectors=sectors)
    vault = vault_in(engine)
    account = account_hash(KEY, made.idp.id, ACCOUNT)
    vault.put([[VaultEntry(account=account, school=school, eck_ids=held, **more)]], at_once=True)
    return replace(made, idp=replace(made.idp, eck_id_sources=sources, disagreement=disagreement), vault=vault)


def subject(given: World, sent: dict[str, tuple[str, ...]]) -> tuple[SubjectKind, str]:
    found = given.release(sent).released.subject
    return found.kind, found.identifier


def test_the_vault_knows_what_the_identity_provider_does_not_send(engine):
    assert subject(a_world(engine, {Sector.PO: ECK_ID}), without("eckId")) == (SubjectKind.ECK_ID, ECK_ID)


def test_an_identity_provider_that_does_not_use_the_vault_gets_nothing_of_it(engine):
    given = a_world(engine, {Sector.PO: ECK_ID}, sources=(EckIdSource.ASSERTION,))
    assert subject(given, without("eckId"))[0] is SubjectKind.PROVISIONAL


def test_an_identity_provider_with_the_vault_alone_is_not_asked(engine):
    given = a_world(engine, {Sector.PO: ECK_ID}, sources=(EckIdSource.VAULT,))
    assert subject(given, {**SENT, "eckId": (OTHER_ECK_ID,)}) == (SubjectKind.ECK_ID, ECK_ID)
    assert given.records.anomalies == []


def test_two_sources_that_agree(engine):
    given = a_world(engine, {Sector.PO: ECK_ID})
    assert subject(given, SENT) == (SubjectKind.ECK_ID, ECK_ID)
    assert given.records.anomalies == []


def test_a_disagreement_is_refused_and_recorded(engine):
    given = a_world(engine, {Sector.PO: OTHER_ECK_ID})
    with pytest.raises(SluisError) as caught:
        given.release(SENT)
    assert caught.value.code is ErrorCode.ECK_ID_CONTRADICTORY
    assert [row.kind for row in given.records.anomalies] == ["eck_id_contradictory"]
    assert [row.outcome for row in given.records.ledger] == ["refused"]


@pytest.mark.parametrize(
    ("rule", "expected"), [(Disagreement.PREFER_ASSERTION, ECK_ID), (Disagreement.PREFER_VAULT, OTHER_ECK_ID)]
)
def test_a_disagreement_of_which_one_side_is_preferred_is_recorded_too(engine, rule, expected):
    given = a_world(engine, {Sector.PO: OTHER_ECK_ID}, disagreement=rule)
    assert subject(given, SENT) == (SubjectKind.ECK_ID, expected)
    [anomaly] = given.records.anomalies
    assert (anomaly.kind, anomaly.school) == ("eck_id_contradictory", "99XA")
    assert [row.outcome for row in given.records.ledger] == ["released"]


@pytest.mark.parametrize(("sector", "expected"), [(Sector.PO, ECK_ID), (Sector.VO, OTHER_ECK_ID)])
def test_a_learner_of_two_sectors_is_known_by_that_of_the_service(engine, sector, expected):
    given = a_world(engine, {Sector.PO: ECK_ID, Sector.VO: OTHER_ECK_ID}, sectors=frozenset({sector}))
    assert subject(given, without("eckId")) == (SubjectKind.ECK_ID, expected)


def test_a_service_of_both_sectors_gets_the_one_of_the_school(engine):
    given = a_world(engine, {Sector.VO: OTHER_ECK_ID, Sector.PO: ECK_ID}, sectors=frozenset({Sector.PO, Sector.VO}))
    assert subject(given, without("eckId")) == (SubjectKind.ECK_ID, ECK_ID)


def test_a_service_of_another_sector_gets_no_eck_id(engine):
    given = a_world(engine, {Sector.PO: ECK_ID}, sectors=frozenset({Sector.MBO}))
    assert subject(given, without("eckId"))[0] is SubjectKind.PROVISIONAL


def test_an_entry_of_another_school_says_nothing_here(engine):
    given = a_world(engine, {Sector.PO: ECK_ID}, school="99XB")
    assert subject(given, without("eckId"))[0] is SubjectKind.PROVISIONAL


@pytest.mark.parametrize(
    ("until", "kind"),
    [(TODAY, SubjectKind.ECK_ID), (TODAY - timedelta(days=1), SubjectKind.PROVISIONAL)],
)
def test_an_entry_holds_to_its_last_day(engine, until, kind):
    assert subject(a_world(engine, {Sector.PO: ECK_ID}, until=until), without("eckId"))[0] is kind


def test_a_vault_that_does_not_answer_is_not_a_learner_without_an_eck_id(engine):
    given = a_world(engine, {Sector.PO: ECK_ID})
    schema.vault_entries.drop(engine)
    with pytest.raises(SluisError) as caught:
        given.release(without("eckId"), now=NOW)
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


def of_age(given: World, sent: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    released = given.release({**sent, "nlEduPersonHomeOrganizationId": ("99XA",)}).released
    return released.values.get(Attribute.ADULT, ())


def asking_for_age(engine: Engine, *, adult: bool | None) -> World:
    made = a_world(engine, {Sector.PO: ECK_ID}, adult=adult)
    asks = world(Attribute.ADULT)
    return replace(made, service=asks.service, agreements=asks.agreements)


@pytest.mark.parametrize(("adult", "told"), [(True, ("true",)), (False, ("false",)), (None, ())])
def test_the_administration_says_whether_somebody_is_of_age(engine, adult, told):
    assert of_age(asking_for_age(engine, adult=adult), SENT) == told


@pytest.mark.parametrize("adult", [True, False, None])
def test_whoever_is_of_age_and_where_the_agreement_asks_for_eduid(engine, adult):
    given = a_world(engine, {Sector.PO: ECK_ID}, adult=adult)
    required = replace(given.agreements[0], user_held=UserHeld.REQUIRED)
    given = replace(given, agreements=(required,))
    if adult:
        with pytest.raises(SluisError) as caught:
            given.release(SENT)
        assert caught.value.code is ErrorCode.USER_HELD_REQUIRED
    else:
        assert given.release(SENT).released.subject.kind is SubjectKind.ECK_ID


def test_a_minor_by_the_login_is_one_whatever_the_administration_says(engine):
    given = a_world(engine, {Sector.PO: ECK_ID}, adult=True)
    given = replace(
        given,
        idp=replace(given.idp, adult_name="ofAge"),
        agreements=(replace(given.agreements[0], user_held=UserHeld.REQUIRED),),
    )
    assert given.release({**SENT, "ofAge": ("false",)}).released.subject.kind is SubjectKind.ECK_ID


def test_the_branch_of_the_administration_counts_where_the_login_names_none(engine):
    given = a_world(engine, {Sector.PO: ECK_ID}, branch="99XA01")
    given = replace(given, agreements=(replace(given.agreements[0], branches=frozenset({Brin("99XA01")})),))
    assert given.release(SENT).released.subject.kind is SubjectKind.ECK_ID
    with pytest.raises(SluisError) as caught:
        given.release({**SENT, "nlEduPersonHomeOrganizationId": ("99XA02",)})
    assert caught.value.code is ErrorCode.AGREEMENT_NOT_COVERING
