"""Whether the parties of a configuration fit together. Each check names every place where they do not."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from gateway.domain.brin import Brin
from gateway.domain.protocol import Protocol
from gateway.domain.sector import Sector
from gateway.domain.user_held import DIALECTS
from gateway.federation.administration_checks import administration_problems
from gateway.federation.agreement_checks import AGREEMENT_CHECKS
from gateway.federation.assurance_checks import check_assurance
from gateway.federation.clients import ClientAuthentication, OidcClient, SamlClient
from gateway.federation.dates import agreement_dates, metadata_dates
from gateway.federation.encryption_checks import encryption_problems
from gateway.federation.hints import school_hint
from gateway.federation.limit_checks import limit_problems
from gateway.federation.metadata.entities import IdpMetadata, SpMetadata
from gateway.federation.metadata.sources import is_in_source
from gateway.federation.models import IdentityProvider, Service
from gateway.federation.nummervoorziening_checks import nummervoorziening_problems
from gateway.federation.policy_checks import POLICY_CHECKS
from gateway.federation.processing_checks import check_controllers
from gateway.federation.scope_checks import scope_problems
from gateway.federation.user_held_checks import link_problems, user_held_problems
from gateway.settings.fields import is_loopback
from gateway.settings.loader import Entry, Settings
from gateway.settings.models.agreements import AgreementEntry
from gateway.settings.models.identity_providers import IdentityProviderEntry
from gateway.settings.models.services import ServiceEntry
from gateway.settings.problems import Place, Problem, warning


@dataclass(frozen=True, slots=True)
class Parties:
    """The settings, and beside each of their entries what was read of its metadata; None where that failed."""

    settings: Settings
    identity_providers: Sequence[IdentityProvider | None]
    services: Sequence[Service | None]
    agreements_of: Mapping[str, Sequence[AgreementEntry]] = field(init=False)

    def __post_init__(self) -> None:
        by_service: dict[str, list[AgreementEntry]] = {}
        for entry in self.settings.agreements:
            by_service.setdefault(entry.value.service, []).append(entry.value)
        object.__setattr__(self, "agreements_of", by_service)

    def read_identity_providers(self) -> Iterator[tuple[IdentityProvider, Entry[IdentityProviderEntry]]]:
        """Those whose metadata could be read, with their entries."""
        for idp, entry in zip(self.identity_providers, self.settings.identity_providers, strict=True):
            if idp is not None:
                yield idp, entry

    def saml_identity_providers(self) -> Iterator[tuple[IdentityProvider, Entry[IdentityProviderEntry]]]:
        """Those that speak SAML."""
        return (found for found in self.read_identity_providers() if found[0].protocol is Protocol.SAML)

    def saml_parties_of_files(
        self,
    ) -> Iterator[tuple[IdpMetadata | SpMetadata, Entry[IdentityProviderEntry] | Entry[ServiceEntry]]]:
        """Metadata in files of the configuration. What comes from a source was judged when it was indexed."""
        for idp, entry in self.saml_identity_providers():
            if not is_in_source(entry.value):
                yield idp.saml, entry
        for client, service in self.saml_clients():
            if not is_in_source(service.value):
                yield client.metadata, service

    def openid_providers(self) -> Iterator[tuple[IdentityProvider, Entry[IdentityProviderEntry]]]:
        """Those that speak OpenID Connect."""
        return (found for found in self.read_identity_providers() if found[0].protocol is Protocol.OIDC)

    def read_services(self) -> Iterator[tuple[Service, Entry[ServiceEntry]]]:
        """Those whose metadata could be read, with their entries."""
        for service, entry in zip(self.services, self.settings.services, strict=True):
            if service is not None:
                yield service, entry

    def saml_clients(self) -> Iterator[tuple[SamlClient, Entry[ServiceEntry]]]:
        """The SAML service providers among them."""
        for service, entry in self.read_services():
            if isinstance(service.client, SamlClient):
                yield service.client, entry

    def oidc_clients(self) -> Iterator[tuple[OidcClient, Entry[ServiceEntry]]]:
        """The OpenID Connect relying parties among them."""
        for service, entry in self.read_services():
            if isinstance(service.client, OidcClient):
                yield service.client, entry


def check_presence(parties: Parties) -> Iterator[Problem]:
    """A federation of nobody serves pages, but no login."""
    settings = parties.settings
    kinds = {"identity provider": settings.identity_providers, "service": settings.services}
    for kind, entries in kinds.items():
        if not entries and not settings.unread:
            place = settings.gateway_document.place(())
            yield warning(place, f"there is no {kind} yet: nobody can log in", f"add one to {kind.replace(' ', '-')}s/")


def check_ids(parties: Parties) -> Iterator[Problem]:
    """Ids, BRINs, domains and entity ids name one thing each."""
    settings = parties.settings
    yield from _doubles("the id", "id", ((entry.value.id, entry) for entry in settings.identity_providers))
    yield from _doubles("the id", "id", ((entry.value.id, entry) for entry in settings.services))
    yield from _doubles("the BRIN", "brin", ((str(entry.value.brin), entry) for entry in settings.schools))
    domains = ((domain, entry) for entry in settings.schools for domain in entry.value.domains)
    yield from _doubles("the domain", "domains", domains)
    idps = ((idp.entity_id, entry) for idp, entry in parties.saml_identity_providers())
    yield from _doubles("the entityID", "metadata", idps)
    providers = ((_at_issuer(idp), entry) for idp, entry in parties.openid_providers())
    yield from _doubles("the issuer", "issuer", providers)
    services = ((client.metadata.entity_id, entry) for client, entry in parties.saml_clients())
    yield from _doubles("the entityID", "metadata", services)
    clients = ((client.client_id, entry) for client, entry in parties.oidc_clients())
    yield from _doubles("the client_id", "client_id", clients)


def check_schools(parties: Parties) -> Iterator[Problem]:
    """Identity providers speak for registered schools, and exactly one for each; one of eduID stands beside it."""
    settings = parties.settings
    known = {entry.value.brin for entry in settings.schools}
    spoken_for: dict[Brin, Entry[IdentityProviderEntry]] = {}
    held_at: dict[Brin, Entry[IdentityProviderEntry]] = {}
    for entry in settings.identity_providers:
        for index, brin in enumerate(entry.value.schools):
            if brin not in known and str(brin) not in settings.unread:
                place = entry.place("schools", index)
                yield Problem(place, f"no school has the BRIN {brin}", school_hint(brin, known))
            first = (held_at if entry.value.dialect in DIALECTS else spoken_for).setdefault(brin, entry)
            if first is not entry:
                used = min(first.value.id, entry.value.id)
                what = f"{first.value.id} speaks for {brin} already, at {first.place('schools')}"
                yield warning(entry.place("schools", index), what, f"who chooses the school is sent to {used}")
    for school in settings.schools:
        brin = school.value.brin
        if brin not in spoken_for and str(brin) not in settings.unread:
            yield warning(school.place("brin"), f"no identity provider speaks for {brin}: nobody of it can log in")


def check_services(parties: Parties) -> Iterator[Problem]:
    """Services that nobody agreed with, or that ask more than anybody gives."""
    sectors = _Sectors(parties.settings)
    for entry in parties.settings.services:
        service = entry.value
        accepted = parties.agreements_of.get(service.id, ())
        newest = max(service.attribute_sets)
        if not accepted:
            if service.id not in parties.settings.unread:
                yield warning(entry.place("id"), f"no school has an agreement with {service.id}: it gets nothing")
            continue
        if all(agreement.attribute_set != newest for agreement in accepted):
            what = f"no agreement accepts attribute set {newest}: the service asks more than anybody gives"
            yield warning(entry.place("attribute_sets", newest), what)
        if not sectors.of(accepted) & {sector.eck for sector in service.sectors}:
            what = "no school with an agreement is in these sectors: the service gets no ECK iD"
            yield warning(entry.place("sectors"), what)


def check_signatures(parties: Parties) -> Iterator[Problem]:
    """What must be signed can be, and is."""
    for client, entry in parties.saml_clients():
        if client.require_signed_requests and not client.metadata.certificates:
            what = "its metadata has no signing certificate, so no request of it can be accepted"
            yield Problem(entry.place("require_signed_requests"), what, "ask for metadata with one")
        if not client.sign_assertion and client.metadata.want_assertions_signed:
            what = "its metadata wants assertions signed, so they are, whatever stands here"
            yield warning(entry.place("sign"), what, "sign: {assertion: true}")


def check_encryption(parties: Parties) -> Iterator[Problem]:
    """Assertions that must be encrypted can be, and CBC is said aloud."""
    return encryption_problems(parties.saml_clients(), parties.read_identity_providers())


def check_scopes(parties: Parties) -> Iterator[Problem]:
    """Identity providers may speak of the domains of their schools, and of no other school's."""
    return scope_problems(parties.settings, parties.saml_identity_providers())


