"""What two attribute sets and two policies say differently, in the words that a school and an operator read."""

from dataclasses import replace

from gateway.domain.attribute import Attribute
from gateway.domain.purpose import Purpose
from gateway.domain.reduction import Reduction
from gateway.domain.release_class import Classes, ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.federation.models import AttributeSet
from gateway.release.differences import (
    ClassChange,
    ReleaseChange,
    SetChange,
    class_changes,
    release_changes,
    set_changes,
)
from gateway.release.matrix import Row
from gateway.release.policy import AttributePolicy, Policy
from tests.support.releasing import POLICY

BASE, JUSTIFIED, NEVER = ReleaseClass


def policy(**attributes: AttributePolicy) -> Policy:
    return replace(POLICY, attributes={Attribute(name): one for name, one in attributes.items()})


def test_a_set_that_asks_of_other_roles_and_reduces():
    before = AttributeSet(1, {Attribute.SURNAME: Purpose.GREETING, Attribute.GROUP: Purpose.ACCESS})
    after = AttributeSet(
        2,
        {Attribute.SURNAME: Purpose.GREETING, Attribute.GROUP: Purpose.ACCESS},
        {Attribute.SURNAME: frozenset({Role.STUDENT, Role.EMPLOYEE})},
        {Attribute.SURNAME: Reduction.INITIAL},
    )
    assert set_changes(before, after) == (
        SetChange("surname", "greeting", "greeting, of employee and student, reduced: initial"),
    )
    assert set_changes(after, after) == ()


def test_an_attribute_that_one_policy_does_not_class():
    known = policy(grade=AttributePolicy(Classes(BASE)))
    assert class_changes(policy(), known) == (ClassChange("grade", "not classed", "base", ("everybody",)),)
    assert class_changes(known, policy()) == (ClassChange("grade", "base", "not classed", ("everybody",)),)


def test_a_class_is_said_with_its_purposes_and_its_reduction():
    purposes = frozenset({Purpose.GREETING, Purpose.CLASS_LIST})
    before = policy(surname=AttributePolicy(Classes(JUSTIFIED), purposes, Reduction.INITIAL))
    after = policy(surname=AttributePolicy(Classes(NEVER), purposes, Reduction.INITIAL))
    assert class_changes(before, after) == (
        ClassChange("surname", "justified, for class-list or greeting, reduced: initial", "never", ("everybody",)),
    )


def test_whom_a_class_is_of():
    before = policy(surname=AttributePolicy(Classes(BASE)))
    after = policy(
        surname=AttributePolicy(
            Classes(
                BASE,
                {Role.STUDENT: NEVER},
                of_roles_in_sectors={(Sector.PO, Role.STAFF): NEVER, (Sector.VO, Role.STAFF): NEVER},
            )
        )
    )
    assert class_changes(before, after) == (
        ClassChange("surname", "base", "never", ("student", "staff in po, so, vo, vso")),
    )


def test_everybody_in_some_sectors():
    before = policy(surname=AttributePolicy(Classes(BASE)))
    after = policy(surname=AttributePolicy(Classes(BASE, of_sectors={Sector.MBO: NEVER, Sector.HO: NEVER})))
    assert class_changes(before, after) == (ClassChange("surname", "base", "never", ("everybody in mbo, ho",)),)


def test_one_role_is_not_everybody():
    before = policy(surname=AttributePolicy(Classes(BASE)))
    after = policy(surname=AttributePolicy(Classes(BASE, {Role.STUDENT: NEVER})))
    assert class_changes(before, after) == (ClassChange("surname", "base", "never", ("student",)),)


def test_every_role_in_other_sectors_is_said_by_role():
    before = policy(surname=AttributePolicy(Classes(BASE)))
    apart = {(Sector.MBO, role): NEVER for role in Role} | {(Sector.HO, Role.STUDENT): NEVER}
    after = policy(surname=AttributePolicy(Classes(BASE, of_roles_in_sectors=apart)))
    [change] = class_changes(before, after)
    assert set(change.whom) == {"student in mbo, ho", "employee in mbo", "staff in mbo", "affiliate in mbo"}


def row(attribute: Attribute, *, released: bool, reduction: str = "") -> Row:
    return Row("leesplein", "student", attribute.value, "a-rule", reduction, released, schools=1)


def test_what_goes_no_more_and_what_goes_from_now_on():
    before = (row(Attribute.GIVEN_NAME, released=True), row(Attribute.SURNAME, released=True))
    after = (
        row(Attribute.GIVEN_NAME, released=False),
        row(Attribute.SURNAME, released=True, reduction="initial"),
        row(Attribute.EMAIL, released=True),
        row(Attribute.GRADE, released=False),
    )
    said = ("leesplein", "student")
    assert release_changes([(3, before, after), (4, before, after), (5, after, after)]) == (
        ReleaseChange(*said, "email", "no", "yes", 7),
        ReleaseChange(*said, "given_name", "yes", "no", 7),
        ReleaseChange(*said, "surname", "yes", "initial", 7),
    )
