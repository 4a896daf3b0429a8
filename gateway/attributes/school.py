"""Which school a login is of (domain facts 1.3 and 1.5)."""

from dataclasses import dataclass

from gateway.attributes.dialects import dialect
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

    Raises SluisError BRIN_MISSING, BRIN_MALFORMED, BRIN_AMBIGUOUS (also when two schools are named), or BRIN_UNKNOWN
    (also for a school that this identity provider does not speak for).
    """
    institutions = [_brin(sent) for sent in attributes.all(Attribute.SCHOOL)]
    branches = [_brin(sent) for sent in attributes.all(Attribute.SCHOOL_BRANCH)]
    if institutions or branches:
        found = _by_brin(institutions, branches, federation)
    else:
        found = SchoolOfLogin(_implied(attributes, idp, federation) or _by_domain(attributes, federation), None)
    if found.school.brin not in idp.schools:
        raise SluisError(ErrorCode.BRIN_UNKNOWN, hint=f"{idp.id} does not speak for {found.school.brin}")
    return found


def _by_brin(institutions: list[Brin], branches: list[Brin], federation: Federation) -> SchoolOfLogin:
    """One of the most precise kind that was sent; all must be of one institution, for none may be guessed away."""
    named = {brin for brin in (*institutions, *branches) if brin.branch} or {*institutions, *branches}
    mains = {brin.main for brin in (*institutions, *branches)}
    if len(named) > 1 or len(mains) > 1:
        raise SluisError(ErrorCode.BRIN_AMBIGUOUS, hint="the identity provider named several schools")
    (brin,) = named
    return SchoolOfLogin(federation.school_by_brin(brin), brin if brin.branch else None)


def _implied(attributes: Attributes, idp: IdentityProvider, federation: Federation) -> School | None:
    """The only school of an identity provider whose dialect lets it be silent about that."""
    silent = not attributes.all(Attribute.SCHOOL_DOMAIN) and dialect(idp.dialect).one_school_is_implied
    if not silent or len(idp.schools) != 1:
        return None
    (brin,) = idp.schools
    return federation.schools[brin]


def _by_domain(attributes: Attributes, federation: Federation) -> School:
    domains = attributes.all(Attribute.SCHOOL_DOMAIN)
    if not domains:
        raise SluisError(ErrorCode.BRIN_MISSING)
    if len(domains) > 1:
        raise SluisError(ErrorCode.BRIN_AMBIGUOUS, hint=f"schacHomeOrganization has {len(domains)} values")
    school = federation.school_by_domain(domains[0])
    if school is None:
        raise SluisError(ErrorCode.BRIN_UNKNOWN, hint="schacHomeOrganization is not a domain of a registered school")
    return school


def _brin(sent: str) -> Brin:
    try:
        return Brin(sent)
    except ValueError as cause:
        raise SluisError(ErrorCode.BRIN_MALFORMED, hint=str(cause)) from cause
