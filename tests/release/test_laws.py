"""The laws of the house, as properties of whole releases over generated federations (design.md, section 4)."""

import ast
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from gateway.attributes.outgoing import wire_attributes
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.release_class import ReleaseClass
from gateway.federation.clients import NameIdFormat
from gateway.federation.models import ServiceId
from gateway.pseudonyms.subject import SubjectKind
from gateway.release.identity_statement import identity_statement
from gateway.release.outcome import Outcome
from tests.support.by_the_letter import release_class, rulings
from tests.support.generated_federation import BOARDS, BRINS
from tests.support.generated_logins import (
    ACCOUNT,
    LOCAL_IDS,
    NAME_ID,
    NO_ECK_ID,
    Login,
    at,
    logins,
    on_the_wire,
    sound_logins,
)
from tests.support.releasing import ECK_ID, OTHER_ECK_ID, SENT, TODAY, world

pytestmark = pytest.mark.untraced

REPOSITORY = Path(__file__).parents[2]
many = settings(max_examples=120, deadline=None, phases=[Phase.explicit, Phase.generate])
OWN = (SubjectKind.REAL_ID, SubjectKind.PROFILE_ID, SubjectKind.LAS_KEY)


def released(login: Login, sent: dict[str, tuple[str, ...]] | None = None) -> Outcome | None:
    try:
        return login.world.release(login.sent if sent is None else sent, name_id=NAME_ID)
    except SluisError:
        return None


def surely(outcome: Outcome | None) -> Outcome:
    assume(outcome is not None)
    assert outcome is not None
    return outcome


def may_see_eck_id(login: Login) -> bool:
    return (
        len(login.eck_ids) == 1
        and login.named.sector.eck in {sector.eck for sector in login.world.service.sectors}
        and release_class(login, Attribute.ECK_ID) is not ReleaseClass.NEVER
    )


def all_values(outcome: Outcome) -> list[str]:
    return [value for values in outcome.released.values.values() for value in values]


# Law 1: nothing unnamed leaves.


@many
@given(sound_logins())
def test_law_1_each_attribute_goes_or_stays_by_the_letter_of_the_rules(login: Login) -> None:
    """Whatever has been decided before for others: here, for the same person at another service of the federation."""
    [elsewhere] = login.world.other_services
    for one in (login, at(login, service=elsewhere, other_services=(login.world.service,)), login):
        outcome = released(one)
        if outcome is None:
            continue
        decision, kind = outcome.decision, outcome.released.subject.kind
        assert decision.agreement == one.agreements_in_force[0]
        expected = rulings(one, decision.agreement, kind)
        assert decision.rulings == {attribute: ruling for attribute, (ruling, _) in expected.items()}
        besides = {attribute: left for attribute, (_, left) in expected.items() if left}
        assert outcome.released.values == besides | {kind.attribute: (outcome.released.subject.identifier,)}


@many
@given(sound_logins())
def test_law_1_nothing_unnamed_leaves(login: Login) -> None:
    outcome = surely(released(login))
    values = outcome.released.values
    agreement = outcome.decision.agreement
    purposes = login.world.service.attribute_sets[agreement.attribute_set].purposes
    assert set(values) == outcome.decision.released
    for attribute in values:
        assert release_class(login, attribute) is not ReleaseClass.NEVER
        if attribute not in IDENTIFIERS:
            assert attribute in purposes
            known = login.world.policy.attributes[attribute]
            assert release_class(login, attribute) is ReleaseClass.BASE or purposes[attribute] in known.purposes
            assert login.role in login.accepted(agreement).roles.get(attribute, {login.role})
            assert attribute not in login.named.denies.get(login.world.service.id, ())
    assert set(values) & IDENTIFIERS <= {Attribute.ECK_ID, Attribute.PROVISIONAL_ID, agreement.fallback.attribute}


