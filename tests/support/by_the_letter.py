"""What a decision must be, read from `docs/reference/release-rules.md` anew for each attribute: slow, and no plan."""

from collections.abc import Callable

from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.reduction import Reduction
from gateway.domain.release_class import ReleaseClass
from gateway.domain.sector import Sector
from gateway.federation.models import Agreement
from gateway.pseudonyms.subject import SubjectKind
from gateway.release.record import Rule, Ruling
from gateway.release.reductions import adult, age, initial
from tests.support.generated_logins import Login
from tests.support.releasing import TODAY

Values = tuple[str, ...]
_STRICTNESS = (Reduction.ADULT, Reduction.AGE, Reduction.NAMED_GROUPS, Reduction.INITIAL, Reduction.NONE)
_MADE_OF_BIRTH_DATE = {Attribute.ADULT: Reduction.ADULT, Attribute.AGE_IN_YEARS: Reduction.AGE}


def rulings(login: Login, agreement: Agreement, kind: SubjectKind) -> dict[Attribute, tuple[Ruling, Values]]:
    """Every attribute that the service asks in any set, with its ruling and what is left; none of an identifier."""
    asked = {attribute for one in login.world.service.attribute_sets.values() for attribute in one.purposes}
    besides = {one: _ruling(one, login, agreement) for one in asked - IDENTIFIERS}
    return besides | {
        one: (Ruling(_identifier(one, login, kind)), ()) for one in asked & IDENTIFIERS | {kind.attribute}
    }


def release_class(login: Login, attribute: Attribute) -> ReleaseClass:
    """The most exact of what the policy says; of role and sector alone the stricter; what it does not know never."""
    known = login.world.policy.attributes.get(attribute)
    role, sector = login.role, login.named.sector
    if known is None or role is None:
        return ReleaseClass.NEVER
    chain = {Sector.SO: Sector.PO, Sector.VSO: Sector.VO}.get(sector, sector)
    for one in (sector, chain):
        if (one, role) in known.classes.of_roles_in_sectors:
            return known.classes.of_roles_in_sectors[one, role]
    by_role = known.classes.of_roles.get(role)
    by_sector = known.classes.of_sectors.get(sector, known.classes.of_sectors.get(chain))
    for strict in (ReleaseClass.NEVER, ReleaseClass.JUSTIFIED, ReleaseClass.BASE):
        if strict in (by_role, by_sector):
            return strict
    return known.classes.of_all


def _identifier(attribute: Attribute, login: Login, kind: SubjectKind) -> Rule:
    if attribute is kind.attribute:
        return Rule.IDENTIFIER_ECK_ID if kind is SubjectKind.ECK_ID else Rule.IDENTIFIER_FALLBACK
    if attribute is not Attribute.ECK_ID:
        return Rule.STOPPED_SECOND_IDENTIFIER
    never = release_class(login, attribute) is ReleaseClass.NEVER
    return Rule.STOPPED_POLICY_NEVER if never else Rule.IDENTIFIER_REPLACED


def _ruling(attribute: Attribute, login: Login, agreement: Agreement) -> tuple[Ruling, Values]:
    accepted, policy = login.accepted(agreement), login.world.policy.attributes
    if attribute not in accepted.purposes:
        return Ruling(Rule.STOPPED_NOT_AGREED), ()
    if attribute in accepted.roles and login.role not in accepted.roles[attribute]:
        return Ruling(Rule.STOPPED_OTHER_ROLE), ()
    said = release_class(login, attribute)
    if said is ReleaseClass.NEVER:
        return Ruling(Rule.STOPPED_POLICY_NEVER), ()
    if said is ReleaseClass.JUSTIFIED and accepted.purposes[attribute] not in policy[attribute].purposes:
        return Ruling(Rule.STOPPED_NO_PURPOSE), ()
    if attribute in login.named.denies.get(agreement.service, frozenset()):
        return Ruling(Rule.STOPPED_SCHOOL_DENIES), ()
    sent = login.canonical
    values, reductions = sent.get(attribute, ()), _wanted(attribute, login, agreement)
    if attribute in _MADE_OF_BIRTH_DATE and not values:
        values = sent.get(Attribute.BIRTH_DATE, ())
        reductions.append(_MADE_OF_BIRTH_DATE[attribute])
    if not values:
        return Ruling(Rule.STOPPED_NOT_SENT), ()
    runs = max(reductions, key=_STRICTNESS.index, default=None)
    left = values if runs is None else _left(values, runs, agreement)
    if not left:
        return Ruling(Rule.STOPPED_NOTHING_LEFT, runs), ()
    return Ruling(Rule.RELEASED_BASE if said is ReleaseClass.BASE else Rule.RELEASED_JUSTIFIED, runs), left


def _wanted(attribute: Attribute, login: Login, agreement: Agreement) -> list[Reduction]:
    by_policy = login.world.policy.attributes[attribute].reduction
    if by_policy is Reduction.INITIAL and agreement.namesakes:
        by_policy = None
    by_groups = bool(agreement.groups) and attribute in (Attribute.GROUP, Attribute.SUBGROUP)
    wanted = [
        by_policy,
        login.accepted(agreement).reductions.get(attribute),
        agreement.reductions.get(attribute),
        Reduction.NAMED_GROUPS if by_groups else None,
    ]
    return [one for one in wanted if one is not None]


def _left(values: Values, runs: Reduction, agreement: Agreement) -> Values:
    if runs in _MADE_OF_BIRTH_DATE.values() and len(values) > 1:
        return ()
    named = {group.casefold() for group in agreement.groups}
    become: dict[Reduction, Callable[[str], str | None]] = {
        Reduction.ADULT: lambda value: adult(value, TODAY),
        Reduction.AGE: lambda value: age(value, TODAY),
        Reduction.INITIAL: initial,
        Reduction.NAMED_GROUPS: lambda value: value if value.casefold() in named else None,
        Reduction.NONE: lambda _: None,
    }
    return tuple(dict.fromkeys(left for left in map(become[runs], values) if left))
