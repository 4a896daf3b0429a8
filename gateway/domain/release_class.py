"""How freely an attribute may go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.domain.role import Role
from gateway.domain.sector import Sector


class ReleaseClass(StrEnum):
    """`base`: to any service with an agreement; `justified`: only with a purpose that fits; `never`: to none."""

    BASE = "base"
    JUSTIFIED = "justified"
    NEVER = "never"


_ORDER = tuple(ReleaseClass)


@dataclass(frozen=True, slots=True)
class Classes:
    """The class of an attribute: of everybody, of some roles, in some sectors, of some roles in some sectors."""

    of_all: ReleaseClass
    of_roles: Mapping[Role, ReleaseClass] = field(default_factory=dict)
    of_sectors: Mapping[Sector, ReleaseClass] = field(default_factory=dict)
    of_roles_in_sectors: Mapping[tuple[Sector, Role], ReleaseClass] = field(default_factory=dict)

    def of(self, role: Role, sector: Sector) -> ReleaseClass:
        """The class for somebody of this role in this sector.

        What is said of the role in the sector counts; else the stricter of what is said of the role and of the
        sector; else what is said of all. What is said of po holds for so, and of vo for vso, unless they have their
        own.
        """
        if not (self.of_roles or self.of_sectors or self.of_roles_in_sectors):
            return self.of_all
        both = self.of_roles_in_sectors.get((sector, role)) or self.of_roles_in_sectors.get((sector.eck, role))
        if both is not None:
            return both
        said = (self.of_roles.get(role), self.of_sectors.get(sector) or self.of_sectors.get(sector.eck))
        return max((one for one in said if one is not None), key=_ORDER.index, default=self.of_all)

    @property
    def all_named(self) -> frozenset[ReleaseClass]:
        """Every class that is said of anybody."""
        return frozenset(
            (
                self.of_all,
                *self.of_roles.values(),
                *self.of_sectors.values(),
                *self.of_roles_in_sectors.values(),
            )
        )