@many
@given(sound_logins())
def test_law_1_on_the_wire_stands_what_was_released_and_no_more(login: Login) -> None:
    outcome = surely(released(login))
    wire = wire_attributes(outcome.released.values, login.world.service.dialect)
    assert len({one.name for one in wire}) == len(outcome.released.values)
    assert sorted(value for one in wire for value in one.values) == sorted(all_values(outcome))


@many
@given(sound_logins())
def test_law_1_values_are_those_of_the_school_or_of_the_register(login: Login) -> None:
    """A school's own name for itself, its BRIN or its role never leave as they were sent."""
    outcome = surely(released(login))
    sent = {value for values in login.sent.values() for value in values}
    named, register = login.named, {login.named.digi_delivery_id, *login.named.domains, *login.named.names.values()}
    registered = {str(login.branch), str(named.brin.main), login.role, outcome.released.subject.identifier, *register}
    reduced = {
        value
        for name, ruling in outcome.decision.rulings.items()
        if ruling.reduction
        for value in outcome.released.values.get(name, ())
    }
    assert set(all_values(outcome)) <= sent | registered | reduced
    assert "As the school calls itself" not in all_values(outcome)


@many
@given(sound_logins(), st.text(max_size=20), st.text(max_size=20))
def test_law_1_what_a_school_sends_besides_changes_nothing(login: Login, name: str, value: str) -> None:
    assume(name not in login.sent)
    outcome = surely(released(login))
    besides = released(login, {**login.sent, f"x-{name}": (value,)})
    assert besides is not None
    assert besides.released.values == outcome.released.values


def test_law_1_only_the_decision_about_a_person_makes_released_attributes() -> None:
    makers = {path for path in calls_of("ReleasedAttributes") if "demo" not in path}
    assert makers == {"gateway/release/deciding.py"}


# Law 2: one identifier.


@many
@given(sound_logins())
def test_law_2_one_identifier(login: Login) -> None:
    outcome = surely(released(login))
    subject = outcome.released.subject
    assert set(outcome.released.values) & IDENTIFIERS == {subject.kind.attribute}
    assert outcome.released.values[subject.kind.attribute] == (subject.identifier,)
    eck_ids = [value for value in all_values(outcome) if "ketenid.nl" in value]
    assert eck_ids == ([ECK_ID] if may_see_eck_id(login) else [])
    assert (subject.kind is SubjectKind.ECK_ID) is may_see_eck_id(login)


@many
@given(sound_logins())
def test_law_2_every_release_is_an_identity_statement_of_the_edu_v_agreements(login: Login) -> None:
    """One person id, primary or secondary; an organisation's ids where they were asked; the flag of the role."""
    outcome = surely(released(login))
    statement = identity_statement(outcome.decision, outcome.released.subject.kind)
    assert (statement.primary_person_id == "eck_id") is may_see_eck_id(login)
    assert (statement.secondary_person_id == "") is may_see_eck_id(login)
    names_school = set(outcome.released.values) & {
        Attribute.SCHOOL,
        Attribute.SCHOOL_BRANCH,
        Attribute.SCHOOL_DOMAIN,
        Attribute.DIGI_DELIVERY_ID,
    }
    assert bool(statement.primary_organisation_id or statement.secondary_organisation_id) is bool(names_school)
    flags = {"student": "onderwijsdeelnemer", "affiliate": "betrokkene"}
    assert statement.flag == flags.get(str(login.role), "onderwijsmedewerker")


@many
@given(sound_logins())
def test_law_2_the_protocols_own_subject_joins_nothing(login: Login) -> None:
    """Two services that compare what they got find no identifier in common, but for the ECK iD of the chain itself."""
    other = replace(
        login.world,
        service=replace(login.world.service, id=ServiceId("elsewhere")),
        agreements=tuple(replace(one, service=ServiceId("elsewhere")) for one in login.agreements_in_force),
    )
    here, there = surely(released(login)), surely(released(replace(login, world=other)))
    assert here.released.subject.pairwise != there.released.subject.pairwise
    if here.released.subject.kind is there.released.subject.kind is SubjectKind.PROVISIONAL:
        assert here.released.subject.identifier != there.released.subject.identifier


