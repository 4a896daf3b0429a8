"""What of a decision is settled before the person is known: one plan for all who log in on the same terms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.reduction import FROM_BIRTH_DATE, Reduction, strictest
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.federation.models import AttributeSet, Service, Terms
from gateway.pseudonyms.subject import SubjectKind
from gateway.release.policy import Policy
from gateway.release.record import Rule, Ruling
from gateway.release.reductions import reduction_for

_KEPT = 4096


class Standing(NamedTuple):
    """All that a plan depends on.

    `denied` is what the school denies to the service; of the person only role, sector and kind of identifier count.
    """

    policy: Policy
    service: Service
    terms: Terms
    denied: frozenset[Attribute]
    role: Role
    sector: Sector
    kind: SubjectKind

    @property
    def accepted(self) -> AttributeSet:
        """The version of the service's set that the school accepted."""
        return self.service.attribute_sets[self.terms.attribute_set]

    def class_of(self, attribute: Attribute) -> ReleaseClass:
        """What the policy says of an attribute of people in this role and sector."""
        return self.policy.class_of(attribute, self.role, self.sector)


def _not_agreed(attribute: Attribute, standing: Standing) -> bool:
    return attribute not in standing.accepted.purposes


def _other_role(attribute: Attribute, standing: Standing) -> bool:
    roles = standing.accepted.roles.get(attribute)
    return roles is not None and standing.role not in roles


def _never(attribute: Attribute, standing: Standing) -> bool:
    return standing.class_of(attribute) is ReleaseClass.NEVER


def _no_purpose(attribute: Attribute, standing: Standing) -> bool:
    justified = standing.class_of(attribute) is ReleaseClass.JUSTIFIED
    return justified and not standing.policy.justifies(attribute, standing.accepted.purposes[attribute])


def _denied(attribute: Attribute, standing: Standing) -> bool:
    return attribute in standing.denied


STOPS: tuple[tuple[Rule, Callable[[Attribute, Standing], bool]], ...] = (
    (Rule.STOPPED_NOT_AGREED, _not_agreed),
    (Rule.STOPPED_OTHER_ROLE, _other_role),
    (Rule.STOPPED_POLICY_NEVER, _never),
    (Rule.STOPPED_NO_PURPOSE, _no_purpose),
    (Rule.STOPPED_SCHOOL_DENIES, _denied),
)
"""The rules that stop an attribute of whoever logs in; the first that applies decides."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the values of an attribute come about: what runs over them, and the ruling by what it leaves."""

    reduction: Reduction | None
    released: Ruling
    nothing_left: Ruling


@dataclass(frozen=True, slots=True)
class Open:
    """An attribute that goes, if the person lets it and there is something to go.

    `sent` is for values that the school sends; `derived` for those that are made of the birth date where it does not.
    """

    attribute: Attribute
    sent: Way
    derived: Way | None


@dataclass(frozen=True, slots=True)
class Plan:
    """`settled` are the rulings that hold whatever the person's values; `open` the attributes that depend on them."""

    settled: Mapping[Attribute, Ruling]
    open: tuple[Open, ...]


@lru_cache(_KEPT)
def plan_of(standing: Standing) -> Plan:
    """The plan for a standing; the ones that were used last are kept.

    What a service asks is the union of its attribute sets.
    """
    asks = standing.service.asks
    settled = _identifiers(asks & IDENTIFIERS, standing)
    left = []
    for attribute in sorted(asks - IDENTIFIERS):
        stopped = next((rule for rule, applies in STOPS if applies(attribute, standing)), None)
        if stopped is None:
            left.append(_open(attribute, standing))
        else:
            settled[attribute] = Ruling(stopped)
    return Plan(settled, tuple(left))


def _identifiers(asked: frozenset[Attribute], standing: Standing) -> dict[Attribute, Ruling]:
    rules = dict.fromkeys(asked, Rule.STOPPED_SECOND_IDENTIFIER)
    if standing.kind is SubjectKind.ECK_ID:
        rules[Attribute.ECK_ID] = Rule.IDENTIFIER_ECK_ID
    else:
        may_go = Attribute.ECK_ID in standing.policy.identifiers(standing.role, standing.sector)
        rules[Attribute.ECK_ID] = Rule.IDENTIFIER_REPLACED if may_go else Rule.STOPPED_POLICY_NEVER
        rules[standing.kind.attribute] = Rule.IDENTIFIER_FALLBACK
    return {attribute: Ruling(rule) for attribute, rule in rules.items()}


def _open(attribute: Attribute, standing: Standing) -> Open:
    chosen = reduction_for(attribute, policy=standing.policy, accepted=standing.accepted, terms=standing.terms)
    is_base = standing.class_of(attribute) is ReleaseClass.BASE
    rule = Rule.RELEASED_BASE if is_base else Rule.RELEASED_JUSTIFIED
    made_by = FROM_BIRTH_DATE.get(attribute)
    derived = None if made_by is None else _way(rule, strictest(made_by, chosen))
    return Open(attribute, _way(rule, chosen), derived)


def _way(rule: Rule, reduction: Reduction | None) -> Way:
    return Way(reduction, Ruling(rule, reduction), Ruling(Rule.STOPPED_NOTHING_LEFT, reduction))
