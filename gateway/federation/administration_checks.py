"""Whether the systems of schools that provision the vault can do so."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from gateway.settings.loader import Entry, Settings
from gateway.settings.models.identity_providers import IdentityProviderEntry
from gateway.settings.models.schools import AdministrationEntry, SchoolEntry
from gateway.settings.problems import Place, Problem, warning


def administration_problems(settings: Settings) -> Iterator[Problem]:
    """Everything that keeps an administration out, or what it says from being heard."""
    idps = {entry.value.id: entry.value for entry in settings.identity_providers}
    first: dict[str, Place] = {}
    for school in settings.schools:
        for index, one in enumerate(school.value.administrations):
            at = partial(school.place, "administrations", index)
            if first.setdefault(one.id, at("id")) != at("id"):
                what = f"another administration is {one.id}, at {first[one.id]}"
                yield Problem(at("id"), what, "each has an id of its own")
            yield from _hearing(one, school, at, idps, settings)
            yield from _proof(one, at, settings)


def _hearing(
    one: AdministrationEntry,
    school: Entry[SchoolEntry],
    at: Callable[[str], Place],
    idps: Mapping[str, IdentityProviderEntry],
    settings: Settings,
) -> Iterator[Problem]:
    """Somebody's logins look into the vault for what it says."""
    idp = idps.get(one.idp)
    if idp is None:
        if one.idp not in settings.unread:
            known = ", ".join(sorted(idps)) or "none"
            yield Problem(at("idp"), f"there is no identity provider {one.idp}", f"there is {known}")
    elif school.value.brin not in idp.schools:
        yield Problem(at("idp"), f"{one.idp} does not speak for {school.value.brin}", "name one that does")
    elif "vault" not in idp.eck_id and "nummervoorziening" not in idp.eck_id:
        what = f"{one.idp} does not use the vault: what this administration says is heard by nobody"
        yield warning(at("idp"), what, "its entry needs `eck_id: [assertion, vault]` or `[vault]`")


def _proof(one: AdministrationEntry, at: Callable[[str], Place], settings: Settings) -> Iterator[Problem]:
    """It has keys, or a certificate that somebody may issue."""
    certificates = settings.gateway.client_certificates
    if one.jwks is None and (certificates is None or certificates.authorities is None):
        key = "tls_client_auth_san_dns" if one.tls_client_auth_san_dns else "tls_client_auth_subject_dn"
        what = "nobody may issue certificates: gateway.yaml has no client_certificates with authorities"
        yield Problem(at(key), what, "name a file with their certificates there")