# Law 3: fail closed.


@many
@given(logins() | sound_logins())
def test_law_3_fail_closed(login: Login) -> None:
    expected = first_reason(login)
    try:
        outcome = login.world.release(login.sent, name_id=NAME_ID)
    except SluisError as error:
        assert expected is None or error.code in expected
        [row] = login.world.records.ledger
        assert (row.outcome, row.code, row.decision, row.subject_kind) == ("refused", error.code, "{}", None)
    else:
        assert expected is None
        assert outcome.decision.agreement in login.agreements_in_force
        [row] = login.world.records.ledger
        assert (row.outcome, row.code) == ("released", None)
        assert (row.agreement, row.role) == (outcome.decision.agreement.reference, login.role)


def first_reason(login: Login) -> set[ErrorCode] | None:
    """Why nothing may go, whoever the person is; None when it depends on the identifier."""
    if not login.is_spoken_for:
        return {ErrorCode.BRIN_UNKNOWN, ErrorCode.BRIN_AMBIGUOUS}
    if login.role is None:
        return {ErrorCode.ROLE_CONTRADICTORY if login.roles else ErrorCode.ROLE_MISSING}
    if not login.agreements_in_force:
        return {
            ErrorCode.AGREEMENT_MISSING,
            ErrorCode.AGREEMENT_NOT_YET,
            ErrorCode.AGREEMENT_EXPIRED,
            ErrorCode.AGREEMENT_NOT_COVERING,
        }
    if login.is_suspended:
        return {ErrorCode.AGREEMENT_SUSPENDED}
    if login.eck_ids not in ((), (ECK_ID,)):
        return {ErrorCode.ECK_ID_CONTRADICTORY if len(login.eck_ids) > 1 else ErrorCode.ECK_ID_MALFORMED}
    return None


@many
@given(sound_logins())
def test_who_may_be_let_in_is_let_in(login: Login) -> None:
    """The other half of failing closed: a gateway that refuses everybody would keep law 3, too."""
    assume(first_reason(login) is None and may_see_eck_id(login))
    assert released(login) is not None


@many
@given(sound_logins(), st.integers(-2, 2), st.none() | st.integers(-2, 2))
def test_law_3_an_agreement_counts_from_its_first_day_to_its_last(login: Login, first: int, last: int | None) -> None:
    until = None if last is None else TODAY + timedelta(days=last)
    agreement = replace(login.world.agreements[-1], valid_from=TODAY + timedelta(days=first), valid_until=until)
    outcome = released(at(login, agreements=(agreement,)))
    if first > 0 or (last is not None and last < 0):
        assert outcome is None
    elif may_see_eck_id(login):
        assert outcome is not None


@many
@given(sound_logins(), st.sampled_from(BRINS), st.sampled_from(BOARDS))
def test_law_3_an_agreement_is_of_its_schools_and_boards_alone(login: Login, brin: str, board: str) -> None:
    agreement = replace(
        login.world.agreements[-1], schools=frozenset({Brin(brin)}) - {login.named.brin}, boards=frozenset({board})
    )
    outcome = released(at(login, agreements=(agreement,)))
    if login.named.board != board:
        assert outcome is None
    elif may_see_eck_id(login):
        assert outcome is not None


@many
@given(sound_logins(), st.sampled_from([(ECK_ID, OTHER_ECK_ID), (NO_ECK_ID,), (ECK_ID[:-1],), (ECK_ID.upper(),)]))
def test_law_3_an_eck_id_that_is_double_or_wrong_gets_nothing(login: Login, eck_ids: tuple[str, ...]) -> None:
    """No guess which is right, and no fallback for somebody who has one."""
    sent = on_the_wire({Attribute.ECK_ID: eck_ids}, login.world.idp.dialect)
    assert released(login, {**login.sent, **sent}) is None
    if not login.is_suspended:
        assert [row.kind for row in login.world.records.anomalies] == [login.world.records.ledger[-1].code]


