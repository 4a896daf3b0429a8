"""An explanation says before anybody logs in what a login will do."""

from dataclasses import replace

import pytest

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.reduction import Reduction
from gateway.domain.release_class import Classes, ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.federation.models import AttributeSet, IdentityProvider, IdpId
from gateway.federation.snapshot import Federation
from gateway.release.explain import Explanation, explain
from gateway.release.identity_statement import IdentityStatement
from gateway.release.matrix import matrix
from gateway.release.policy import AttributePolicy, Policy
from gateway.release.record import MEANINGS, Rule
from tests.support.releasing import NOW, POLICY, SCHOOL, SENT, World, world
from tests.support.small_federation import identity_provider


def explained(given_world: World, role: Role = Role.STUDENT) -> Explanation:
    federation = Federation.of(
        schools=given_world.schools,
        identity_providers=(given_world.idp,),
        services=(given_world.service,),
        agreements=given_world.agreements,
    )
    return explain(
        federation=federation,
        policy=given_world.policy,
        service=given_world.service,
        school=SCHOOL,
        role=role,
        now=NOW,
    )


ASKED = (Attribute.GIVEN_NAME, Attribute.EMAIL, Attribute.SCHOOL, Attribute.BIRTH_DATE, Attribute.DIGI_DELIVERY_ID)


@pytest.mark.parametrize("role", [Role.STUDENT, Role.EMPLOYEE])
def test_what_is_explained_is_what_is_released(role: Role) -> None:
    given_world = world(*ASKED)
    outcome = given_world.release({**SENT, "eduPersonAffiliation": (role.value,)})
    lines = explained(given_world, role).lines
    assert {line.attribute for line in lines if line.released} == {one.value for one in outcome.released.values}
    assert {line.attribute: line.rule for line in lines} == {
        attribute.value: rule.value for attribute, rule in outcome.decision.rules.items()
    }


def test_a_newer_set_is_explained_as_not_agreed() -> None:
    given_world = world(Attribute.GIVEN_NAME)
    newer = AttributeSet(2, {Attribute.ECK_ID: "access", Attribute.SURNAME: "class-list"})
    given_world.service = replace(given_world.service, attribute_sets={**given_world.service.attribute_sets, 2: newer})
    [surname] = [line for line in explained(given_world).lines if line.attribute == "surname"]
    assert (surname.released, surname.rule, surname.purpose) == (False, "stopped-not-agreed", "")


def test_the_words_of_the_edu_v_agreements() -> None:
    statement = explained(world(*ASKED)).identity_statement
    assert statement == IdentityStatement("eck_id", "", "brin", "", "onderwijsdeelnemer")
    by_other_id = explained(world(Attribute.DIGI_DELIVERY_ID), Role.STAFF).identity_statement
    assert by_other_id == IdentityStatement("eck_id", "", "", "digi_delivery_id", "onderwijsmedewerker")
    bare = explained(world(), Role.AFFILIATE).identity_statement
    assert bare == IdentityStatement("eck_id", "", "", "", "betrokkene")


@pytest.mark.parametrize("parts", [("eck_id", "real_id", "", ""), ("", "", "brin", ""), ("eck_id", "", "brin", "guid")])
def test_a_statement_with_two_ids_for_one_thing_is_none(parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"identity statement|stands in"):
        IdentityStatement(*parts, "betrokkene")


def test_a_service_that_is_not_registered_for_the_sector() -> None:
    elsewhere = frozenset({Sector.MBO})
    explanation = explained(world(sectors=elsewhere))
    assert explanation.identity_statement.primary_person_id == ""
    assert {line.attribute: line.rule for line in explanation.lines} == {
        "eck_id": "identifier-replaced",
        "provisional_id": "identifier-fallback",
    }
    with pytest.raises(SluisError) as caught:
        explained(world(sectors=elsewhere, allowed=Fallback.NONE))
    assert caught.value.code is ErrorCode.ECK_ID_REQUIRED


def test_without_agreement_there_is_nothing_to_explain() -> None:
    given_world = world()
    given_world.agreements = ()
    with pytest.raises(SluisError) as caught:
        explained(given_world)
    assert caught.value.code is ErrorCode.AGREEMENT_MISSING


def test_released_values_do_not_show() -> None:
    released = world(Attribute.GIVEN_NAME).release(SENT).released
    assert "Fenna" not in repr(released)
    assert "given_name" in repr(released)


def _with(attribute: Attribute) -> Policy:
    """A policy that lets this go to anybody."""
    return replace(POLICY, attributes={**POLICY.attributes, attribute: AttributePolicy(Classes(ReleaseClass.BASE))})


