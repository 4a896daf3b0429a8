"""Whether the relying parties of a configuration can be served: keys of theirs, keys of ours, names of claims."""

from collections.abc import Collection, Iterator
from datetime import timedelta

from gateway.attributes.dialects import OIDC, dialect
from gateway.federation.snapshot import Federation
from gateway.oidc.op.client_keys import client_keys
from gateway.settings.loader import Entry, Settings
from gateway.settings.models.services import OidcServiceEntry, ServiceEntry
from gateway.settings.problems import Problem, warning

MIN_SKEW, MAX_SKEW = timedelta(seconds=10), timedelta(seconds=60)
"""Of the clocks of clients under FAPI 2.0."""


def check_clients(settings: Settings, federation: Federation, algorithms: Collection[str]) -> list[Problem]:
    """Everything that keeps a relying party from being served; `algorithms` are those that there is a key for."""
    found: list[Problem] = []
    for entry in settings.services:
        if isinstance(entry.value, OidcServiceEntry):
            found += _algorithms(entry, entry.value, algorithms)
            found += _claim_names(entry, entry.value)
            found += _keys(entry, entry.value, federation)
            found += _certificates(entry, entry.value, settings)
            found += _profile(entry, entry.value, settings)
    found += _administrations(settings, federation)
    return found


def _administrations(settings: Settings, federation: Federation) -> Iterator[Problem]:
    """Keys of systems that provision the vault."""
    places = {
        one.id: school.place("administrations", index, "jwks")
        for school in settings.schools
        for index, one in enumerate(school.value.administrations)
    }
    for school in federation.schools.values():
        for one in school.administrations:
            if one.jwks is None:
                continue
            try:
                client_keys(one.jwks)
            except ValueError as cause:
                yield Problem(places[one.id], f"{one.id}: {cause}", "ask its supplier for its public keys")


def _algorithms(entry: Entry[ServiceEntry], value: OidcServiceEntry, algorithms: Collection[str]) -> Iterator[Problem]:
    for key in ("id_token_signed_response_alg", "userinfo_signed_response_alg"):
        wanted = getattr(value, key)
        if wanted is not None and wanted not in algorithms:
            hint = "add one with this algorithm to oidc_signing"
            yield Problem(entry.place(key), f"keys.yaml has no key that signs tokens with {wanted}", hint)


def _claim_names(entry: Entry[ServiceEntry], value: OidcServiceEntry) -> Iterator[Problem]:
    """A name that another attribute has already: a client could not tell them apart."""
    plain = dialect(OIDC).outgoing
    for attribute, name in value.claim_names.items():
        others = {other: one for other, one in plain.items() if other not in value.claim_names}
        for other, taken in others.items():
            if taken == name and other is not attribute:
                yield Problem(
                    entry.place("claim_names", attribute.value), f"{name} is the name of {other}", "choose another"
                )


def _profile(entry: Entry[ServiceEntry], value: OidcServiceEntry, settings: Settings) -> Iterator[Problem]:
    """What FAPI 2.0 asks of the gateway around a client (5.2.1 and 5.3.2.1)."""
    if value.profile is None:
        return
    if not MIN_SKEW <= settings.gateway.lifetimes.clock_skew <= MAX_SKEW:
        what = "profile fapi2 takes tokens of clocks that are 10 seconds ahead, and none of 60 seconds and more"
        yield Problem(entry.place("profile"), what, "set lifetimes.clock_skew in gateway.yaml between 10s and 60s")
    if not settings.gateway.base_url.startswith("https:"):
        yield warning(entry.place("profile"), "profile fapi2 is for https, and base_url is not", "try it out, no more")


def _certificates(entry: Entry[ServiceEntry], value: OidcServiceEntry, settings: Settings) -> Iterator[Problem]:
    """Whether the gateway learns of a client's certificate at all, and whom it believes about it."""
    by_certificate = "tls_client_auth" in value.token_endpoint_auth_methods
    key = "token_endpoint_auth_methods" if by_certificate else "tls_client_certificate_bound_access_tokens"
    if not by_certificate and not value.tls_client_certificate_bound_access_tokens:
        return
    certificates = settings.gateway.client_certificates
    if certificates is None:
        what = "the gateway does not learn of certificates: gateway.yaml has no client_certificates"
        yield Problem(entry.place(key), what, "say there in which header the proxy hands them on")
    elif by_certificate and certificates.authorities is None:
        what = "tls_client_auth: nobody may issue certificates: client_certificates has no authorities"
        yield Problem(entry.place(key), what, "name a file with their certificates in gateway.yaml")


def _keys(entry: Entry[ServiceEntry], value: OidcServiceEntry, federation: Federation) -> Iterator[Problem]:
    service = federation.service_by_client_id.get(value.client_id or value.id)
    if service is None:
        return
    try:
        if service.oidc.jwks is not None:
            client_keys(service.oidc.jwks)
        elif value.jwks_uri is not None:
            what = "its keys have not been fetched yet: until then it cannot prove who it is"
            yield warning(entry.place("jwks_uri"), what, "`sluis service fetch-keys` fetches them, and so does `serve`")
    except ValueError as cause:
        if value.jwks_uri is None:
            yield Problem(entry.place("jwks"), f"{value.jwks}: {cause}", "ask the supplier for its public keys")
        else:
            yield warning(entry.place("jwks_uri"), f"the copy of its keys: {cause}", "run `sluis service fetch-keys`")
