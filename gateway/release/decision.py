"""The decision: for every attribute asked, whether it goes, and the one rule that decided. Pure; default deny."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

from gateway.attributes.values import Attributes
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.reduction import Reduction, strictest
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.federation.models import Agreement, AttributeSet, School, Service
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.release.policy import Policy
from gateway.release.record import Rule, Ruling
from gateway.release.reductions import Values, reduced, reduction_for, source_of


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
    """What a decision is made of. `agreement` is in force and covers the person; `today` is the Dutch day.

    `refused` are the attributes that the person, asked for consent, does not let go.
    """

    service: Service
    agreement: Agreement
    policy: Policy
    school: School
    role: Role
    subject: Subject
    attributes: Attributes
    today: date
    refused: AbstractSet[Attribute] = field(default_factory=frozenset)

    @property
    def accepted(self) -> AttributeSet:
        """The version of the service's set that the school accepted."""
        return self.service.attribute_sets[self.agreement.attribute_set]


def decide(case: Case) -> tuple[Decision, Mapping[Attribute, Values]]:
    """Decide what goes to a service, and the values of it beside the identifier, reduced.

    What the service asks is the union of its attribute sets; what the school accepted is the agreement's version.
    """
    service, subject, accepted = case.service, case.subject, case.accepted
    rulings: dict[Attribute, Ruling] = {}
    values: dict[Attribute, Values] = {}
    for attribute in service.asks - IDENTIFIERS:
        ruling, left = _rule(attribute, accepted, case)
        rulings[attribute] = ruling
        if ruling.goes:
            values[attribute] = left
    permitted = case.policy.identifiers(case.role, case.school.sector)
    rulings |= {one: Ruling(rule) for one, rule in _identifier_rules(service, subject, permitted).items()}
    return Decision(rulings, case.agreement, case.policy.version, case.role), values


def _identifier_rules(service: Service, subject: Subject, permitted: frozenset[Attribute]) -> dict[Attribute, Rule]:
    rules = dict.fromkeys(service.asks & IDENTIFIERS, Rule.STOPPED_SECOND_IDENTIFIER)
    if subject.kind is SubjectKind.ECK_ID:
        return {**rules, Attribute.ECK_ID: Rule.IDENTIFIER_ECK_ID}
    replaced = Rule.IDENTIFIER_REPLACED if Attribute.ECK_ID in permitted else Rule.STOPPED_POLICY_NEVER
    return {**rules, Attribute.ECK_ID: replaced, subject.kind.attribute: Rule.IDENTIFIER_FALLBACK}


_NOT_AGREED: tuple[Ruling, Values] = (Ruling(Rule.STOPPED_NOT_AGREED), ())


def _rule(attribute: Attribute, accepted: AttributeSet, case: Case) -> tuple[Ruling, Values]:
    if attribute not in accepted.purposes:
        return _NOT_AGREED
    release_class = case.policy.class_of(attribute, case.role, case.school.sector)
    stopped = _stopped(attribute, release_class, accepted, case)
    if stopped is not None:
        return Ruling(stopped), ()
    values, reduction = _values(attribute, accepted, case)
    if not values:
        rule = Rule.STOPPED_NOT_SENT if reduction is None else Rule.STOPPED_NOTHING_LEFT
        return Ruling(rule, reduction), ()
    released = Rule.RELEASED_BASE if release_class is ReleaseClass.BASE else Rule.RELEASED_JUSTIFIED
    return Ruling(released, reduction), values


def _stopped(attribute: Attribute, release_class: ReleaseClass, accepted: AttributeSet, case: Case) -> Rule | None:
    """The first rule that stops an attribute of the accepted set, whatever its values."""
    roles = accepted.roles.get(attribute)
    if roles is not None and case.role not in roles:
        return Rule.STOPPED_OTHER_ROLE
    if release_class is ReleaseClass.NEVER:
        return Rule.STOPPED_POLICY_NEVER
    if release_class is ReleaseClass.JUSTIFIED and not case.policy.justifies(attribute, accepted.purposes[attribute]):
        return Rule.STOPPED_NO_PURPOSE
    if attribute in case.school.denies.get(case.service.id, ()):
        return Rule.STOPPED_SCHOOL_DENIES
    return Rule.STOPPED_NOT_CONSENTED if attribute in case.refused else None


def _values(attribute: Attribute, accepted: AttributeSet, case: Case) -> tuple[Values, Reduction | None]:
    """What is left of an attribute's values, and what ran over them; None: nothing ran."""
    source, made_by = source_of(attribute, case.attributes)
    values = case.attributes.all(source)
    chosen = reduction_for(attribute, policy=case.policy, accepted=accepted, agreement=case.agreement)
    reduction = strictest(made_by, chosen)
    if not values or reduction is None:
        return values, None
    return reduced(values, reduction, agreement=case.agreement, today=case.today), reduction
