"""The decision: for every attribute asked, whether it goes, and the one rule that decided. Pure; default deny."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from gateway.attributes.values import Attributes
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.federation.models import Agreement, AttributeSet, Service
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.release.policy import Policy
from gateway.release.record import Rule, Ruling


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


def decide(
    *,
    service: Service,
    agreement: Agreement,
    policy: Policy,
    role: Role,
    subject: Subject,
    attributes: Attributes,
    refused: AbstractSet[Attribute] = frozenset(),
) -> Decision:
    """Decide what goes to a service under an agreement in force.

    What the service asks is the union of its attribute sets; what the school accepted is the agreement's version.
    `refused` are the attributes that the person, asked for consent, does not let go.
    """
    accepted = service.attribute_sets[agreement.attribute_set]
    rules = {
        attribute: _rule(attribute, accepted=accepted, policy=policy, role=role, attributes=attributes, refused=refused)
        for attribute in service.asks
        if attribute not in IDENTIFIERS
    }
    rules |= _identifier_rules(service, subject, policy.identifiers(role))
    return Decision({one: Ruling(rule) for one, rule in rules.items()}, agreement, policy.version, role)


def _identifier_rules(service: Service, subject: Subject, permitted: frozenset[Attribute]) -> dict[Attribute, Rule]:
    rules = dict.fromkeys(service.asks & IDENTIFIERS, Rule.STOPPED_SECOND_IDENTIFIER)
    if subject.kind is SubjectKind.ECK_ID:
        return {**rules, Attribute.ECK_ID: Rule.IDENTIFIER_ECK_ID}
    replaced = Rule.IDENTIFIER_REPLACED if Attribute.ECK_ID in permitted else Rule.STOPPED_POLICY_NEVER
    return {**rules, Attribute.ECK_ID: replaced, subject.kind.attribute: Rule.IDENTIFIER_FALLBACK}


def _rule(
    attribute: Attribute,
    *,
    accepted: AttributeSet,
    policy: Policy,
    role: Role,
    attributes: Attributes,
    refused: AbstractSet[Attribute],
) -> Rule:
    if attribute not in accepted.purposes:
        return Rule.STOPPED_NOT_AGREED
    release_class = policy.class_of(attribute, role)
    if release_class is ReleaseClass.NEVER:
        return Rule.STOPPED_POLICY_NEVER
    if release_class is ReleaseClass.JUSTIFIED and not accepted.purposes[attribute]:
        return Rule.STOPPED_NO_PURPOSE
    if attribute in refused:
        return Rule.STOPPED_NOT_CONSENTED
    if attribute not in attributes:
        return Rule.STOPPED_NOT_SENT
    return Rule.RELEASED_BASE if release_class is ReleaseClass.BASE else Rule.RELEASED_JUSTIFIED
