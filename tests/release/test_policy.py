"""A policy as its file has it, and the policy that is shipped."""

from datetime import date
from pathlib import Path

import pytest

from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.purpose import Purpose
from gateway.domain.reduction import Reduction
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.release.policy import Policy
from gateway.settings.loader import read_policy

EVERYBODY = [(role, sector) for role in Role for sector in Sector]


def policy_of(path: Path) -> Policy:
    file, problems = read_policy(path)
    assert file is not None
    assert problems == ()
    return Policy.of(file)


@pytest.fixture
def written(tmp_path: Path) -> Policy:
    (tmp_path / "policy.yaml").write_text("""\
version: "7"
date: 2026-03-04
attributes:
  eck_id: {class: base, reason: one, source: norm, roles: {affiliate: never}}
  real_id: {class: justified, reason: two, source: norm, purposes: [access]}
  birth_date: {class: justified, reason: three, source: norm, purposes: [age-limit], reduction: adult}
  surname: {class: base, reason: four, source: norm, sectors: {po: {class: never}}}
""")
    return policy_of(tmp_path / "policy.yaml")


def test_it_says_what_its_file_says(written: Policy):
    assert (written.version, written.date) == ("7", date(2026, 3, 4))
    assert written.class_of(Attribute.EMAIL, Role.STUDENT, Sector.VO) is ReleaseClass.NEVER
    assert written.class_of(Attribute.SURNAME, Role.STUDENT, Sector.VO) is ReleaseClass.BASE
    assert written.class_of(Attribute.SURNAME, Role.STUDENT, Sector.PO) is ReleaseClass.NEVER
    assert written.reduction_of(Attribute.BIRTH_DATE) is Reduction.ADULT
    assert written.reduction_of(Attribute.SURNAME) is None


def test_a_purpose_justifies_what_names_it_alone(written: Policy):
    assert written.justifies(Attribute.BIRTH_DATE, Purpose.AGE_LIMIT)
    assert not written.justifies(Attribute.BIRTH_DATE, Purpose.ACCESS)
    assert not written.justifies(Attribute.SURNAME, Purpose.ACCESS)


def test_of_an_attribute_that_it_does_not_know_nothing_holds(written: Policy):
    assert not written.justifies(Attribute.GENDER, Purpose.ACCESS)
    assert written.reduction_of(Attribute.GENDER) is None
    assert {written.class_of(Attribute.GENDER, *one) for one in EVERYBODY} == {ReleaseClass.NEVER}


def test_identifiers_go_by_role_those_that_need_a_reason_too(written: Policy):
    assert written.identifiers(Role.STUDENT, Sector.PO) == {Attribute.ECK_ID, Attribute.REAL_ID}
    assert written.identifiers(Role.AFFILIATE, Sector.PO) == {Attribute.REAL_ID}
    assert written.identifiers(Role.STUDENT, Sector.PO) == {Attribute.ECK_ID, Attribute.REAL_ID}


SHIPPED = policy_of(Path(__file__).parents[2] / "config/policy.yaml")


def classes(attribute: Attribute, *roles: Role) -> set[ReleaseClass]:
    return {SHIPPED.class_of(attribute, role, sector) for role, sector in EVERYBODY if role in (roles or Role)}


def test_of_a_person_the_shipped_policy_lets_identifier_and_name_go_and_nothing_else():
    """What says something of the person; the school and the role are what licences hang on."""
    person = set(Attribute) - IDENTIFIERS - {
        Attribute.ROLE, Attribute.SCHOOL, Attribute.SCHOOL_BRANCH, Attribute.SCHOOL_NAME, Attribute.SCHOOL_DOMAIN,
        Attribute.DIGI_DELIVERY_ID,
    }  # fmt: skip
    assert {one for one in person if ReleaseClass.BASE in classes(one)} == {
        Attribute.GIVEN_NAME,
        Attribute.SURNAME_PREFIX,
        Attribute.SURNAME,
    }


def test_the_shipped_policy_lets_a_birth_date_go_to_who_tests_against_a_norm_alone():
    assert classes(Attribute.BIRTH_DATE) == {ReleaseClass.JUSTIFIED}
    assert [one for one in Purpose if SHIPPED.justifies(Attribute.BIRTH_DATE, one)] == [Purpose.NORM_REFERENCED_TEST]


@pytest.mark.parametrize("attribute", [Attribute.GROUP, Attribute.SUBGROUP, Attribute.GRADE])
def test_the_shipped_policy_lets_groups_and_grades_go_with_a_purpose_alone(attribute: Attribute):
    assert classes(attribute) == {ReleaseClass.JUSTIFIED}
    assert not SHIPPED.justifies(attribute, Purpose.ACCESS)


def test_the_shipped_policy_never_lets_these_go():
    assert classes(Attribute.GENDER) == classes(Attribute.PUPIL_NUMBER) == {ReleaseClass.NEVER}
    assert classes(Attribute.EMAIL, Role.STUDENT) == {ReleaseClass.NEVER}
    assert classes(Attribute.EMAIL, Role.EMPLOYEE) == {ReleaseClass.JUSTIFIED}
