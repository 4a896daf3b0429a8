"""The decision: for every attribute asked, whether it goes, and the one rule that decided. Pure; default deny."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.role import Role
from gateway.federation.models import Agreement, School, Service
from gateway.pseudonyms.subject import Subject
from gateway.release.plan import Open, Standing, plan_of
from gateway.release.policy import Policy
from gateway.release.record import Rule, Ruling
from gateway.release.reductions import Values, reduced


@dataclass(frozen=True, slots=True)
class Decision:
    """The ruling on every attribute that the service asks in any of its sets, and on the identifier."""

    rulings: Mapping[Attribute, Ruling]
    agreement: Agreement
    policy: str
    role: Role

    @property
    def released(self) -> frozenset[Attribute]:
        """The attributes that go."""
        return frozenset(attribute for attribute, ruling in self.rulings.items() if ruling.goes)

    @property
    def rules(self) -> dict[Attribute, Rule]:
        """The rule alone that decided about each attribute."""
        return {attribute: ruling.rule for attribute, ruling in self.rulings.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a decision is made of. `agreement` is in force and covers the person; `today` is the Dutch day."""

    service: Service
    agreement: Agreement
    policy: Policy
    school: School
    role: Role
    subject: Subject
    attributes: Attributes
    today: date


def decide(case: Case) -> tuple[Decision, Mapping[Attribute, Values]]:
    """Decide what goes to a service, and the values of it beside the identifier, reduced."""
    service, agreement, school = case.service, case.agreement, case.school
    denied = school.denies.get(service.id, _NOTHING)
    plan = plan_of(Standing(case.policy, service, agreement.terms, denied, case.role, school.sector, case.subject.kind))
    rulings = dict(plan.settled)
    values: dict[Attribute, Values] = {}
    for one in plan.open:
        ruling, left = _of_the_person(one, case)
        rulings[one.attribute] = ruling
        if left:
            values[one.attribute] = left
    return Decision(rulings, agreement, case.policy.version, case.role), values


def _of_the_person(one: Open, case: Case) -> tuple[Ruling, Values]:
    """What becomes of an attribute that may go; there are values if it does."""
    sent, way = case.attributes.values, one.sent
    values = sent.get(one.attribute)
    if values is None and one.derived is not None:
        values, way = sent.get(Attribute.BIRTH_DATE), one.derived
    if not values:
        return _NOT_SENT
    if way.reduction is not None:
        values = reduced(values, way.reduction, agreement=case.agreement, today=case.today)
    return (way.released, values) if values else (way.nothing_left, ())


_NOTHING: frozenset[Attribute] = frozenset()
_NOT_SENT: tuple[Ruling, Values] = (Ruling(Rule.STOPPED_NOT_SENT), ())
