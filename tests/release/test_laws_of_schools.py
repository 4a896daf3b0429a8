"""What schools, suppliers and the policy can do to a release: take from it, and nothing else by the way."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.purpose import Purpose
from gateway.domain.reduction import Reduction
from gateway.domain.release_class import Classes, ReleaseClass
from gateway.domain.role import Role
from gateway.federation.models import AttributeSet
from gateway.release.outcome import Outcome
from gateway.release.policy import AttributePolicy
from gateway.release.record import Rule, Ruling
from tests.support.generated_logins import NAME_ID, Login, at, sound_logins
from tests.support.releasing import TODAY

pytestmark = pytest.mark.untraced

many = settings(max_examples=120, deadline=None, phases=[Phase.explicit, Phase.generate])
ASKABLE = sorted(set(Attribute) - IDENTIFIERS)


def released(login: Login) -> Outcome:
    try:
        return login.world.release(login.sent, name_id=NAME_ID)
    except SluisError:
        assume(False)
        raise


def refusal(login: Login) -> ErrorCode | None:
    try:
        login.world.release(login.sent, name_id=NAME_ID)
    except SluisError as error:
        return error.code
    return None


def besides(outcome: Outcome, one: Attribute) -> tuple[dict[Attribute, Ruling], dict[Attribute, tuple[str, ...]]]:
    """A release without what it says of one attribute."""
    rulings = {attribute: ruling for attribute, ruling in outcome.decision.rulings.items() if attribute is not one}
    return rulings, {attribute: values for attribute, values in outcome.released.values.items() if attribute is not one}


def one_that_goes(outcome: Outcome, wanted: Attribute) -> Attribute:
    going = sorted(set(outcome.released.values) - IDENTIFIERS)
    assume(going)
    return going[ASKABLE.index(wanted) % len(going)]


def accepting(login: Login, outcome: Outcome, **changes: object) -> Login:
    """With other attributes, roles or reductions in the set that the school accepted."""
    service, number = login.world.service, outcome.decision.agreement.attribute_set
    sets = {**service.attribute_sets, number: replace(service.attribute_sets[number], **changes)}
    return at(login, service=replace(service, attribute_sets=sets))


@many
@given(sound_logins(), st.sampled_from(ASKABLE))
def test_law_1_what_a_school_denies_stays_and_the_rest_goes_as_before(login: Login, wanted: Attribute) -> None:
    before = released(login)
    one = one_that_goes(before, wanted)
    named, service = login.named, login.world.service.id
    denying = replace(named, denies={**named.denies, service: named.denies[service] | {one}})
    schools = tuple(denying if school is named else school for school in login.world.schools)
    after = released(at(login, schools=schools))
    assert after.decision.rulings[one] == Ruling(Rule.STOPPED_SCHOOL_DENIES)
    assert besides(after, one) == besides(before, one)


@many
@given(sound_logins(), st.sampled_from(ASKABLE), st.booleans())
def test_law_1_what_the_policy_stops_in_a_sector_or_role_stays(login: Login, wanted: Attribute, by_role: bool) -> None:
    before = released(login)
    one, policy = one_that_goes(before, wanted), login.world.policy
    known, role, sector = policy.attributes[one], before.decision.role, login.named.sector
    stopped = {role: ReleaseClass.NEVER} if by_role else {}
    in_sector = {} if by_role else {sector: ReleaseClass.NEVER}
    classes = Classes(known.classes.of_all, stopped, in_sector)
    after = released(
        at(login, policy=replace(policy, attributes={**policy.attributes, one: replace(known, classes=classes)}))
    )
    assert after.decision.rulings[one] == Ruling(Rule.STOPPED_POLICY_NEVER)
    assert besides(after, one) == besides(before, one)
    elsewhere = {other: ReleaseClass.NEVER for other in Role if other is not role}
    classes = Classes(known.classes.of(role, sector), elsewhere)
    unmoved = released(
        at(login, policy=replace(policy, attributes={**policy.attributes, one: replace(known, classes=classes)}))
    )
    assert unmoved.released.values == before.released.values


@many
@given(sound_logins(), st.sampled_from(ASKABLE))
def test_law_1_a_purpose_that_fits_no_more_stops_what_must_be_justified(login: Login, wanted: Attribute) -> None:
    before = released(login)
    one, policy = one_that_goes(before, wanted), login.world.policy
    classed = AttributePolicy(Classes(ReleaseClass.JUSTIFIED), frozenset({Purpose.CLASS_LIST}))
    after = released(at(login, policy=replace(policy, attributes={**policy.attributes, one: classed})))
    assert after.decision.rulings[one] == Ruling(Rule.STOPPED_NO_PURPOSE)
    assert besides(after, one) == besides(before, one)


@many
@given(sound_logins(), st.sampled_from(ASKABLE))
def test_law_1_an_attribute_asked_of_other_roles_stays(login: Login, wanted: Attribute) -> None:
    before = released(login)
    one = one_that_goes(before, wanted)
    roles = login.accepted(before.decision.agreement).roles
    others = frozenset(Role) - {before.decision.role}
    after = released(accepting(login, before, roles={**roles, one: others}))
    assert after.decision.rulings[one] == Ruling(Rule.STOPPED_OTHER_ROLE)
    assert besides(after, one) == besides(before, one)


@many
@given(sound_logins(), st.sampled_from(ASKABLE))
def test_law_1_whoever_reduces_to_nothing_gets_nothing(login: Login, wanted: Attribute) -> None:
    """Policy, service or school: each alone is enough."""
    before = released(login)
    one, policy, agreement = one_that_goes(before, wanted), login.world.policy, before.decision.agreement
    to_nothing = replace(policy.attributes[one], reduction=Reduction.NONE)
    by_school = replace(agreement, reductions={**agreement.reductions, one: Reduction.NONE})
    agreements = tuple(by_school if known is agreement else known for known in login.world.agreements)
    by_service = {**login.accepted(agreement).reductions, one: Reduction.NONE}
    for reducing in (
        at(login, policy=replace(policy, attributes={**policy.attributes, one: to_nothing})),
        at(login, agreements=agreements),
        accepting(login, before, reductions=by_service),
    ):
        after = released(reducing)
        assert after.decision.rulings[one] == Ruling(Rule.STOPPED_NOTHING_LEFT, Reduction.NONE)
        assert besides(after, one) == besides(before, one)


@many
@given(sound_logins(), st.frozensets(st.sampled_from(ASKABLE)))
def test_law_1_a_new_version_changes_nothing_until_it_is_accepted(login: Login, more: frozenset[Attribute]) -> None:
    before = released(login)
    service = login.world.service
    asked = dict.fromkeys((Attribute.ECK_ID, *sorted(more)), Purpose.ACCESS)
    newer = replace(service, attribute_sets={**service.attribute_sets, 9: AttributeSet(9, asked)})
    after = released(at(login, service=newer))
    assert after.released.values == before.released.values
    added = set(after.decision.rulings) - set(before.decision.rulings)
    assert {after.decision.rules[one] for one in added} <= {Rule.STOPPED_NOT_AGREED}


@many
@given(sound_logins())
def test_law_3_suspending_one_agreement_in_force_stops_all(login: Login) -> None:
    released(login)
    for suspended in login.agreements_in_force:
        agreements = tuple(
            replace(one, suspended="a breach") if one is suspended else one for one in login.world.agreements
        )
        stopped = at(login, agreements=agreements)
        assert refusal(stopped) is ErrorCode.AGREEMENT_SUSPENDED
        assert stopped.world.records.ledger[-1].code == "agreement_suspended"


@many
@given(sound_logins(), st.integers(1, 400))
def test_law_3_an_agreement_about_another_branch_group_or_time_lets_nothing_go(login: Login, days: int) -> None:
    before = released(login)
    agreement, some_days = before.decision.agreement, timedelta(days=days)
    elsewhere = [
        (ErrorCode.AGREEMENT_NOT_YET, replace(agreement, valid_from=TODAY + some_days)),
        (
            ErrorCode.AGREEMENT_EXPIRED,
            replace(agreement, valid_until=TODAY - some_days, valid_from=TODAY - 2 * some_days),
        ),
        (
            ErrorCode.AGREEMENT_NOT_COVERING,
            replace(agreement, branches=frozenset({replace(login.named.brin.main, value="00ZZ01")})),
        ),
        (ErrorCode.AGREEMENT_MISSING, replace(agreement, service=login.world.other_services[0].id)),
        (ErrorCode.AGREEMENT_MISSING, replace(agreement, schools=frozenset(), boards=frozenset({"nobody"}))),
    ]
    if login.role is Role.STUDENT:
        elsewhere.append((ErrorCode.AGREEMENT_NOT_COVERING, replace(agreement, groups=frozenset({"nobody"}))))
    for code, other in elsewhere:
        assert refusal(at(login, agreements=(other,))) is code
