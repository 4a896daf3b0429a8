"""From settings to the snapshot: metadata read, ids resolved, everything that does not fit together named."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from cryptography import x509

from gateway.domain.clock import Clock
from gateway.federation.checks import check
from gateway.federation.metadata.parse import MetadataRejected, parse_idp, parse_sp
from gateway.federation.models import (
    Agreement,
    AttributeSet,
    EckIdSource,
    IdentityProvider,
    IdpId,
    NameIdFormat,
    School,
    Service,
    ServiceId,
)
from gateway.federation.snapshot import Federation
from gateway.settings.loader import Entry, Settings
from gateway.settings.models import AgreementEntry, IdentityProviderEntry, SchoolEntry, ServiceEntry
from gateway.settings.problems import Problem, Problems, errors

Metadata = TypeVar("Metadata")


def build(settings: Settings, *, clock: Clock) -> tuple[Federation, tuple[Problem, ...]]:
    """The federation, and the warnings. Raises Problems when there is an error among what is wrong."""
    problems: list[Problem] = list(settings.warnings)
    idps = [_identity_provider(settings, entry, problems) for entry in settings.identity_providers]
    services = [_service(settings, entry, problems) for entry in settings.services]
    now: datetime = clock.now()
    problems += check(settings, idps, services, now)
    if errors(problems):
        raise Problems(problems)
    federation = Federation.of(
        schools=[_school(entry.value) for entry in settings.schools],
        identity_providers=[idp for idp in idps if idp is not None],
        services=[service for service in services if service is not None],
        agreements=[_agreement(entry.value) for entry in settings.agreements],
    )
    return federation, tuple(problems)


def _identity_provider(
    settings: Settings, entry: Entry[IdentityProviderEntry], problems: list[Problem]
) -> IdentityProvider | None:
    value = entry.value
    metadata = _metadata(settings, entry, value, parse_idp, problems)
    if metadata is None:
        return None
    return IdentityProvider(
        id=IdpId(value.id),
        names=value.names,
        metadata=metadata,
        dialect=value.dialect,
        schools=frozenset(value.schools),
        eck_id_sources=tuple(EckIdSource(source) for source in value.eck_id),
        allow_unsolicited=value.allow_unsolicited,
    )


def _service(settings: Settings, entry: Entry[ServiceEntry], problems: list[Problem]) -> Service | None:
    value = entry.value
    metadata = _metadata(settings, entry, value, parse_sp, problems)
    if metadata is None:
        return None
    return Service(
        id=ServiceId(value.id),
        names=value.names,
        supplier=value.supplier.name,
        metadata=metadata,
        sectors=frozenset(value.sectors),
        attribute_sets={version: AttributeSet(version, named) for version, named in value.attribute_sets.items()},
        dialect=value.dialect,
        name_id=NameIdFormat(value.name_id),
        fallback=value.fallback,
        require_signed_requests=value.require_signed_requests,
        sign_response=value.sign.response,
        sign_assertion=value.sign.assertion,
        start_url=value.start_url,
    )


def _school(value: SchoolEntry) -> School:
    return School(
        brin=value.brin,
        names=value.names,
        sector=value.sector,
        board=value.board,
        place=value.place,
        domains=tuple(domain.lower() for domain in value.domains),
        digi_delivery_id=value.digi_delivery_id,
    )


def _agreement(value: AgreementEntry) -> Agreement:
    return Agreement(
        service=ServiceId(value.service),
        attribute_set=value.attribute_set,
        valid_from=value.valid_from,
        valid_until=value.valid_until,
        reference=value.reference,
        schools=frozenset(value.schools),
        boards=frozenset(value.boards),
        fallback=value.fallback,
    )


def _metadata(
    settings: Settings,
    entry: "Entry[IdentityProviderEntry] | Entry[ServiceEntry]",
    value: IdentityProviderEntry | ServiceEntry,
    parse: "Callable[..., Metadata]",
    problems: list[Problem],
) -> Metadata | None:
    beside = settings.directory / Path(entry.document.file).parent
    try:
        signers = list(_signers(beside, value.metadata_certificate))
    except (OSError, ValueError) as cause:
        problems.append(Problem(entry.place("metadata_certificate"), f"the certificate cannot be read: {cause}"))
        return None
    try:
        return parse((beside / value.metadata).read_bytes(), signers=signers)
    except OSError as cause:
        what = f"{value.metadata} cannot be read: {cause.strerror}"
        problems.append(Problem(entry.place("metadata"), what, "put the file beside this one"))
    except MetadataRejected as cause:
        problems.append(Problem(entry.place("metadata"), f"{value.metadata}: {cause}"))
    return None


def _signers(beside: Path, certificate: str | None) -> Iterable[x509.Certificate]:
    if certificate is not None:
        yield x509.load_pem_x509_certificate((beside / certificate).read_bytes())
