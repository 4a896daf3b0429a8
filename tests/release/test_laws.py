"""The laws of the house, as properties of whole releases over generated federations (design.md, section 4)."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.attributes.outgoing import wire_attributes
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.release.decision import RELEASING, Rule
from gateway.release.pipeline import Outcome
from tests.support.releasing import (
    ACCOUNT,
    ECK_ID,
    NOW,
    OTHER_ECK_ID,
    PUPIL_NUMBER,
    SENT,
    TODAY,
    World,
    messages,
    without,
    world,
    worlds,
)

many = settings(max_examples=150, deadline=None)


def released_or_not(given_world: World, sent: dict[str, tuple[str, ...]]) -> Outcome | None:
    try:
        return given_world.release(sent)
    except SluisError:
        return None


@many
@given(worlds(), messages())
def test_law_1_nothing_unnamed_leaves(given_world: World, sent: dict[str, tuple[str, ...]]) -> None:
    outcome = released_or_not(given_world, sent)
    assume(outcome is not None)
    assert outcome is not None
    agreement = outcome.decision.agreement
    named = set(given_world.service.attribute_sets[agreement.attribute_set].purposes)
    fallback = {agreement.fallback.attribute, Attribute.PROVISIONAL_ID}
    values = outcome.released.values
    assert set(values) == outcome.decision.released
    assert set(values) <= named | fallback
    for attribute in set(values) - IDENTIFIERS:
        classed = given_world.policy.attributes[attribute]
        release_class = classed.roles.get(outcome.decision.role, classed.release_class)
        assert release_class is not ReleaseClass.NEVER
        purpose = given_world.service.attribute_sets[agreement.attribute_set].purposes[attribute]
        assert release_class is ReleaseClass.BASE or purpose


@many
@given(worlds(), messages())
def test_law_2_one_identifier(given_world: World, sent: dict[str, tuple[str, ...]]) -> None:
    outcome = released_or_not(given_world, sent)
    assume(outcome is not None)
    assert outcome is not None
    identifiers = set(outcome.released.values) & IDENTIFIERS
    assert identifiers == {outcome.released.subject.kind.attribute}
    everything = [value for values in outcome.released.values.values() for value in values]
    eck_ids = [value for value in everything if "ketenid.nl" in value]
    assert len(eck_ids) == (1 if Attribute.ECK_ID in identifiers else 0)
    if eck_ids:
        sectors = {sector.eck for sector in given_world.service.sectors}
        assert given_world.schools[0].sector.eck in sectors


@many
@given(worlds(), messages())
def test_law_3_fail_closed(given_world: World, sent: dict[str, tuple[str, ...]]) -> None:
    roles = {role for role in sent["eduPersonAffiliation"] if role != "king"}
    in_force = [
        agreement
        for agreement in given_world.agreements
        if (agreement.schools or "noord" in agreement.boards)
        and agreement.valid_from <= TODAY
        and (agreement.valid_until is None or agreement.valid_until >= TODAY)
    ]
    outcome = released_or_not(given_world, sent)
    if not in_force or not roles:
        assert outcome is None
    if outcome is None:
        assert given_world.records.ledger[-1].outcome == "refused"
        assert given_world.records.ledger[-1].code


@many
@given(worlds(), messages())
def test_law_4_local_ids_stay(given_world: World, sent: dict[str, tuple[str, ...]]) -> None:
    try:
        outcome = given_world.release(sent, name_id=ACCOUNT)
    except SluisError as error:
        assert not leaks(error.hint) + leaks(str(error)) + leaks(str(given_world.records.ledger))
        return
    kind = outcome.released.subject.kind.attribute
    values = {attribute: value for attribute, value in outcome.released.values.items() if attribute is not kind}
    values.pop(Attribute.EMAIL, None)
    assert not leaks(str(values))
    assert not leaks(str(given_world.records.ledger))
    assert not leaks(str(given_world.records.subjects))
    assert not leaks(outcome.released.subject.pairwise)
    if kind in (Attribute.REAL_ID, Attribute.PROFILE_ID, Attribute.LAS_KEY):
        assert outcome.decision.agreement.fallback.attribute is kind
        sectors = {sector.eck for sector in given_world.service.sectors}
        assert ECK_ID not in sent["eckId"] or given_world.schools[0].sector.eck not in sectors


def leaks(text: str) -> list[str]:
    local = (ACCOUNT, "fenna77", PUPIL_NUMBER, *SENT["nlEduPersonRealId"], *SENT["nlEduPersonProfileId"], "las-12")
    return [one for one in local if one in text]


@given(st.sampled_from(sorted(set(SENT) - {"eduPersonAffiliation"})), st.booleans())
def test_law_4_a_citizen_number_is_dropped_wherever_it_stands(name: str, scoped: bool) -> None:
    number = "111222333"
    given_world = world(*(attribute for attribute in Attribute if attribute not in IDENTIFIERS))
    sent: dict[str, Any] = {**SENT, name: (f"{number}@school.example" if scoped else number,)}
    outcome = released_or_not(given_world, sent)
    text = str(outcome and outcome.released.values) + str(given_world.records.ledger)
    assert number not in text


def test_law_6_ledger_first() -> None:
    """A ledger that cannot be written lets nothing go, and says so."""
    given_world = world(Attribute.GIVEN_NAME)

    def full(_row: object) -> None:
        raise SluisError(ErrorCode.LEDGER_UNAVAILABLE)

    given_world.records.append = full  # type: ignore[method-assign]
    with pytest.raises(SluisError) as caught:
        given_world.release(SENT)
    assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE


@given(st.permutations(sorted(SENT)))
def test_the_order_in_which_attributes_arrive_changes_nothing(names: list[str]) -> None:
    outcome = world(Attribute.GIVEN_NAME, Attribute.SCHOOL).release({name: SENT[name] for name in names})
    assert outcome.released.values == world(Attribute.GIVEN_NAME, Attribute.SCHOOL).release(SENT).released.values


@many
@given(worlds(), messages())
def test_every_release_can_be_written_in_the_dialect_of_its_service(
    given_world: World, sent: dict[str, tuple[str, ...]]
) -> None:
    outcome = released_or_not(given_world, sent)
    assume(outcome is not None)
    assert outcome is not None
    values = {
        one: v
        for one, v in outcome.released.values.items()
        if one not in (Attribute.BIRTH_DATE, Attribute.SCHOOL_DOMAIN)
    }
    assert {value for one in wire_attributes(values, "entree") for value in one.values} == {
        value for one in values.values() for value in one
    }


def test_two_schools_agreements_do_not_mix() -> None:
    given_world = world(Attribute.GIVEN_NAME)
    elsewhere = replace(given_world, agreements=())
    with pytest.raises(SluisError) as caught:
        elsewhere.release(SENT)
    assert caught.value.code is ErrorCode.AGREEMENT_MISSING


def test_an_agreement_counts_in_dutch_days() -> None:
    """Half past eleven at night in London is the next day already in Assen."""
    given_world = world(Attribute.GIVEN_NAME)
    evening = (NOW - timedelta(days=1)).replace(hour=22, minute=30)
    assert given_world.release(SENT, now=evening).released.values[Attribute.GIVEN_NAME] == ("Fenna",)
    with pytest.raises(SluisError) as caught:
        given_world.release(SENT, now=evening - timedelta(hours=2))
    assert caught.value.code is ErrorCode.AGREEMENT_NOT_YET


def test_the_second_eck_id_is_an_anomaly() -> None:
    given_world = world()
    with pytest.raises(SluisError) as caught:
        given_world.release({**SENT, "eckId": (ECK_ID, OTHER_ECK_ID)})
    assert caught.value.code is ErrorCode.ECK_ID_CONTRADICTORY
    [anomaly] = given_world.records.anomalies
    assert anomaly.kind == "eck_id_contradictory"
    assert anomaly.account
    assert ACCOUNT not in str(anomaly)


def test_role_bound() -> None:
    given_world = world(Attribute.EMAIL)
    pupil = given_world.release(SENT)
    teacher = given_world.release({**SENT, "eduPersonAffiliation": ("employee",)})
    assert pupil.decision.rules[Attribute.EMAIL] is Rule.STOPPED_POLICY_NEVER
    assert teacher.released.values[Attribute.EMAIL] == ("fenna@regenboog.example",)
    assert Role.EMPLOYEE is teacher.decision.role


def test_none_as_fallback_refuses_only_those_without() -> None:
    given_world = world(allowed=Fallback.NONE)
    assert given_world.release(SENT).released.subject.kind == "eck_id"
    with pytest.raises(SluisError) as caught:
        given_world.release(without("eckId"))
    assert caught.value.code is ErrorCode.ECK_ID_REQUIRED


def test_every_rule_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reference" / "release-rules.md").read_text("utf-8")
    assert [rule for rule in Rule if f"`{rule}`" not in text] == []
    assert set(Rule) > RELEASING
