"""Claims: from released attributes to the names that a client reads. Nothing else makes a claim of a person (law 1)."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from gateway.attributes.dialects import dialect
from gateway.attributes.outgoing import FORMER_ID
from gateway.domain.attribute import Attribute
from gateway.federation.models import Service
from gateway.oidc.op.scopes import attributes_of
from gateway.release.released import ReleasedAttributes

ClaimValue = str | int | bool | list[str]

_LISTS = frozenset({Attribute.ROLE, Attribute.GROUP, Attribute.SUBGROUP})
"""Always lists, whatever their number of values (domain facts 6.6)."""
_TRUTHS = {"true": True, "false": False}
"""A client that reads the text `false` as a truth would call a child an adult."""


def claim_names(service: Service) -> dict[Attribute, str]:
    """The name of every attribute for this client: the dialect's, or the one in its entry."""
    return {**dialect(service.dialect).outgoing, **dict(service.oidc.claim_names)}


def claims(service: Service, released: ReleasedAttributes, asked: AbstractSet[str]) -> dict[str, ClaimValue]:
    """The claims that were both released and asked for by name. One that was asked and not released is absent.

    The identifier that the subject's took the place of is asked for by the client's entry, once and for all.
    """
    names = claim_names(service)
    former: dict[str, ClaimValue] = {} if released.former is None else {FORMER_ID[service.dialect]: released.former}
    return former | {
        names[attribute]: _value(attribute, values)
        for attribute, values in released.values.items()
        if names.get(attribute) in asked
    }


def asked_by_scopes(service: Service, scopes: Iterable[str]) -> frozenset[str]:
    """The names of the claims that scopes ask for."""
    names = claim_names(service)
    return frozenset(names[attribute] for attribute in attributes_of(scopes) if attribute in names)


def purposes(service: Service) -> Mapping[str, str]:
    """Every claim that the service may be given at all, with the purpose in its newest set."""
    names = claim_names(service)
    newest = service.attribute_sets[max(service.attribute_sets)].purposes
    return {names[attribute]: purpose for attribute, purpose in newest.items() if attribute in names}


def _value(attribute: Attribute, values: Sequence[str]) -> ClaimValue:
    if attribute in _LISTS or len(values) != 1:
        return list(values)
    if attribute is Attribute.ADULT and values[0] in _TRUTHS:
        return _TRUTHS[values[0]]
    if attribute is Attribute.AGE_IN_YEARS and values[0].isascii() and values[0].isdigit():
        return int(values[0])
    return values[0]
