"""The national policy: what may go at all, per canonical attribute, sector and role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.purpose import Purpose
from gateway.domain.reduction import Reduction
from gateway.domain.release_class import Classes, ReleaseClass
from gateway.domain.role import Role
from gateway.domain.sector import Sector
from gateway.settings.models.policy import PolicyFile


@dataclass(frozen=True, slots=True)
class AttributePolicy:
    """The classes of one attribute; the purposes that justify it; what its values are reduced to."""

    classes: Classes
    purposes: frozenset[Purpose] = field(default_factory=frozenset)
    reduction: Reduction | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """One version of the policy. It equals itself alone, so it can be a key."""

    version: str
    date: date
    attributes: Mapping[Attribute, AttributePolicy]
    _identifiers: dict[tuple[Role, Sector], frozenset[Attribute]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(cls, file: PolicyFile) -> "Policy":
        """The policy of a loaded `policy.yaml`."""
        attributes = {
            attribute: AttributePolicy(entry.classes, frozenset(entry.purposes), entry.reduction)
            for attribute, entry in file.attributes.items()
        }
        return cls(file.version, file.date, attributes)

    def class_of(self, attribute: Attribute, role: Role, sector: Sector) -> ReleaseClass:
        """The class of an attribute of someone in this role and sector; what the policy does not know goes never."""
        known = self.attributes.get(attribute)
        return ReleaseClass.NEVER if known is None else known.classes.of(role, sector)

    def justifies(self, attribute: Attribute, purpose: Purpose) -> bool:
        """Whether this purpose fits an attribute of class `justified`."""
        known = self.attributes.get(attribute)
        return known is not None and purpose in known.purposes

    def reduction_of(self, attribute: Attribute) -> Reduction | None:
        """What values of the attribute are reduced to, for every service."""
        known = self.attributes.get(attribute)
        return None if known is None else known.reduction

    def identifiers(self, role: Role, sector: Sector) -> frozenset[Attribute]:
        """The identifiers that may go of someone in this role and sector.

        Those of class `justified` too: that an identifier is needed goes without saying, and which one the service's
        entry and the agreement say.
        """
        known = self._identifiers.get((role, sector))
        if known is None:
            known = frozenset(one for one in IDENTIFIERS if self.class_of(one, role, sector) is not ReleaseClass.NEVER)
            self._identifiers[role, sector] = known
        return known
