"""Take any rule of the decision away, or change it in any small way: the letter of the rules finds out.

`make mutants` does the same with all tests and in more rooms, which takes long; this is always done.
"""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from gateway.attributes.values import Attributes
from gateway.domain import release_class
from gateway.domain.attribute import Attribute
from gateway.domain.errors import SluisError
from gateway.domain.role import Role
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.release import decision, plan
from gateway.release.record import Rule, Ruling
from tests.mutants.making import changed, mutants
from tests.support.by_the_letter import rulings
from tests.support.dice import Dice
from tests.support.generated_logins import NAME_ID, Login, sound_login
from tests.support.releasing import TODAY, world

Outcome = dict[Attribute, tuple[Ruling, tuple[str, ...]]]


@dataclass(frozen=True)
class Case:
    """A login in which something goes, and what must come of it."""

    login: Login
    expected: Outcome

    def is_as_expected(self) -> bool:
        return _outcome(self.login) == self.expected


def _outcome(login: Login) -> Outcome | None:
    plan.plan_of.cache_clear()
    try:
        outcome = login.world.release(login.sent, name_id=NAME_ID)
    except SluisError:
        return None
    subject, values = outcome.released.subject, dict(outcome.released.values)
    assert values.keys() == outcome.decision.released
    assert values.pop(subject.kind.attribute) == (subject.identifier,)
    return {one: (ruling, values.get(one, ())) for one, ruling in outcome.decision.rulings.items()}


def generated_cases() -> list[Case]:
    found = []
    for seed in range(500):
        login = sound_login(Dice(seed))
        try:
            outcome = login.world.release(login.sent, name_id=NAME_ID)
        except SluisError:
            continue
        kind = outcome.released.subject.kind
        found.append(Case(login, rulings(login, login.agreements_in_force[0], kind)))
    return found


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    made = generated_cases()
    assert not noticed(made)
    return made


def _prefers_what_the_school_says() -> bool:
    """No dialect has a name by which a school can say that somebody is of age; a decision takes it where one has."""
    given = world(Attribute.ADULT)
    case = decision.Case(
        service=given.service,
        agreement=given.agreements[0],
        policy=given.policy,
        school=given.schools[0],
        role=Role.STUDENT,
        subject=Subject(SubjectKind.ECK_ID, "", ""),
        attributes=Attributes({Attribute.ADULT: ("true",), Attribute.BIRTH_DATE: ("20140102",)}),
        today=TODAY,
    )
    decided, values = decision.decide(case)
    return (decided.rulings[Attribute.ADULT], values) == (Ruling(Rule.RELEASED_BASE), {Attribute.ADULT: ("true",)})


def noticed(cases: list[Case]) -> bool:
    """Whether one of the cases is not as it must be."""
    try:
        return not all(case.is_as_expected() for case in cases) or not _prefers_what_the_school_says()
    except Exception:  # noqa: BLE001 - whatever it is, somebody would notice
        return True


def test_every_rule_decides_somewhere(cases: list[Case]) -> None:
    decided = {ruling.rule for case in cases for ruling, _ in case.expected.values()}
    # A succession is of what a service knew before, which no decision looks at.
    assert decided == set(Rule) - {Rule.IDENTIFIER_SUCCESSION, Rule.IDENTIFIER_LINKED}


@pytest.mark.parametrize("rule", [rule for rule, _ in plan.STOPS])
def test_a_decision_without_a_rule_is_noticed(rule: Rule, cases: list[Case], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "STOPS", tuple(one for one in plan.STOPS if one[0] is not rule))
    assert noticed(cases)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Rule.STOPPED_OTHER_ROLE, Rule.STOPPED_POLICY_NEVER),
        (Rule.STOPPED_OTHER_ROLE, Rule.STOPPED_NO_PURPOSE),
        (Rule.STOPPED_OTHER_ROLE, Rule.STOPPED_SCHOOL_DENIES),
        (Rule.STOPPED_NOT_AGREED, Rule.STOPPED_POLICY_NEVER),
        (Rule.STOPPED_NOT_AGREED, Rule.STOPPED_SCHOOL_DENIES),
        (Rule.STOPPED_POLICY_NEVER, Rule.STOPPED_SCHOOL_DENIES),
        (Rule.STOPPED_NO_PURPOSE, Rule.STOPPED_SCHOOL_DENIES),
    ],
)
def test_rules_in_another_order_are_noticed(
    first: Rule, second: Rule, cases: list[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each two that can apply at once."""
    order = [rule for rule, _ in plan.STOPS]
    at, to = order.index(first), order.index(second)
    swapped = list(plan.STOPS)
    swapped[at], swapped[to] = swapped[to], swapped[at]
    monkeypatch.setattr(plan, "STOPS", tuple(swapped))
    assert noticed(cases)


@pytest.mark.parametrize("module", [plan, decision, release_class], ids=lambda one: one.__name__)
def test_a_decision_that_was_changed_is_noticed(module: ModuleType, cases: list[Case]) -> None:
    unnoticed = []
    for mutant in mutants(module, Path(str(module.__file__)).read_text("utf-8")):
        with changed(module, mutant):
            if mutant.function not in NO_PART_OF_IT and not noticed(cases):
                unnoticed.append(f"{mutant.function}: {mutant.change}")
    assert sorted(set(unnoticed) - EQUIVALENT) == []


NO_PART_OF_IT = ("Decision.rules", "Classes.all_named")
"""What is only asked of a decision or a policy by others, whose tests notice."""
EQUIVALENT = {
    # The quick answer for an attribute that has one class for everybody; the long way comes to the same.
    "Classes.of: if not (self.of_roles or self.of_sectors or self.of_roles...  ->  if False:",
}
"""Changes after which every decision is what it was."""
