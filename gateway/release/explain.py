"""An explanation of a release, before anybody logs in."""

from dataclasses import dataclass
from datetime import datetime

from gateway.attributes.dialects import dialect
from gateway.attributes.school import SchoolOfLogin
from gateway.attributes.values import Attributes
from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.clock import dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.role import Role
from gateway.federation.models import School, Service
from gateway.federation.snapshot import Federation
from gateway.pseudonyms.resolve import allowed_fallback, is_registered
from gateway.pseudonyms.subject import Subject, SubjectKind
from gateway.release.decision import RELEASING, decide
from gateway.release.pipeline import registered_values
from gateway.release.policy import Policy

_FLAGS = {
    Role.STUDENT: "onderwijsdeelnemer",
    Role.EMPLOYEE: "onderwijsmedewerker",
    Role.STAFF: "onderwijsmedewerker",
    Role.AFFILIATE: "betrokkene",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One attribute, the rule that decided, and the purpose that the service gives."""

    attribute: str
    released: bool
    rule: str
    purpose: str


@dataclass(frozen=True, slots=True)
class IdentityStatement:
    """The release in the words of the Edu-V agreements (H2M identification and authentication)."""

    primary_person_id: str
    secondary_person_id: str
    primary_organisation_id: str
    secondary_organisation_id: str
    flag: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a service gets of somebody in this role at this school, if the school sends all that it can."""

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
    *, federation: Federation, policy: Policy, service: Service, school: School, role: Role, now: datetime
) -> Explanation:
    """Decide as a login would, for a person with an ECK iD. Raises SluisError AGREEMENT_* or ECK_ID_REQUIRED."""
    agreement = federation.agreement(service.id, school, dutch_day(now))
    fallback = allowed_fallback(service, agreement)
    registered = is_registered(service, school.sector)
    if not registered and fallback is Fallback.NONE:
        raise SluisError(ErrorCode.ECK_ID_REQUIRED, hint=f"{service.id} is not registered for {school.sector}")
    kind = SubjectKind.ECK_ID if registered else SubjectKind(fallback.value)
    decision = decide(
        service=service,
        agreement=agreement,
        policy=policy,
        role=role,
        subject=Subject(kind, "", "", ""),
        attributes=registered_values(_sendable(federation, school), SchoolOfLogin(school, None), role),
    )
    accepted = service.attribute_sets[agreement.attribute_set]
    lines = tuple(
        Line(attribute.value, rule in RELEASING, rule.value, accepted.purposes.get(attribute, ""))
        for attribute, rule in sorted(decision.rules.items())
    )
    return Explanation(
        service=service.id,
        school=str(school.brin),
        role=role.value,
        agreement=agreement.reference,
        attribute_set=agreement.attribute_set,
        policy=policy.version,
        fallback=fallback.value,
        lines=lines,
        identity_statement=IdentityStatement(
            primary_person_id="eck_id" if registered else "none",
            secondary_person_id=f"{fallback.value}, only without the primary",
            primary_organisation_id="brin" if Attribute.SCHOOL in decision.released else "none",
            secondary_organisation_id="digi_delivery_id" if Attribute.DIGI_DELIVERY_ID in decision.released else "none",
            flag=_FLAGS[role],
        ),
    )


def _sendable(federation: Federation, school: School) -> Attributes:
    """A stand-in value for everything that the identity providers of this school can send."""
    dialects = {idp.dialect for idp in federation.identity_providers.values() if school.brin in idp.schools}
    names = {attribute for one in dialects for attribute in dialect(one).incoming.values()}
    return Attributes(dict.fromkeys(names - IDENTIFIERS, ("?",)))
