"""Single releases: what decides, in which order, and what goes on record."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.language import Language
from gateway.domain.purpose import Purpose
from gateway.domain.release_class import Classes, ReleaseClass
from gateway.domain.role import Role
from gateway.federation.models import AttributeSet
from gateway.pseudonyms.derivation import account_hash
from gateway.release.policy import AttributePolicy
from gateway.release.record import RELEASING, Rule
from tests.support.releasing import ACCOUNT, ECK_ID, KEY, NOW, OTHER_ECK_ID, SENT, World, without, world


def refusal(given_world: World, sent, **more) -> ErrorCode:
    with pytest.raises(SluisError) as caught:
        given_world.release(sent, **more)
    return caught.value.code


def classed(given_world: World, **classes: AttributePolicy) -> World:
    attributes = {**given_world.policy.attributes, **{Attribute(name): one for name, one in classes.items()}}
    given_world.policy = replace(given_world.policy, attributes=attributes)
    return given_world


NEVER = AttributePolicy(Classes(ReleaseClass.NEVER))
JUSTIFIED = AttributePolicy(Classes(ReleaseClass.JUSTIFIED), frozenset({Purpose.CLASS_LIST}))


@given(st.permutations(sorted(SENT)))
def test_the_order_in_which_attributes_arrive_changes_nothing(names):
    outcome = world(Attribute.GIVEN_NAME, Attribute.SCHOOL).release({name: SENT[name] for name in names})
    assert outcome.released.values == world(Attribute.GIVEN_NAME, Attribute.SCHOOL).release(SENT).released.values


def test_every_rule_has_its_case():
    given_world = world(
        Attribute.GIVEN_NAME, Attribute.EMAIL, Attribute.GROUP, Attribute.INITIALS, Attribute.SCHOOL_BRANCH
    )
    purposes = {**given_world.service.attribute_sets[1].purposes, Attribute.INITIALS: Purpose.CLASS_LIST}
    newer = {**purposes, Attribute.SURNAME: "class-list", Attribute.PUPIL_NUMBER: "class-list"}
    sets = {1: AttributeSet(1, purposes), 2: AttributeSet(2, newer)}
    given_world.service = replace(given_world.service, attribute_sets=sets)
    classed(given_world, group=JUSTIFIED, initials=JUSTIFIED)

    decision = given_world.release({**SENT, "initials": ("F.",)}).decision

    assert decision.rules == {
        Attribute.ECK_ID: Rule.IDENTIFIER_ECK_ID,
        Attribute.PUPIL_NUMBER: Rule.STOPPED_SECOND_IDENTIFIER,
        Attribute.SURNAME: Rule.STOPPED_NOT_AGREED,
        Attribute.EMAIL: Rule.STOPPED_POLICY_NEVER,
        Attribute.GROUP: Rule.STOPPED_NO_PURPOSE,
        Attribute.SCHOOL_BRANCH: Rule.STOPPED_NOT_SENT,
        Attribute.GIVEN_NAME: Rule.RELEASED_BASE,
        Attribute.INITIALS: Rule.RELEASED_JUSTIFIED,
    }


def test_the_ledger_has_the_rules_and_no_values():
    given_world = world(Attribute.GIVEN_NAME, Attribute.EMAIL)
    given_world.release(SENT)
    [row] = given_world.records.ledger
    assert json.loads(row.decision) == {
        "eck_id": {"rule": "identifier-eck-id"},
        "email": {"rule": "stopped-policy-never"},
        "given_name": {"rule": "released-base"},
    }
    assert (row.service, row.idp, row.school, row.role) == ("rekentuin", "po", "99XA", "student")
    assert (row.agreement, row.attribute_set, row.policy, row.subject_kind) == ("A-1", 1, "test", "eck_id")
    assert (row.at, row.reference, row.subject_hash) == (
        NOW,
        "0123456789",
        account_hash(KEY, given_world.idp.id, ACCOUNT),
    )
    assert "Fenna" not in str(row)


@pytest.mark.parametrize(
    ("sent", "code", "school"),
    [
        (without("nlEduPersonHomeOrganizationId"), ErrorCode.BRIN_MISSING, None),
        ({**SENT, "nlEduPersonHomeOrganizationId": ("99ZZ",)}, ErrorCode.BRIN_UNKNOWN, None),
        (without("eduPersonAffiliation"), ErrorCode.ROLE_MISSING, "99XA"),
        ({**SENT, "eduPersonAffiliation": ("student", "employee")}, ErrorCode.ROLE_CONTRADICTORY, "99XA"),
        (without("uid"), ErrorCode.ACCOUNT_MISSING, "99XA"),
    ],
)
def test_a_refusal_goes_on_record_with_what_was_known(sent, code, school):
    given_world = world()
    assert refusal(given_world, sent) is code
    [row] = given_world.records.ledger
    assert (row.outcome, row.code, row.school, row.decision) == ("refused", code.value, school, "{}")


def test_a_school_without_an_agreement():
    assert refusal(replace(world(Attribute.GIVEN_NAME), agreements=()), SENT) is ErrorCode.AGREEMENT_MISSING


def test_an_agreement_counts_in_dutch_days():
    """Half past eleven at night in London is the next day already in Assen."""
    given_world = world(Attribute.GIVEN_NAME)
    evening = (NOW - timedelta(days=1)).replace(hour=22, minute=30)
    assert given_world.release(SENT, now=evening).released.values[Attribute.GIVEN_NAME] == ("Fenna",)
    assert refusal(given_world, SENT, now=evening - timedelta(hours=2)) is ErrorCode.AGREEMENT_NOT_YET


def test_an_agreement_that_ended():
    given_world = world()
    given_world.agreements = (replace(given_world.agreements[0], valid_until=NOW.date()),)
    given_world.release(SENT)
    assert refusal(given_world, SENT, now=NOW + timedelta(days=1)) is ErrorCode.AGREEMENT_EXPIRED


def test_the_second_eck_id_is_an_anomaly():
    given_world = world()
    assert refusal(given_world, {**SENT, "eckId": (ECK_ID, OTHER_ECK_ID)}) is ErrorCode.ECK_ID_CONTRADICTORY
    [anomaly] = given_world.records.anomalies
    assert anomaly.kind == "eck_id_contradictory"
    assert anomaly.account
    assert ACCOUNT not in str(anomaly)


def test_a_refusal_that_is_no_anomaly_is_not_reported_as_one():
    given_world = world()
    refusal(given_world, without("uid"))
    given_world.release(SENT)
    assert given_world.records.anomalies == []


def test_what_a_school_says_of_itself_does_not_go_in_place_of_what_is_registered():
    given_world = world(Attribute.DIGI_DELIVERY_ID, Attribute.SCHOOL_DOMAIN)
    [school] = given_world.schools
    given_world.schools = (replace(school, digi_delivery_id=None, domains=()),)
    outcome = given_world.release({**SENT, "digiDeliveryId": ("one-of-its-own",)})
    assert set(outcome.released.values) == {Attribute.ECK_ID}


def test_the_name_of_a_school_goes_in_dutch():
    given_world = world(Attribute.SCHOOL_NAME)
    [school] = given_world.schools
    given_world.schools = (replace(school, names={Language.EN: "The Rainbow", Language.NL: "De Regenboog"}),)
    assert given_world.release(SENT).released.values[Attribute.SCHOOL_NAME] == ("De Regenboog",)


@pytest.mark.parametrize(("group", "code"), [("plusklas", None), ("groep 6", None), ("h2a", "agreement_not_covering")])
def test_an_agreement_about_groups_knows_them_by_group_and_by_subgroup(group, code):
    given_world = world()
    given_world.agreements = (replace(given_world.agreements[0], groups=frozenset({group})),)
    if code is None:
        assert given_world.release(SENT).decision.agreement.reference == "A-1"
    else:
        assert refusal(given_world, SENT) == code


def test_a_branch_with_an_entry_of_its_own_is_covered_by_an_agreement_about_it():
    given_world = world()
    branch = Brin("99XA07")
    given_world.schools = (replace(given_world.schools[0], brin=branch),)
    given_world.idp = replace(given_world.idp, schools=frozenset({branch}))
    [agreement] = given_world.agreements
    sent = {**SENT, "nlEduPersonHomeOrganizationId": ("99XA07",)}
    given_world.agreements = (replace(agreement, schools=frozenset({branch}), branches=frozenset({branch})),)
    assert given_world.release(sent).decision.agreement.reference == "A-1"
    given_world.agreements = (replace(agreement, schools=frozenset({branch}), branches=frozenset({Brin("99XA08")})),)
    assert refusal(given_world, sent) is ErrorCode.AGREEMENT_NOT_COVERING


def test_an_agreement_about_a_branch_does_not_cover_who_is_at_none():
    given_world = world()
    given_world.agreements = (replace(given_world.agreements[0], branches=frozenset({Brin("99XA00")})),)
    assert refusal(given_world, SENT) is ErrorCode.AGREEMENT_NOT_COVERING


def test_an_anomaly_that_cannot_be_kept_leaves_the_refusal_on_record():
    given_world = world()

    def full(_row: object) -> None:
        raise SluisError(ErrorCode.STORE_UNAVAILABLE)

    given_world.records.record = full
    assert refusal(given_world, {**SENT, "eckId": ("x",)}) is ErrorCode.STORE_UNAVAILABLE
    assert [row.code for row in given_world.records.ledger] == ["eck_id_malformed"]


def test_the_role_decides_what_may_go():
    given_world = world(Attribute.EMAIL)
    pupil = given_world.release(SENT)
    teacher = given_world.release({**SENT, "eduPersonAffiliation": ("employee",)})
    assert pupil.decision.rules[Attribute.EMAIL] is Rule.STOPPED_POLICY_NEVER
    assert teacher.released.values[Attribute.EMAIL] == ("fenna@regenboog.example",)
    assert teacher.decision.role is Role.EMPLOYEE


def test_school_and_role_go_as_the_gateway_knows_them():
    asked = (Attribute.SCHOOL, Attribute.SCHOOL_NAME, Attribute.SCHOOL_BRANCH, Attribute.ROLE)
    sent = {
        **SENT,
        "nlEduPersonHomeOrganization": ("Rainbow PLC",),
        "nlEduPersonHomeOrganizationId": ("99xa07",),
        "eduPersonAffiliation": ("Teacher", "staff", "member"),
    }
    values = world(*asked, Attribute.DIGI_DELIVERY_ID).release(sent).released.values
    assert values == {
        Attribute.ECK_ID: (ECK_ID,),
        Attribute.SCHOOL: ("99XA",),
        Attribute.SCHOOL_BRANCH: ("99XA07",),
        Attribute.SCHOOL_NAME: ("De Regenboog",),
        Attribute.ROLE: ("employee",),
        Attribute.DIGI_DELIVERY_ID: ("3F25-GUID",),
    }


def test_a_newer_set_changes_nothing_until_it_is_accepted():
    given_world = world(Attribute.GIVEN_NAME)
    newer = AttributeSet(2, {Attribute.ECK_ID: "access", Attribute.GIVEN_NAME: "access", Attribute.SURNAME: "access"})
    given_world.service = replace(given_world.service, attribute_sets={**given_world.service.attribute_sets, 2: newer})
    assert Attribute.SURNAME not in given_world.release(SENT).released.values
    given_world.agreements = (replace(given_world.agreements[0], attribute_set=2),)
    assert given_world.release(SENT).released.values[Attribute.SURNAME] == ("Vries",)


def test_none_as_fallback_refuses_only_those_without():
    given_world = world(allowed=Fallback.NONE)
    assert given_world.release(SENT).released.subject.kind == "eck_id"
    assert refusal(given_world, without("eckId")) is ErrorCode.ECK_ID_REQUIRED


def test_a_role_whose_eck_id_the_policy_stops_gets_the_provisional_identifier():
    pupils_alone = AttributePolicy(Classes(ReleaseClass.BASE, {Role.EMPLOYEE: ReleaseClass.NEVER}))
    given_world = classed(world(wish=Fallback.REAL_ID, allowed=Fallback.REAL_ID), eck_id=pupils_alone)
    teacher = given_world.release({**SENT, "eduPersonAffiliation": ("employee",)})
    assert given_world.release(SENT).released.subject.kind == "eck_id"
    assert teacher.released.subject.kind == "provisional"
    assert teacher.decision.rules[Attribute.ECK_ID] is Rule.STOPPED_POLICY_NEVER


@pytest.mark.parametrize(("provisional", "kind"), [(JUSTIFIED, "provisional"), (NEVER, None)])
def test_a_fallback_that_the_policy_stops(provisional, kind):
    given_world = world(wish=Fallback.LAS_KEY, allowed=Fallback.LAS_KEY)
    classed(given_world, las_key=NEVER, provisional_id=provisional)
    if kind:
        assert given_world.release(without("eckId")).released.subject.kind == kind
    else:
        assert refusal(given_world, without("eckId")) is ErrorCode.ECK_ID_REQUIRED


def test_what_was_dropped_is_counted_by_name():
    given_world = world()
    given_world.release({**SENT, "shoeSize": ("43",), "bsn": ("1",), "ou": ("111222333", "plusklas")})
    counters = given_world.metrics.render().decode()
    assert 'sluis_unknown_attributes_total{idp="po",name="shoeSize"} 1.0' in counters
    assert 'sluis_citizen_numbers_dropped_total{idp="po"} 2.0' in counters
    assert "111222333" not in counters


def test_every_rule_is_documented():
    text = (Path(__file__).parents[2] / "docs" / "reference" / "release-rules.md").read_text("utf-8")
    assert [rule for rule in Rule if f"`{rule}`" not in text] == []
    assert set(Rule) > RELEASING


def test_identifiers_are_those_that_a_subject_can_be_of():
    assert IDENTIFIERS - {Attribute.PUPIL_NUMBER} == {
        Attribute.ECK_ID,
        *(one.attribute for one in Fallback if one.attribute is not None),
    }
