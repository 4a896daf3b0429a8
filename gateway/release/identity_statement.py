"""The decision as the identity statement of a federated hub (Edu-V, H2M identification and authentication, 2555919)."""

from dataclasses import dataclass

from gateway.domain.attribute import Attribute
from gateway.domain.role import Role
from gateway.pseudonyms.subject import SubjectKind
from gateway.release.decision import Decision

_FLAGS = {
    Role.STUDENT: "onderwijsdeelnemer",
    Role.EMPLOYEE: "onderwijsmedewerker",
    Role.STAFF: "onderwijsmedewerker",
    Role.AFFILIATE: "betrokkene",
}
_BY_BRIN = frozenset({Attribute.SCHOOL, Attribute.SCHOOL_BRANCH})
_BY_OTHER_ID = {
    Attribute.DIGI_DELIVERY_ID: "digi_delivery_id",
    Attribute.SCHOOL_DOMAIN: "school_domain",
}


@dataclass(frozen=True, slots=True)
class IdentityStatement:
    """The kinds of identifiers that a release carries; empty for what it does not.

    Exactly one person id: the primary one, or in its place the secondary one. Of the organisation what the service
    asked; a service that asks nothing of it knows the school from nowhere. `flag` is pupil, employee or involved.
    """

    primary_person_id: str
    secondary_person_id: str
    primary_organisation_id: str
    secondary_organisation_id: str
    flag: str

    def __post_init__(self) -> None:
        if bool(self.primary_person_id) == bool(self.secondary_person_id):
            raise ValueError("an identity statement has one person id, primary or secondary")
        if self.primary_organisation_id and self.secondary_organisation_id:
            raise ValueError("a secondary organisation id stands in for the primary one")


def identity_statement(decision: Decision, kind: SubjectKind) -> IdentityStatement:
    """The statement of a release about a subject of this kind."""
    released = decision.released
    by_brin = bool(released & _BY_BRIN)
    others = [name for attribute, name in _BY_OTHER_ID.items() if attribute in released]
    return IdentityStatement(
        primary_person_id=kind.value if kind is SubjectKind.ECK_ID else "",
        secondary_person_id="" if kind is SubjectKind.ECK_ID else kind.value,
        primary_organisation_id="brin" if by_brin else "",
        secondary_organisation_id="" if by_brin else next(iter(others), ""),
        flag=_FLAGS[decision.role],
    )
