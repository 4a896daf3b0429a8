"""Scopes and the attributes that each asks for. Asking is not getting: the decision says what goes."""

from collections.abc import Iterable

from gateway.domain.attribute import IDENTIFIERS, Attribute

OPENID = "openid"
OFFLINE_ACCESS = "offline_access"

SCOPES: dict[str, frozenset[Attribute]] = {
    OPENID: frozenset(),
    "profile": frozenset(
        {
            Attribute.GIVEN_NAME,
            Attribute.INITIALS,
            Attribute.SURNAME_PREFIX,
            Attribute.SURNAME,
            Attribute.BIRTH_DATE,
            Attribute.AGE_IN_YEARS,
            Attribute.ADULT,
        }
    ),
    "email": frozenset({Attribute.EMAIL}),
    "eck": IDENTIFIERS - {Attribute.PUPIL_NUMBER},
    "school": frozenset(
        {
            Attribute.ROLE,
            Attribute.SCHOOL,
            Attribute.SCHOOL_BRANCH,
            Attribute.SCHOOL_NAME,
            Attribute.SCHOOL_DOMAIN,
            Attribute.DIGI_DELIVERY_ID,
        }
    ),
    "groups": frozenset({Attribute.GROUP, Attribute.SUBGROUP}),
    OFFLINE_ACCESS: frozenset(),
}


def attributes_of(scopes: Iterable[str]) -> frozenset[Attribute]:
    """What these scopes ask for."""
    return frozenset[Attribute]().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
