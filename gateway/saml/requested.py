"""What the gateway asks of identity providers: only what some service of the federation may be given."""

from dataclasses import dataclass

from gateway.attributes.dialects import FROM_THE_GATEWAY, NAME_ID, NAMES, Dialect, dialect
from gateway.domain.attribute import Attribute
from gateway.domain.protocol import Protocol
from gateway.domain.reduction import FROM_BIRTH_DATE
from gateway.federation.snapshot import Federation

_WHICH_SCHOOL = frozenset({Attribute.SCHOOL, Attribute.SCHOOL_BRANCH, Attribute.SCHOOL_DOMAIN})
_NEEDED = frozenset({Attribute.ROLE, Attribute.SCHOOL, Attribute.SCHOOL_DOMAIN})
"""Without a role and a school there is no decision."""


@dataclass(frozen=True, slots=True)
class RequestedAttribute:
    """A wire name, and whether no login works without it."""

    name: str
    required: bool


@dataclass(frozen=True, slots=True)
class RequestedAttributes:
    """What an identity provider that speaks one dialect is asked for."""

    name_format: str
    attributes: tuple[RequestedAttribute, ...]


def requested_attributes(federation: Federation) -> tuple[RequestedAttributes, ...]:
    """One list for each dialect that a SAML identity provider of the federation speaks (all, while there is none)."""
    asked = _asked(federation)
    speakers = (idp for idp in federation.identity_providers.values() if idp.protocol is Protocol.SAML)
    spoken = {idp.dialect for idp in speakers} or set(NAMES)
    return tuple(_in_dialect(dialect(name), asked) for name in sorted(spoken))


def _asked(federation: Federation) -> frozenset[Attribute]:
    asked = {Attribute.ECK_ID, Attribute.ROLE} | _WHICH_SCHOOL
    for service in federation.services.values():
        wanted = {attribute for version in service.attribute_sets.values() for attribute in version.purposes}
        asked |= wanted - FROM_THE_GATEWAY
        if wanted & FROM_BIRTH_DATE.keys():
            asked.add(Attribute.BIRTH_DATE)
        if service.fallback.attribute is not None:
            asked.add(service.fallback.attribute)
    return frozenset(asked)


def _in_dialect(spoken: Dialect, asked: frozenset[Attribute]) -> RequestedAttributes:
    """The account first; of several names for one thing (URN and OID) the first is asked for.

    Of whom says only who somebody is, nothing else is asked: it could not go anywhere.
    """
    account = next((names[0] for names in spoken.account if names[0] != NAME_ID), None)
    names = {} if account is None else {account: False}
    seen: set[Attribute] = set()
    names |= dict.fromkeys((name for name in sorted(spoken.eduid_names) if ":" in name), True)
    for name, attribute in () if spoken.eduid_names else spoken.incoming.items():
        if attribute in asked and attribute not in seen:
            seen.add(attribute)
            names[name] = attribute in _NEEDED
    return RequestedAttributes(spoken.name_format, tuple(RequestedAttribute(*one) for one in names.items()))
