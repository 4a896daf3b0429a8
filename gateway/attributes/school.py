"""Which school a login is of (domain facts 1.3 and 1.5)."""

from dataclasses import dataclass

from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdentityProvider, School
from gateway.federation.snapshot import Federation


@dataclass(frozen=True, slots=True)
class SchoolOfLogin:
    """The registered school, and the branch (BRIN of 6 characters) if the identity provider named one."""

    school: School
    branch: Brin | None


def school_of(attributes: Attributes, idp: IdentityProvider, federation: Federation) -> SchoolOfLogin:
    """The school by the BRIN that was sent, the branch's before the institution's; else by the school's domain.

    Raises SluisError BRIN_MISSING, BRIN_MALFORMED, BRIN_AMBIGUOUS, or BRIN_UNKNOWN: also for a school that this
    identity provider does not speak for.
    """
    sent = attributes.one(Attribute.SCHOOL_BRANCH) or attributes.one(Attribute.SCHOOL)
    if sent is None:
        found = SchoolOfLogin(_by_domain(attributes, federation), None)
    else:
        brin = _brin(sent)
        found = SchoolOfLogin(federation.school_by_brin(brin), brin if brin.branch else None)
    if found.school.brin not in idp.schools:
        raise SluisError(ErrorCode.BRIN_UNKNOWN, hint=f"{idp.id} does not speak for {found.school.brin}")
    return found


def _by_domain(attributes: Attributes, federation: Federation) -> School:
    domain = attributes.one(Attribute.SCHOOL_DOMAIN)
    if domain is None:
        raise SluisError(ErrorCode.BRIN_MISSING)
    school = federation.school_by_domain(domain)
    if school is None:
        raise SluisError(ErrorCode.BRIN_UNKNOWN, hint="schacHomeOrganization is not a domain of a registered school")
    return school


def _brin(sent: str) -> Brin:
    try:
        return Brin(sent)
    except ValueError as cause:
        raise SluisError(ErrorCode.BRIN_MALFORMED, hint=str(cause)) from cause
