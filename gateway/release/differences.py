"""What changes: between two attribute sets of a service, and between two versions of the policy."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.domain.attribute import Attribute
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.federation.models import AttributeSet
from gateway.release.matrix import Row
from gateway.release.policy import Policy


@dataclass(frozen=True, slots=True, order=True)
class SetChange:
    """An attribute of which two sets ask differently; `before` and `after` are empty where a set does not name it."""

    attribute: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, order=True)
class ClassChange:
    """What two policies say differently of an attribute, for people in these roles and sectors."""

    attribute: str
    before: str
    after: str
    whom: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class ReleaseChange:
    """An attribute that begins or ceases to go to a service of people in a role, or goes otherwise, at so many schools.

    `before` and `after` are `yes`, `no`, or the reduction that runs.
    """

    service: str
    role: str
    attribute: str
    before: str
    after: str
    schools: int


def set_changes(before: AttributeSet, after: AttributeSet) -> tuple[SetChange, ...]:
    """What a school is asked to accept with the set `after`, if it accepted `before`."""
    named = before.purposes.keys() | after.purposes.keys()
    changes = (SetChange(one.value, _asked(before, one), _asked(after, one)) for one in named)
    return tuple(sorted(change for change in changes if change.before != change.after))


def class_changes(before: Policy, after: Policy) -> tuple[ClassChange, ...]:
    """By attribute; what holds for every role in every sector is said once, of everybody."""
    found: dict[tuple[str, str, str], list[tuple[Sector, Role]]] = {}
    for attribute in before.attributes.keys() | after.attributes.keys():
        for sector in Sector:
            for role in Role:
                was, now = (_said(policy, attribute, role, sector) for policy in (before, after))
                if was != now:
                    found.setdefault((attribute.value, was, now), []).append((sector, role))
    return tuple(sorted(ClassChange(*said, _whom(whom)) for said, whom in found.items()))


def release_changes(
    schools: Iterable[tuple[int, tuple[Row, ...], tuple[Row, ...]]],
) -> tuple[ReleaseChange, ...]:
    """What changes of releases: for so many schools alike their rows of the matrix before and after.

    What is refused lets nothing go.
    """
    counted: Counter[tuple[str, str, str, str, str]] = Counter()
    for count, before, after in schools:
        was, now = _outcomes(before), _outcomes(after)
        for key in was.keys() | now.keys():
            if was.get(key, "no") != now.get(key, "no"):
                counted[*key, was.get(key, "no"), now.get(key, "no")] += count
    return tuple(sorted(ReleaseChange(*change, schools=count) for change, count in counted.items()))


def _outcomes(rows: tuple[Row, ...]) -> dict[tuple[str, str, str], str]:
    return {(row.service, row.role, row.attribute): row.reduction or "yes" for row in rows if row.released}


def _asked(asked: AttributeSet, attribute: Attribute) -> str:
    purpose = asked.purposes.get(attribute)
    if purpose is None:
        return ""
    said = [str(purpose)]
    if attribute in asked.roles:
        said.append(f"of {' and '.join(sorted(asked.roles[attribute]))}")
    if attribute in asked.reductions:
        said.append(f"reduced: {asked.reductions[attribute]}")
    return ", ".join(said)


def _said(policy: Policy, attribute: Attribute, role: Role, sector: Sector) -> str:
    """The class, the purposes of a justified one, and the reduction."""
    known = policy.attributes.get(attribute)
    if known is None:
        return "not classed"
    release_class = known.classes.of(role, sector)
    said = [str(release_class)]
    if release_class is ReleaseClass.JUSTIFIED:
        said.append(f"for {' or '.join(sorted(known.purposes))}")
    if release_class is not ReleaseClass.NEVER and known.reduction is not None:
        said.append(f"reduced: {known.reduction}")
    return ", ".join(said)


def _whom(whom: list[tuple[Sector, Role]]) -> tuple[str, ...]:
    sectors: dict[str, list[Sector]] = {}
    for sector, role in whom:
        sectors.setdefault(role.value, []).append(sector)
    [first, *others] = sectors.values()
    if len(sectors) == len(Role) and all(one == first for one in others):
        sectors = {"everybody": first}
    return tuple(
        role if len(within) == len(Sector) else f"{role} in {', '.join(within)}" for role, within in sectors.items()
    )