def check_user_held(parties: Parties) -> Iterator[Problem]:
    """Where people may come with eduID, it is asked so that the school knows them by what it answers."""
    yield from user_held_problems(parties.settings)
    yield from link_problems(parties.settings)


def check_administrations(parties: Parties) -> Iterator[Problem]:
    """Systems that provision the vault can be told apart, and are heard; Nummervoorziening can be asked."""
    yield from administration_problems(parties.settings)
    yield from nummervoorziening_problems(parties.settings)


def check_limits(parties: Parties) -> Iterator[Problem]:
    """Limits of single parties are of parties that there are."""
    return limit_problems(parties.settings)


def check_own_proof(parties: Parties) -> Iterator[Problem]:
    """Where the gateway proves itself with a signature, it has a key."""
    for idp, entry in parties.openid_providers():
        needs_key = idp.oidc.authentication is ClientAuthentication.PRIVATE_KEY_JWT
        if needs_key and not parties.settings.keys.oidc_signing:
            what = "private_key_jwt signs with a key of `oidc_signing`, and keys.yaml has none"
            yield Problem(entry.place("authentication"), what, "add a key, or authenticate with a client_secret")


def check_notices(parties: Parties) -> Iterator[Problem]:
    """Where the gateway signs notices, it has a key that services find at /oidc/jwks."""
    for entry in parties.settings.services:
        wanted = entry.value.succession
        if wanted is not None and wanted.notices is not None and not parties.settings.keys.oidc_signing:
            what = "notices are signed with a key of `oidc_signing`, and keys.yaml has none"
            yield Problem(entry.place("succession", "notices"), what, "add a key, or leave notices out")


