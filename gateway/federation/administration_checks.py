"""Whether the systems of schools that provision the vault can do so."""

from collections.abc import Iterator

from gateway.settings.loader import Settings
from gateway.settings.problems import Problem, warning


def administration_problems(settings: Settings) -> Iterator[Problem]:
    """Everything that keeps an administration out, or what it says from being heard."""
    idps = {entry.value.id: entry.value for entry in settings.identity_providers}
    seen: dict[str, str] = {}
    for school in settings.schools:
        for index, one in enumerate(school.value.administrations):
            place = school.place("administrations", index, "id")
            first = seen.setdefault(one.id, str(place))
            if first != str(place):
                yield Problem(place, f"another administration is {one.id}, at {first}", "each has an id of its own")
            at = school.place("administrations", index, "idp")
            idp = idps.get(one.idp)
            if idp is None:
                if one.idp not in settings.unread:
                    known = ", ".join(sorted(idps)) or "none"
                    yield Problem(at, f"there is no identity provider {one.idp}", f"there is {known}")
            elif school.value.brin not in idp.schools:
                yield Problem(at, f"{one.idp} does not speak for {school.value.brin}", "name one that does")
            elif "vault" not in idp.eck_id and "nummervoorziening" not in idp.eck_id:
                what = f"{one.idp} does not use the vault: what this administration says is heard by nobody"
                yield warning(at, what, "its entry needs `eck_id: [assertion, vault]` or `[vault]`")
            if one.jwks is None and (
                settings.gateway.client_certificates is None or settings.gateway.client_certificates.authorities is None
            ):
                key = "tls_client_auth_san_dns" if one.tls_client_auth_san_dns else "tls_client_auth_subject_dn"
                what = "nobody may issue certificates: gateway.yaml has no client_certificates with authorities"
                yield Problem(
                    school.place("administrations", index, key), what, "name a file with their certificates there"
                )