@many
@given(sound_logins(), st.sampled_from(["owner", "", "Student Teacher", "*"]))
def test_law_3_a_role_that_nobody_knows_gets_nothing(login: Login, role: str) -> None:
    names = [name for name in login.sent if "ffiliation" in name]
    assert released(login, {**login.sent, **dict.fromkeys(names, (role,))}) is None


@many
@given(sound_logins())
def test_law_3_an_attribute_that_the_policy_does_not_know_stays(login: Login) -> None:
    nothing = replace(login.world.policy, attributes={})
    assert released(at(login, policy=nothing)) is None


# Law 4: local ids stay.


@many
@given(logins() | sound_logins())
def test_law_4_local_ids_stay(login: Login) -> None:
    local = [ACCOUNT, ACCOUNT.partition("@")[0], NAME_ID, *LOCAL_IDS.values()]
    try:
        outcome = login.world.release(login.sent, name_id=NAME_ID)
    except SluisError as error:
        assert not leaks((error.hint, error.cause, error), [*local, ECK_ID, OTHER_ECK_ID, NO_ECK_ID])
    else:
        subject = outcome.released.subject
        besides = {one: values for one, values in outcome.released.values.items() if one is not subject.kind.attribute}
        assert not leaks((besides, subject.pairwise), local)
        assert not leaks((outcome, outcome.released, outcome.decision, subject), [*local, ECK_ID])
        if subject.kind in OWN:
            assert outcome.decision.agreement.fallback.attribute is subject.kind.attribute
            assert subject.identifier == LOCAL_IDS[subject.kind.attribute]
            assert not login.eck_ids
        else:
            assert not leaks((subject.identifier,), local)
    records = login.world.records
    assert not leaks((records.ledger, records.anomalies, records.subjects), [*local, ECK_ID, OTHER_ECK_ID, NO_ECK_ID])


def leaks(where: Iterable[object], local: list[str]) -> list[str]:
    text = "\n".join(f"{one}\n{one!r}" for one in where)
    return [one for one in local if one in text]


CITIZEN_NUMBERS = ("111222333", "10000008", "100000004")
DISGUISES = ("{}", " {} ", "{}@school.example", "urn:schac:personalUniqueCode:nl:local:school:studentid:{}")


@pytest.mark.parametrize("name", sorted(set(SENT) - {"eduPersonAffiliation"}))
@pytest.mark.parametrize(("number", "disguise"), list(product(CITIZEN_NUMBERS, DISGUISES)))
def test_law_4_a_citizen_number_is_dropped_wherever_it_stands(name: str, number: str, disguise: str) -> None:
    """Whatever else is sent, and when nothing else is: a number is never an account, an identifier or a name."""
    asked = [attribute for attribute in Attribute if attribute not in IDENTIFIERS]
    for first in ((), SENT[name]):
        given_world = world(*asked, name_id=NameIdFormat.PERSISTENT)
        sent = {**SENT, name: (*first, disguise.format(number))}
        outcome = None
        try:
            outcome = given_world.release(sent, name_id=disguise.format(number))
        except SluisError as error:
            assert not leaks((error.hint, error.cause), [number])
        assert not leaks((outcome and outcome.released.values, given_world.records), [number])
        if name == "uid" and not first:
            assert outcome is None
            assert given_world.records.ledger[-1].code == ErrorCode.ACCOUNT_MISSING


def test_law_4_only_verified_messages_become_raw_attributes() -> None:
    makers = {path for path in calls_of("RawAttributes") if "demo" not in path}
    assert makers == {
        "gateway/saml/sp/assertion.py",
        "gateway/oidc/rp/claims.py",
        "gateway/attributes/institution.py",  # the school's own attribute API, asked by the gateway itself
    }


def calls_of(name: str) -> set[str]:
    """The files of the gateway that call this name, but with nothing in it: then it says nothing of anybody."""
    return {
        str(path.relative_to(REPOSITORY))
        for path in (REPOSITORY / "gateway").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        if ast.unparse(node) != f"{name}(())"
    }