def _lines(
    given_world: World, *, others: tuple[IdentityProvider, ...] = (), idps: tuple[IdentityProvider, ...] | None = None
) -> dict[str, tuple[str, str]]:
    federation = Federation.of(
        schools=given_world.schools,
        identity_providers=(given_world.idp, *others),
        services=(given_world.service,),
        agreements=given_world.agreements,
    )
    said = explain(
        federation=federation,
        policy=given_world.policy,
        service=given_world.service,
        school=SCHOOL,
        role=Role.STUDENT,
        now=NOW,
        idps=idps,
    )
    return {line.attribute: (line.rule, line.reduction) for line in said.lines}


def test_what_a_user_held_identity_says_is_not_sent() -> None:
    """Whoever brings it: what goes is what the school says."""
    given_world = world(Attribute.GIVEN_NAME)
    given_world.idp = replace(given_world.idp, dialect="eduid")
    assert _lines(given_world)["given_name"][0] == Rule.STOPPED_NOT_SENT
    others = (identity_provider(IdpId("other"), SCHOOL),)
    assert _lines(given_world, others=others)["given_name"][0] == Rule.RELEASED_BASE


def test_a_school_that_sends_no_eck_id_is_explained_with_the_fallback() -> None:
    given_world = world()
    given_world.idp = replace(given_world.idp, eck_id_sources=())
    assert _lines(given_world)["provisional_id"][0] == Rule.IDENTIFIER_FALLBACK


def test_who_speaks_for_the_school_may_be_handed_in() -> None:
    assert _lines(world(Attribute.GIVEN_NAME), idps=())["given_name"][0] == Rule.STOPPED_NOT_SENT


def test_nobody_without_eck_id_where_no_fallback_is_allowed() -> None:
    assert explained(world(allowed=Fallback.NONE)).fallback == "none"
    assert explained(world()).fallback == "provisional"


def test_reductions_leave_something_of_what_can_be_reduced() -> None:
    given_world = world(Attribute.SURNAME, Attribute.AGE_IN_YEARS, Attribute.GROUP, Attribute.SUBGROUP)
    given_world.policy = _with(Attribute.SUBGROUP)
    base = Rule.RELEASED_BASE.value
    others = (replace(identity_provider(IdpId("other"), SCHOOL), dialect="surf"),)
    whole = {
        "eck_id": (Rule.IDENTIFIER_ECK_ID, ""),
        "surname": (base, ""),
        "age_in_years": (base, "age"),
        "group": (base, ""),
        "subgroup": (base, ""),
    }
    assert _lines(given_world, others=others) == whole
    [agreement] = given_world.agreements
    reduced = {Attribute.SURNAME: Reduction.INITIAL}
    given_world.agreements = (replace(agreement, groups=frozenset({"h2a"}), reductions=reduced),)
    named = dict.fromkeys(("group", "subgroup"), (base, "named-groups"))
    assert _lines(given_world, others=others) == {**whole, "surname": (base, "initial"), **named}


@pytest.mark.parametrize(
    ("dialect", "rule"),
    [("entree", Rule.RELEASED_BASE), ("entra", Rule.RELEASED_BASE), ("surf", Rule.STOPPED_NOT_SENT)],
)
def test_a_branch_goes_where_the_school_can_say_it(dialect: str, rule: Rule) -> None:
    given_world = world(Attribute.SCHOOL_BRANCH)
    given_world.idp = replace(given_world.idp, dialect=dialect)
    assert _lines(given_world)["school_branch"][0] == rule


def test_the_matrix_counts_schools_by_rule() -> None:
    given_world = world(Attribute.GIVEN_NAME, Attribute.EMAIL)
    other = replace(SCHOOL, brin=Brin("99XD"), board=None)
    federation = Federation.of(
        schools=(SCHOOL, other),
        identity_providers=(given_world.idp,),
        services=(given_world.service,),
        agreements=given_world.agreements,
    )
    rows = matrix(federation=federation, policy=given_world.policy, schools=(SCHOOL, other), now=NOW)
    of_pupils = {(row.attribute, row.rule, row.released, row.schools) for row in rows if row.role == "student"}
    assert of_pupils == {
        ("nothing", "agreement_missing", False, 1),
        ("eck_id", "identifier-eck-id", True, 1),
        ("given_name", "released-base", True, 1),
        ("email", "stopped-policy-never", False, 1),
    }
    assert {row.role for row in rows} == set(Role)


def test_every_rule_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Rule)