def check_sector_identifiers(parties: Parties) -> Iterator[Problem]:
    """Services that know a person by one identifier are of one supplier: others could join what they know."""
    first: dict[str, str] = {}
    for entry in parties.settings.services:
        shared, supplier = entry.value.sector_identifier, entry.value.supplier.name
        if shared is not None and first.setdefault(shared, supplier) != supplier:
            what = f"{shared} is the sector_identifier of services of {first[shared]}"
            yield Problem(entry.place("sector_identifier"), what, "only services of one supplier may share one")


def check_endpoints(parties: Parties) -> Iterator[Problem]:
    """Nothing goes over plain http, but on this machine itself."""
    for metadata, entry in parties.saml_parties_of_files():
        if isinstance(metadata, IdpMetadata):
            locations = [endpoint.location for endpoint in metadata.single_sign_on]
            yield from _plain("SingleSignOnService", locations, entry.place("metadata"))
        else:
            locations = [consumer.location for consumer in metadata.assertion_consumers]
            yield from _plain("AssertionConsumerService", locations, entry.place("metadata"))


CHECKS: tuple[Callable[[Parties], Iterator[Problem]], ...] = (
    check_presence,
    check_ids,
    check_schools,
    check_services,
    check_signatures,
    check_encryption,
    check_scopes,
    check_user_held,
    check_administrations,
    check_limits,
    check_own_proof,
    check_notices,
    check_sector_identifiers,
    check_endpoints,
)


def check_fit(parties: Parties) -> list[Problem]:
    """Everything that does not fit, whatever the date."""
    found = [problem for check in CHECKS for problem in check(parties)]
    of_settings = (*POLICY_CHECKS, *AGREEMENT_CHECKS, check_controllers, check_assurance)
    return found + [problem for check in of_settings for problem in check(parties.settings)]


def check_dates(parties: Parties, now: datetime) -> list[Problem]:
    """Everything that has run out, or will soon."""
    of_files = [(metadata, entry.place("metadata")) for metadata, entry in parties.saml_parties_of_files()]
    return [*agreement_dates(parties.settings, now), *metadata_dates(of_files, now)]


class _Sectors:
    """The sectors of schools, to be found by their agreements."""

    def __init__(self, settings: Settings) -> None:
        self._by_school: dict[Brin, Sector] = {}
        self._by_board: dict[str | None, set[Sector]] = {}
        for entry in settings.schools:
            self._by_school[entry.value.brin] = entry.value.sector.eck
            self._by_board.setdefault(entry.value.board, set()).add(entry.value.sector.eck)

    def of(self, agreements: Sequence[AgreementEntry]) -> set[Sector]:
        """The sectors in which ECK iDs of these agreements' schools are issued."""
        of_schools = {self._by_school[brin] for one in agreements for brin in one.schools if brin in self._by_school}
        return of_schools.union(*(self._by_board.get(board, ()) for one in agreements for board in one.boards))


def _at_issuer(idp: IdentityProvider) -> str:
    """EduID aims its identifiers at clients, so that each institution has an entry with a client of its own."""
    return f"{idp.oidc.issuer} with the client_id {idp.oidc.client_id}" if idp.user_held else idp.entity_id


def _doubles(what: str, key: str, named: Iterable[tuple[str, Entry[Any]]]) -> Iterator[Problem]:
    first: dict[str, Entry[Any]] = {}
    for name, entry in named:
        if name in first:
            stands = f"{what} {name} stands at {first[name].place(key)} already"
            yield Problem(entry.place(key), stands, "each is given once")
        first.setdefault(name, entry)


def _plain(endpoint: str, locations: Iterable[str], place: Place) -> Iterator[Problem]:
    for location in locations:
        parts = urlsplit(location)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            yield Problem(place, f"the {endpoint} {location} is not https", "http is for loopback alone")
