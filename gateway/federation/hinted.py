"""Which school a hint means."""

from gateway.domain.brin import Brin
from gateway.federation.models import IdpId
from gateway.federation.snapshot import Federation

MAX_HINT = 300


def hinted_school(federation: Federation, *, school: str = "", idp: str = "") -> Brin | None:
    """The school of this BRIN or domain, or the only one of this identity provider: its id, or its entity id.

    None for what names no school that people log in at, and for an identity provider of several.
    """
    if school:
        found = _named(federation, school)
        return found if found is not None and federation.choice(found) else None
    provider = federation.identity_providers.get(IdpId(idp)) or federation.idp_by_entity_id.get(idp)
    if provider is None or provider.user_held or len(provider.schools) != 1:
        return None
    (only,) = provider.schools
    return only


def _named(federation: Federation, text: str) -> Brin | None:
    if len(text) > MAX_HINT:
        return None
    by_domain = federation.school_by_domain(text.strip().lower())
    try:
        return by_domain.brin if by_domain is not None else Brin(text.strip().upper())
    except ValueError:
        return None
