"""Which school, or which of the ways to several schools, a hint means."""

from datetime import date

from gateway.domain.brin import Brin
from gateway.federation.models import IdentityProvider, IdpId, ServiceId
from gateway.federation.snapshot import Federation

MAX_HINT = 300


def hinted_school(federation: Federation, *, school: str = "", idp: str = "") -> Brin | None:
    """The school of this BRIN or domain, or the only one of this identity provider: its id, or its entity id.

    None for what names no school that people log in at, and for an identity provider of several.
    """
    if school:
        found = _named(federation, school)
        return found if found is not None and federation.choice(found) else None
    provider = _provider(federation, idp)
    if provider is None or provider.user_held or len(provider.schools) != 1:
        return None
    (only,) = provider.schools
    return only


def hinted_provider(federation: Federation, idp: str, service: ServiceId, today: date) -> IdpId | None:
    """A hub, or who holds people's own identities, by its id or entity id: where people of several schools log in.

    None for what names nobody at whom people log in for this service.
    """
    provider = _provider(federation, idp)
    if provider is None:
        return None
    held = {one.id for one in federation.held_at(service, today).values()} if provider.user_held else federation.offered
    return provider.id if provider.id in held else None


def _provider(federation: Federation, idp: str) -> IdentityProvider | None:
    return federation.identity_providers.get(IdpId(idp)) or federation.idp_by_entity_id.get(idp)


def _named(federation: Federation, text: str) -> Brin | None:
    if len(text) > MAX_HINT:
        return None
    by_domain = federation.school_by_domain(text.strip().lower())
    try:
        return by_domain.brin if by_domain is not None else Brin(text.strip().upper())
    except ValueError:
        return None
