"""Reductions leave less, never more, and never something that was not sent."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.language import COMPLETE
from gateway.domain.purpose import Purpose
from gateway.domain.reduction import Reduction, choosable, strictest
from gateway.domain.release_class import Classes, ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.federation.models import AttributeSet
from gateway.release.policy import AttributePolicy
from gateway.release.record import Rule, Ruling
from gateway.release.reductions import adult, age, initial, reduced
from tests.support.releasing import SENT, TODAY, World, world

AGREEMENT = replace(world().agreements[0], groups=frozenset({"h2a", "groep 6"}))
DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)


@pytest.mark.parametrize(
    ("surname", "letter"),
    [
        ("Vries", "V"), ("van der Berg", "B"), ("'t Hart", "H"), ("IJsbrand", "IJ"), ("de vries", "d"), ("Éboué", "É"),
        ("E\u0301boue\u0301", "E\u0301"), ("(Jansen)", "J"), ("van den IJssel-Vos", "IJ"), ("李", "李"), ("42", None),
        ("I-Jansen", "I"), ("\u0301x", "x"), ("a-\u0301", "a"),
        ("", None),
    ],
)  # fmt: skip
def test_the_initial_of_a_surname(surname, letter):
    assert initial(surname) == letter


@given(TEXTS)
def test_an_initial_is_one_letter_of_the_surname(surname):
    letter = initial(surname)
    if letter is not None:
        assert letter in "".join(surname.split())
        assert letter == "IJ" or letter[0].isalpha()
        assert initial(letter) == letter


@pytest.mark.parametrize(
    ("born", "today", "years"),
    [
        ("20080907", "2026-09-07", "18"), ("20080908", "2026-09-07", "17"), ("20080229", "2026-02-28", "17"),
        ("20080229", "2026-03-01", "18"), ("20260907", "2026-09-07", "0"), ("20260908", "2026-09-07", None),
        ("18960907", "2026-09-07", "130"), ("18950907", "2026-09-07", None),
    ],
)  # fmt: skip
def test_an_age_in_whole_years(born, today, years):
    assert age(born, date.fromisoformat(today)) == years


@given(DAYS, DAYS)
def test_nobody_grows_younger_and_adults_are_eighteen(born, today):
    text = born.strftime("%Y%m%d")
    years, tomorrow = age(text, today), age(text, today + timedelta(days=1))
    assert (years is None) == (born > today or today.year - born.year > 131 or (years is None and born.year < 1971))
    if years is not None and tomorrow is not None:
        assert int(years) <= int(tomorrow) <= int(years) + 1
        assert adult(text, today) == ("true" if int(years) >= 18 else "false")
    assert (adult(text, today) is None) == (years is None)


@given(st.lists(st.sampled_from(["H2A", "h2b", "Groep 6", "x"]), max_size=5))
def test_only_groups_that_the_agreement_names_are_left(groups):
    left = reduced(tuple(groups), Reduction.NAMED_GROUPS, agreement=AGREEMENT, today=TODAY)
    assert set(left) == {"H2A", "Groep 6"} & set(groups)
    assert len(left) == len(set(left))


@given(st.lists(TEXTS, max_size=4))
def test_none_leaves_nothing(values):
    assert reduced(tuple(values), Reduction.NONE, agreement=AGREEMENT, today=TODAY) == ()


def test_two_birth_dates_of_one_person_are_no_age():
    for reduction in (Reduction.AGE, Reduction.ADULT):
        assert reduced(("20000101", "20150101"), reduction, agreement=AGREEMENT, today=TODAY) == ()
        assert len(reduced(("20000101",), reduction, agreement=AGREEMENT, today=TODAY)) == 1


@given(st.lists(st.none() | st.sampled_from(Reduction)))
def test_the_strictest_wins(reductions):
    named = [one for one in reductions if one]
    assert strictest(*reductions) == (max(named, key=list(Reduction).index) if named else None)


def test_identifiers_are_never_reduced():
    assert all(choosable(attribute) == () for attribute in IDENTIFIERS)
    assert all(Reduction.NONE in choosable(attribute) for attribute in set(Attribute) - IDENTIFIERS)


# In a release.


def reducing(given_world: World, attribute: Attribute, reduction: Reduction) -> World:
    known = replace(given_world.policy.attributes[attribute], reduction=reduction)
    policy = replace(given_world.policy, attributes={**given_world.policy.attributes, attribute: known})
    return replace(given_world, policy=policy)


def agreed(given_world: World, **changes) -> World:
    return replace(given_world, agreements=(replace(given_world.agreements[0], **changes),))


def asked(given_world: World, **changes) -> World:
    accepted = replace(given_world.service.attribute_sets[1], **changes)
    return replace(given_world, service=replace(given_world.service, attribute_sets={1: accepted}))


def outcome_of(given_world: World, attribute: Attribute, **sent) -> tuple[Ruling, tuple[str, ...] | None]:
    outcome = given_world.release({**SENT, **sent})
    return outcome.decision.rulings[attribute], outcome.released.values.get(attribute)


WITH_SURNAME = world(Attribute.SURNAME)
INITIAL = Ruling(Rule.RELEASED_BASE, Reduction.INITIAL)
IN_FULL = Ruling(Rule.RELEASED_BASE)


def test_policy_service_and_school_may_each_reduce():
    for reduces in (
        reducing(WITH_SURNAME, Attribute.SURNAME, Reduction.INITIAL),
        asked(WITH_SURNAME, reductions={Attribute.SURNAME: Reduction.INITIAL}),
        agreed(WITH_SURNAME, reductions={Attribute.SURNAME: Reduction.INITIAL}),
    ):
        assert outcome_of(reduces, Attribute.SURNAME) == (INITIAL, ("V",))
    assert outcome_of(WITH_SURNAME, Attribute.SURNAME) == (IN_FULL, ("Vries",))


def test_namesakes_lift_the_initials_of_the_policy_and_nothing_else():
    by_policy = reducing(WITH_SURNAME, Attribute.SURNAME, Reduction.INITIAL)
    assert outcome_of(agreed(by_policy, namesakes=True), Attribute.SURNAME) == (IN_FULL, ("Vries",))
    by_service = asked(by_policy, reductions={Attribute.SURNAME: Reduction.INITIAL})
    assert outcome_of(agreed(by_service, namesakes=True), Attribute.SURNAME) == (INITIAL, ("V",))
    to_nothing = reducing(WITH_SURNAME, Attribute.SURNAME, Reduction.NONE)
    ruling, values = outcome_of(agreed(to_nothing, namesakes=True), Attribute.SURNAME)
    assert (ruling, values) == (Ruling(Rule.STOPPED_NOTHING_LEFT, Reduction.NONE), None)


def test_the_ledger_says_which_reduction_ran():
    given_world = agreed(WITH_SURNAME, reductions={Attribute.SURNAME: Reduction.INITIAL})
    given_world.release(SENT)
    assert '"surname":{"rule":"released-base","reduction":"initial"}' in given_world.records.ledger[-1].decision


def test_groups_are_those_of_the_agreement():
    given_world = agreed(world(Attribute.GROUP, Attribute.ROLE), groups=frozenset({"groep 6"}))
    assert outcome_of(given_world, Attribute.GROUP) == (
        Ruling(Rule.RELEASED_BASE, Reduction.NAMED_GROUPS),
        ("groep 6",),
    )
    teacher = {"eduPersonAffiliation": ("employee",), "nlEduPersonUnit": ("groep 7", "groep 8")}
    ruling, values = outcome_of(given_world, Attribute.GROUP, **teacher)
    assert (ruling, values) == (Ruling(Rule.STOPPED_NOTHING_LEFT, Reduction.NAMED_GROUPS), None)


def test_an_age_goes_instead_of_a_birth_date():
    born = "urn:schac:attribute-def:schacDateOfBirth"
    given_world = world(Attribute.ADULT, Attribute.AGE_IN_YEARS)
    given_world.idp = replace(given_world.idp, dialect="surf")
    sent = {
        "urn:mace:dir:attribute-def:eduPersonPrincipalName": ("f@regenboog.example",),
        "urn:mace:dir:attribute-def:eduPersonAffiliation": ("student",),
        "urn:mace:terena.org:attribute-def:schacHomeOrganization": ("regenboog.example",),
    }
    outcome = given_world.release({**sent, born: ("20140102",)})
    assert outcome.released.values[Attribute.ADULT] == ("false",)
    assert outcome.released.values[Attribute.AGE_IN_YEARS] == ("12",)
    assert "20140102" not in str(outcome.released.values)
    assert outcome.decision.rulings[Attribute.ADULT].reduction is Reduction.ADULT
    assert given_world.release(sent).decision.rules[Attribute.ADULT] is Rule.STOPPED_NOT_SENT
    ruling = given_world.release({**sent, born: ("20300101",)}).decision.rulings[Attribute.AGE_IN_YEARS]
    assert ruling == Ruling(Rule.STOPPED_NOTHING_LEFT, Reduction.AGE)


# Roles, sectors, denials.


def test_each_role_gets_its_own_set():
    everybody = asked(
        world(Attribute.GIVEN_NAME, Attribute.SURNAME, Attribute.GROUP),
        roles={Attribute.SURNAME: frozenset({Role.EMPLOYEE}), Attribute.GROUP: frozenset({Role.STUDENT, Role.STAFF})},
    )
    got = {}
    for role in Role:
        outcome = everybody.release({**SENT, "eduPersonAffiliation": (role.value,)})
        got[role] = outcome.decision.released - {Attribute.ECK_ID, Attribute.GIVEN_NAME}
        if role is not Role.EMPLOYEE:
            assert outcome.decision.rules[Attribute.SURNAME] is Rule.STOPPED_OTHER_ROLE
    assert got == {
        Role.STUDENT: {Attribute.GROUP},
        Role.EMPLOYEE: {Attribute.SURNAME},
        Role.STAFF: {Attribute.GROUP},
        Role.AFFILIATE: set(),
    }


def test_a_school_denies_what_was_agreed():
    given_world = world(Attribute.GIVEN_NAME, Attribute.SURNAME)
    [school] = given_world.schools
    given_world.schools = (replace(school, denies={given_world.service.id: frozenset({Attribute.SURNAME})}),)
    outcome = given_world.release(SENT)
    assert outcome.decision.rules[Attribute.SURNAME] is Rule.STOPPED_SCHOOL_DENIES
    assert Attribute.SURNAME not in outcome.released.values


def test_a_purpose_that_does_not_fit_justifies_nothing():
    given_world = asked(
        world(Attribute.SURNAME), purposes={Attribute.ECK_ID: Purpose.ACCESS, Attribute.SURNAME: Purpose.GREETING}
    )
    classed = AttributePolicy(Classes(ReleaseClass.JUSTIFIED), frozenset({Purpose.CLASS_LIST}))
    policy = replace(given_world.policy, attributes={**given_world.policy.attributes, Attribute.SURNAME: classed})
    assert outcome_of(replace(given_world, policy=policy), Attribute.SURNAME)[0] == Ruling(Rule.STOPPED_NO_PURPOSE)


BASE, JUSTIFIED, NEVER = ReleaseClass


@pytest.mark.parametrize(
    ("role", "sector", "expected"),
    [
        (Role.STAFF, Sector.HO, BASE), (Role.STUDENT, Sector.HO, JUSTIFIED), (Role.STAFF, Sector.VO, NEVER),
        (Role.STUDENT, Sector.VO, NEVER), (Role.STAFF, Sector.VSO, NEVER), (Role.STUDENT, Sector.MBO, BASE),
        (Role.STUDENT, Sector.PO, NEVER), (Role.STUDENT, Sector.SO, BASE), (Role.EMPLOYEE, Sector.MBO, JUSTIFIED),
    ],
)  # fmt: skip
def test_classes_by_sector_and_role(role, sector, expected):
    classes = Classes(
        BASE,
        {Role.STUDENT: JUSTIFIED},
        {Sector.VO: NEVER, Sector.MBO: JUSTIFIED},
        {(Sector.MBO, Role.STUDENT): BASE, (Sector.PO, Role.STUDENT): NEVER, (Sector.SO, Role.STUDENT): BASE},
    )
    assert classes.of(role, sector) is expected
    assert classes.all_named == {BASE, JUSTIFIED, NEVER}


def test_a_purpose_has_a_text_in_every_language():
    for purpose in Purpose:
        assert len({purpose.text(language) for language in COMPLETE}) == 2
    assert AttributeSet(1, {}).roles == {}
