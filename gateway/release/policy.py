"""The national policy: what may go at all, per canonical attribute and role."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.release_class import ReleaseClass
from gateway.domain.role import Role
from gateway.settings.models.policy import PolicyFile


@dataclass(frozen=True, slots=True)
class AttributePolicy:
    """The class of one attribute, and of it in certain roles; why, in a sentence."""

    release_class: ReleaseClass
    reason: str
    roles: Mapping[Role, ReleaseClass] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the policy."""

    version: str
    date: date
    attributes: Mapping[Attribute, AttributePolicy]

    @classmethod
    def of(cls, file: PolicyFile) -> "Policy":
        """The policy of a loaded `policy.yaml`."""
        attributes = {
            attribute: AttributePolicy(entry.release_class, entry.reason, entry.roles)
            for attribute, entry in file.attributes.items()
        }
        return cls(file.version, file.date, attributes)

    def class_of(self, attribute: Attribute, role: Role) -> ReleaseClass:
        """The class of an attribute of someone in this role; what the policy does not know goes never (law 3)."""
        known = self.attributes.get(attribute)
        if known is None:
            return ReleaseClass.NEVER
        return known.roles.get(role, known.release_class)

    def identifiers(self, role: Role) -> frozenset[Attribute]:
        """The identifiers that may go of someone in this role.

        Those of class `justified` too: that an identifier is needed goes without saying, and which one the service's
        entry and the agreement say.
        """
        return frozenset(one for one in IDENTIFIERS if self.class_of(one, role) is not ReleaseClass.NEVER)
