"""The decision: for every attribute asked, whether it goes, and the one rule that decided. Pure; default deny."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.attributes.values import Attributes
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.federation.models import Agreement, AttributeSet, Service
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.release.policy import Policy


class Rule(StrEnum):
    """The stable ids of the rules, in the order in which they are tried; `docs/reference/release-rules.md` has each."""

    IDENTIFIER_ECK_ID = "identifier-eck-id"
    IDENTIFIER_FALLBACK = "identifier-fallback"
    IDENTIFIER_REPLACED = "identifier-replaced"
    STOPPED_SECOND_IDENTIFIER = "stopped-second-identifier"
    STOPPED_NOT_AGREED = "stopped-not-agreed"
    STOPPED_POLICY_NEVER = "stopped-policy-never"
    STOPPED_NO_PURPOSE = "stopped-no-purpose"
    STOPPED_NOT_SENT = "stopped-not-sent"
    RELEASED_BASE = "released-base"
    RELEASED_JUSTIFIED = "released-justified"


RELEASING = frozenset({Rule.IDENTIFIER_ECK_ID, Rule.IDENTIFIER_FALLBACK, Rule.RELEASED_BASE, Rule.RELEASED_JUSTIFIED})
"""The rules that let an attribute through; all others stop it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The rule that decided for every attribute that the service asks in any of its sets, and for the identifier."""

    rules: Mapping[Attribute, Rule]
    agreement: Agreement
    policy: str
    role: Role

    @property
    def released(self) -> frozenset[Attribute]:
        """The attributes that go."""
        return frozenset(attribute for attribute, rule in self.rules.items() if rule in RELEASING)


def decide(
    *,
    service: Service,
    agreement: Agreement,
    policy: Policy,
    role: Role,
    subject: Subject,
    attributes: Attributes,
) -> Decision:
    """Decide what goes to a service under an agreement in force.

    What the service asks is the union of its attribute sets; what the school accepted is the agreement's version.
    """
    accepted = service.attribute_sets[agreement.attribute_set]
    rules = {
        attribute: _rule(attribute, accepted, policy, role, attributes)
        for attribute in service.asks
        if attribute not in IDENTIFIERS
    }
    rules |= _identifier_rules(service, subject, policy.identifiers(role))
    return Decision(rules, agreement, policy.version, role)


def _identifier_rules(service: Service, subject: Subject, permitted: frozenset[Attribute]) -> dict[Attribute, Rule]:
    rules = dict.fromkeys(service.asks & IDENTIFIERS, Rule.STOPPED_SECOND_IDENTIFIER)
    if subject.kind is SubjectKind.ECK_ID:
        return {**rules, Attribute.ECK_ID: Rule.IDENTIFIER_ECK_ID}
    replaced = Rule.IDENTIFIER_REPLACED if Attribute.ECK_ID in permitted else Rule.STOPPED_POLICY_NEVER
    return {**rules, Attribute.ECK_ID: replaced, subject.kind.attribute: Rule.IDENTIFIER_FALLBACK}


def _rule(attribute: Attribute, accepted: AttributeSet, policy: Policy, role: Role, attributes: Attributes) -> Rule:
    if attribute not in accepted.purposes:
        return Rule.STOPPED_NOT_AGREED
    release_class = policy.class_of(attribute, role)
    if release_class is ReleaseClass.NEVER:
        return Rule.STOPPED_POLICY_NEVER
    if release_class is ReleaseClass.JUSTIFIED and not accepted.purposes[attribute]:
        return Rule.STOPPED_NO_PURPOSE
    if attribute not in attributes:
        return Rule.STOPPED_NOT_SENT
    return Rule.RELEASED_BASE if release_class is ReleaseClass.BASE else Rule.RELEASED_JUSTIFIED
