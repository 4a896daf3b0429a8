"""Whether the parties of a configuration fit together. Each check names every place where they do not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509

from gateway.domain.attribute import IDENTIFIERS, Attribute
from gateway.domain.fallback import Fallback
from gateway.domain.release_class import ReleaseClass
from gateway.domain.sector import Sector
from gateway.federation.metadata.entities import IdpMetadata, SpMetadata
from gateway.federation.models import IdentityProvider, Service
from gateway.settings.fields import is_loopback
from gateway.settings.loader import Entry, Settings
from gateway.settings.models import AgreementEntry
from gateway.settings.problems import Level, Place, Problem

_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Parties:
    """The settings, and what was read of the metadata; None where that could not be read."""

    settings: Settings
    identity_providers: Sequence[IdentityProvider | None]
    services: Sequence[Service | None]
    now: datetime


def check(
    settings: Settings,
    identity_providers: Sequence[IdentityProvider | None],
    services: Sequence[Service | None],
    now: datetime,
) -> list[Problem]:
    """Everything that does not fit, errors and warnings."""
    parties = Parties(settings, identity_providers, services, now)
    return [problem for one in CHECKS for problem in one(parties)]


def check_ids(parties: Parties) -> Iterator[Problem]:
    """Ids, BRINs, domains and entity ids name one thing each."""
    settings = parties.settings
    yield from _doubles("the id", ((entry.value.id, entry.place("id")) for entry in settings.identity_providers))
    yield from _doubles("the id", ((entry.value.id, entry.place("id")) for entry in settings.services))
    yield from _doubles("the BRIN", ((str(entry.value.brin), entry.place("brin")) for entry in settings.schools))
    domains = ((domain, entry.place("domains")) for entry in settings.schools for domain in entry.value.domains)
    yield from _doubles("the domain", domains)
    idps = zip(parties.identity_providers, settings.identity_providers, strict=True)
    yield from _doubles("the entityID", ((i.metadata.entity_id, entry.place("metadata")) for i, entry in idps if i))
    services = zip(parties.services, settings.services, strict=True)
    yield from _doubles("the entityID", ((s.metadata.entity_id, entry.place("metadata")) for s, entry in services if s))


def check_schools(parties: Parties) -> Iterator[Problem]:
    """Identity providers speak for registered schools, and somebody speaks for each."""
    known = {entry.value.brin for entry in parties.settings.schools}
    spoken_for = set()
    for entry in parties.settings.identity_providers:
        for index, brin in enumerate(entry.value.schools):
            spoken_for.add(brin)
            if brin not in known:
                yield Problem(entry.place("schools", index), f"no school has the BRIN {brin}", "add it to schools/")
    for school in parties.settings.schools:
        if school.value.brin not in spoken_for:
            yield _warning(school.place("brin"), f"no identity provider speaks for {school.value.brin}")


def check_attribute_sets(parties: Parties) -> Iterator[Problem]:
    """A set names the ECK iD, no other identifier (law 2), and only what the policy allows."""
    policy = parties.settings.policy.attributes
    for entry in parties.settings.services:
        for version, named in entry.value.attribute_sets.items():
            if Attribute.ECK_ID not in named:
                place = entry.place("attribute_sets", version)
                yield Problem(place, f"set {version} does not name eck_id", "it is the one identifier of a release")
            for attribute in named:
                place = entry.place("attribute_sets", version, attribute.value)
                if attribute in IDENTIFIERS - {Attribute.ECK_ID}:
                    instead = "a release has one identifier; what goes without ECK iD is `fallback`"
                    yield Problem(place, f"{attribute} is a second identifier", instead)
                elif attribute not in policy:
                    yield Problem(place, f"the policy does not class {attribute}", "add it to policy.yaml")
                elif {policy[attribute].release_class, *policy[attribute].roles.values()} == {ReleaseClass.NEVER}:
                    yield Problem(place, f"the policy lets {attribute} go to nobody", "take it out of the set")


def check_agreements(parties: Parties) -> Iterator[Problem]:
    """Agreements are of known parties about sets that exist."""
    settings = parties.settings
    services = {entry.value.id: entry.value for entry in settings.services}
    brins = {entry.value.brin for entry in settings.schools}
    boards = {entry.value.board for entry in settings.schools}
    for entry in settings.agreements:
        service = services.get(entry.value.service)
        if service is None:
            what = f"no service has the id {entry.value.service}"
            yield Problem(entry.place("service"), what, f"known: {', '.join(sorted(services)) or 'none'}")
        elif entry.value.attribute_set not in service.attribute_sets:
            have = ", ".join(map(str, sorted(service.attribute_sets)))
            what = f"{service.id} has no attribute set {entry.value.attribute_set}"
            yield Problem(entry.place("attribute_set"), what, f"it has {have}")
        for index, brin in enumerate(entry.value.schools):
            if brin not in brins:
                yield Problem(entry.place("schools", index), f"no school has the BRIN {brin}", "add it to schools/")
        for index, board in enumerate(entry.value.boards):
            if board not in boards:
                yield Problem(entry.place("boards", index), f"no school has the board {board}")


def check_agreement_dates(parties: Parties) -> Iterator[Problem]:
    """Agreements that have ended, or end soon."""
    today = parties.now.date()
    for entry in parties.settings.agreements:
        until = entry.value.valid_until
        if until is not None and until < today:
            yield _warning(entry.place("until"), f"the agreement {entry.value.reference} ended on {until}")
        elif until is not None and until < today + _SOON:
            yield _warning(entry.place("until"), f"the agreement {entry.value.reference} ends on {until}")


def check_overlaps(parties: Parties) -> Iterator[Problem]:
    """Two agreements of one school about one service at one time: the one that began last counts."""
    seen: dict[tuple[str, str], list[Entry[AgreementEntry]]] = {}
    for entry in parties.settings.agreements:
        for whose in (*map(str, entry.value.schools), *entry.value.boards):
            for other in seen.setdefault((entry.value.service, whose), []):
                if _overlap(entry.value, other.value):
                    what = f"{whose} has another agreement with {entry.value.service} at this time, at {other.place()}"
                    yield _warning(entry.place("from"), what)
            seen[entry.value.service, whose].append(entry)


def check_services(parties: Parties) -> Iterator[Problem]:
    """Services that nobody agreed with, ask more than anybody gives, or get another fallback than they want."""
    agreements: dict[str, list[AgreementEntry]] = {}
    for agreement in parties.settings.agreements:
        agreements.setdefault(agreement.value.service, []).append(agreement.value)
    for entry in parties.settings.services:
        service = entry.value
        accepted = agreements.get(service.id, [])
        newest = max(service.attribute_sets)
        if not service.sign.response and not service.sign.assertion:
            yield Problem(entry.place("sign"), "nothing is signed", "sign the response, the assertion, or both")
        if not accepted:
            yield _warning(entry.place("id"), f"no school has an agreement with {service.id}")
        elif all(agreement.attribute_set != newest for agreement in accepted):
            yield _warning(entry.place("attribute_sets", newest), f"no agreement accepts attribute set {newest}")
        if accepted and all(agreement.fallback is not service.fallback for agreement in accepted):
            what = f"no agreement allows the fallback {service.fallback}"
            yield _warning(entry.place("fallback"), what, f"without one it is {Fallback.PROVISIONAL} or none")
        if accepted and not _sectors(parties, accepted) & {sector.eck for sector in service.sectors}:
            yield _warning(entry.place("sectors"), "no school with an agreement is of these sectors")


def check_endpoints(parties: Parties) -> Iterator[Problem]:
    """Nothing goes over plain http, but on this machine itself."""
    for service, entry in zip(parties.services, parties.settings.services, strict=True):
        for consumer in service.metadata.assertion_consumers if service else ():
            if _is_plain(consumer.location):
                what = f"the AssertionConsumerService {consumer.location} is not https"
                yield Problem(entry.place("metadata"), what, "http is for loopback alone")
    for idp, idp_entry in zip(parties.identity_providers, parties.settings.identity_providers, strict=True):
        for endpoint in idp.metadata.single_sign_on if idp else ():
            if _is_plain(endpoint.location):
                what = f"the SingleSignOnService {endpoint.location} is not https"
                yield Problem(idp_entry.place("metadata"), what, "http is for loopback alone")


def check_metadata_dates(parties: Parties) -> Iterator[Problem]:
    """Metadata past its validUntil is not used. Certificates past their date are (2.4.1.1), but tell of neglect."""
    idps = zip(parties.identity_providers, parties.settings.identity_providers, strict=True)
    services = zip(parties.services, parties.settings.services, strict=True)
    dated: list[tuple[IdpMetadata | SpMetadata, Place]] = [
        (i.metadata, entry.place("metadata")) for i, entry in idps if i
    ]
    dated += [(s.metadata, entry.place("metadata")) for s, entry in services if s]
    for metadata, place in dated:
        until = metadata.valid_until
        if until is not None and until <= parties.now:
            yield Problem(place, f"the metadata was valid until {until:%Y-%m-%d}", "fetch it anew")
        elif until is not None and until <= parties.now + _SOON:
            yield _warning(place, f"the metadata is valid until {until:%Y-%m-%d}")
        yield from _old_certificates(metadata.certificates, place, parties.now)


CHECKS: tuple[Callable[[Parties], Iterator[Problem]], ...] = (
    check_ids,
    check_schools,
    check_attribute_sets,
    check_agreements,
    check_agreement_dates,
    check_overlaps,
    check_services,
    check_endpoints,
    check_metadata_dates,
)


def _old_certificates(certificates: Sequence[x509.Certificate], place: Place, now: datetime) -> Iterator[Problem]:
    for certificate in certificates:
        ends = certificate.not_valid_after_utc
        if ends <= now:
            yield _warning(place, f"a certificate ended on {ends:%Y-%m-%d}", "ask the party for new metadata")
        elif ends <= now + _SOON:
            yield _warning(place, f"a certificate ends on {ends:%Y-%m-%d}")


def _sectors(parties: Parties, accepted: Sequence[AgreementEntry]) -> set[Sector]:
    brins = {brin for agreement in accepted for brin in agreement.schools}
    boards = {board for agreement in accepted for board in agreement.boards}
    schools = (entry.value for entry in parties.settings.schools)
    return {school.sector.eck for school in schools if school.brin in brins or school.board in boards}


def _doubles(what: str, named: Iterator[tuple[str, Place]]) -> Iterator[Problem]:
    first: dict[str, Place] = {}
    for name, place in named:
        if name in first:
            yield Problem(place, f"{what} {name} stands at {first[name]} already", "each is given once")
        first.setdefault(name, place)


def _overlap(one: AgreementEntry, other: AgreementEntry) -> bool:
    ends = min(one.valid_until or date.max, other.valid_until or date.max)
    return max(one.valid_from, other.valid_from) <= ends


def _is_plain(location: str) -> bool:
    parts = urlsplit(location)
    return parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname))


def _warning(place: Place, what: str, instead: str = "") -> Problem:
    return Problem(place, what, instead, Level.WARNING)
