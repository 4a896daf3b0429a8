"""An explanation of a release, before anybody logs in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.attributes.dialects import dialect
from gateway.attributes.school import SchoolOfLogin
from gateway.attributes.values import Attributes
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_day
from gateway.domain.errors import SluisError
from gateway.domain.role import Role
from gateway.federation.models import Agreement, IdentityProvider, School, Service
from gateway.federation.snapshot import Federation
from gateway.pseudonyms.resolve import kind_of_identifier
from gateway.pseudonyms.subject import Subject
from gateway.release.decision import Case, Decision, decide
from gateway.release.identity_statement import IdentityStatement, identity_statement
from gateway.release.policy import Policy
from gateway.release.registered import registered_values

_NONE = "none"


@dataclass(frozen=True, slots=True)
class Line:
    """One attribute, the rule that decided, and the purpose that the service gives."""

    attribute: str
    released: bool
    rule: str
    purpose: str
    reduction: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a service gets of somebody in this role at this school, if the school sends all that it can.

    `lines` are of a person with an ECK iD, where an identity provider of the school has any; `fallback` is the kind
    of identifier of a person without one, or `none`: then such a person cannot log in.
    """

    service: str
    school: str
    role: str
    agreement: str
    attribute_set: int
    policy: str
    fallback: str
    lines: tuple[Line, ...]
    identity_statement: IdentityStatement


def explain(
    *,
    federation: Federation,
    policy: Policy,
    service: Service,
    school: School,
    role: Role,
    now: datetime,
    idps: Sequence[IdentityProvider] | None = None,
) -> Explanation:
    """Decide as a login would, and raise as it would: SluisError AGREEMENT_* or ECK_ID_REQUIRED.

    Limits of an agreement to branches or groups are taken as met. `idps` are those that speak for the school, for who
    knows them already.
    """
    agreement = federation.agreement(service.id, school, dutch_day(now))
    if idps is None:
        idps = [idp for idp in federation.identity_providers.values() if school.brin in idp.schools]
    # Nothing that a user-held identity says goes on: what a school says does, whoever brought it.
    idps = [idp for idp in idps if not idp.user_held]
    permitted = policy.identifiers(role, school.sector)
    sector = school.sector if any(idp.eck_id_sources for idp in idps) else None
    kind = kind_of_identifier(service, agreement, sector=sector, permitted=permitted)
    fallback = _fallback(service, agreement, permitted)
    decision, _ = decide(
        Case(
            service=service,
            agreement=agreement,
            policy=policy,
            school=school,
            role=role,
            subject=Subject(kind, "", ""),
            attributes=_sendable(idps, school, role, agreement),
            today=dutch_day(now),
        )
    )
    return Explanation(
        service=service.id,
        school=str(school.brin),
        role=role.value,
        agreement=agreement.reference,
        attribute_set=agreement.attribute_set,
        policy=policy.version,
        fallback=fallback,
        lines=_lines(decision, service, agreement),
        identity_statement=identity_statement(decision, kind),
    )


def _fallback(service: Service, agreement: Agreement, permitted: frozenset[Attribute]) -> str:
    try:
        return kind_of_identifier(service, agreement, sector=None, permitted=permitted).value
    except SluisError:
        return _NONE


def _lines(decision: Decision, service: Service, agreement: Agreement) -> tuple[Line, ...]:
    purposes = service.attribute_sets[agreement.attribute_set].purposes
    return tuple(
        Line(attribute.value, ruling.goes, ruling.rule.value, purposes.get(attribute, ""), ruling.reduction or "")
        for attribute, ruling in sorted(decision.rulings.items())
    )


def _sendable(idps: Sequence[IdentityProvider], school: School, role: Role, agreement: Agreement) -> Attributes:
    """A stand-in value for everything that these identity providers can send, and what the gateway adds."""
    names = {attribute for idp in idps for attribute in dialect(idp.dialect).incoming.values()}
    stand_ins: dict[Attribute, tuple[str, ...]] = {Attribute.BIRTH_DATE: ("20000101",), Attribute.SURNAME: ("X",)}
    if agreement.groups:
        stand_ins |= dict.fromkeys((Attribute.GROUP, Attribute.SUBGROUP), tuple(sorted(agreement.groups)))
    sent = Attributes({attribute: stand_ins.get(attribute, ("?",)) for attribute in names - IDENTIFIERS})
    branch = Brin(f"{school.brin.main}00") if Attribute.SCHOOL_BRANCH in sent else None
    return registered_values(sent, SchoolOfLogin(school, branch), role)
