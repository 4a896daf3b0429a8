"""The ledger of one school, added up: by service and role, attribute and rule; nothing is left out here yet."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.domain.attribute import Attribute
from gateway.domain.role import Role
from gateway.pseudonyms.subject import SubjectKind
from gateway.release import record
from gateway.release.record import Ruling
from gateway.reports.people import Count, Crowd, Tally
from gateway.storage.ledger_counts import Counted, Kind

_RELEASED, _REFUSED = "released", "refused"


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """People in a role at a service."""

    service: str
    role: str


@dataclass(slots=True)
class Figures:
    """What the ledger has. Rows that this gateway cannot read are left out, and `unreadable` says so.

    `unknown_people`: some rows do not say whose they are, because that was erased, or never known.
    """

    crowd: Crowd = field(default_factory=Crowd)
    uses: dict[Use, Count] = field(default_factory=lambda: defaultdict(Count))
    releases: dict[Use, list[tuple[Mapping[Attribute, Ruling], Count]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    refusals: dict[tuple[str, str], Count] = field(default_factory=lambda: defaultdict(Count))
    fallbacks: dict[Use, Count] = field(default_factory=lambda: defaultdict(Count))
    learners: Count = field(default_factory=Count)
    learners_with_eck_id: Count = field(default_factory=Count)
    unknown_people: bool = False
    unreadable: bool = False

    @property
    def empty(self) -> bool:
        """Whether the ledger has nothing of the school in this period."""
        return not self.uses and not self.refusals and not self.unreadable

    def by_ruling(self, use: Use) -> dict[Attribute, dict[Ruling | None, Count]]:
        """For each attribute, what was ruled on how many logins; None: it was not asked at the time."""
        found: dict[Attribute, dict[Ruling | None, Count]] = {}
        for attribute in {attribute for rulings, _ in self.releases[use] for attribute in rulings}:
            counts: defaultdict[Ruling | None, Count] = defaultdict(Count)
            for rulings, count in self.releases[use]:
                counts[rulings.get(attribute)] += count
            found[attribute] = dict(counts)
        return found


def add_up(counted: Iterable[Counted]) -> Figures:
    """Read it all, once. What is kept grows with the people of the school, not with their logins."""
    figures = Figures()
    for kind, count in _by_kind(counted, figures).items():
        if kind.outcome == _REFUSED and kind.code is not None:
            figures.refusals[kind.service, kind.code] += count
        elif kind.outcome == _RELEASED and kind.role is not None:
            _add_release(kind, kind.role, count, figures)
        else:
            figures.unreadable = True
    return figures


def sorted_uses(uses: Iterable[Use]) -> list[Use]:
    """By service, learners first."""
    order = [role.value for role in Role]
    return sorted(uses, key=lambda use: (use.service, order.index(use.role) if use.role in order else len(order)))


def _by_kind(counted: Iterable[Counted], figures: Figures) -> dict[Kind, Count]:
    tallies: defaultdict[Kind, Tally] = defaultdict(Tally)
    for one in counted:
        tally = tallies[one.kind]
        tally.logins += one.logins
        if one.subject is None:
            figures.unknown_people = True
        else:
            figures.crowd.put(tally.people, one.key_id, one.subject)
    return {kind: tally.done() for kind, tally in tallies.items()}


def _add_release(kind: Kind, role: str, count: Count, figures: Figures) -> None:
    try:
        rulings = record.load(kind.decision)
    except ValueError:
        figures.unreadable = True
        return
    use = Use(kind.service, role)
    figures.uses[use] += count
    figures.releases[use].append((rulings, count))
    if role == Role.STUDENT:
        figures.learners += count
        if kind.subject_kind == SubjectKind.ECK_ID:
            figures.learners_with_eck_id += count
        else:
            figures.fallbacks[use] += count
