"""Whom a service sees: exactly one identifier, and its kind."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.domain.attribute import Attribute


class SubjectKind(StrEnum):
    """What kind of identifier a subject is. The last three are a school's own, only where an agreement names them."""

    ECK_ID = "eck_id"
    PROVISIONAL = "provisional"
    REAL_ID = "real_id"
    PROFILE_ID = "profile_id"
    LAS_KEY = "las_key"

    __hash__ = str.__hash__  # Enum has one in Python, and a decision looks up many

    @property
    def attribute(self) -> Attribute:
        """The canonical attribute that carries an identifier of this kind."""
        return Attribute.PROVISIONAL_ID if self is SubjectKind.PROVISIONAL else Attribute(self.value)


@dataclass(frozen=True, slots=True, repr=False)
class Subject:
    """One identifier of one learner for one service.

    `pairwise` is the protocol's own subject (persistent NameID, OIDC `sub`): derived from the same anchor, another
    for every service, with the pseudonym key's id in front.
    """

    kind: SubjectKind
    identifier: str
    pairwise: str

    def __repr__(self) -> str:
        return f"Subject({self.kind})"
