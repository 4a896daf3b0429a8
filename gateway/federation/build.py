"""From settings to the snapshot: metadata read, ids resolved, everything that does not fit together named."""

from gateway.domain.clock import Clock
from gateway.federation.checks import Parties, check_dates, check_fit
from gateway.federation.metadata.files import MetadataFiles
from gateway.federation.metadata.parse import read_idp, read_sp
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
from gateway.settings.models.agreements import AgreementEntry
from gateway.settings.models.identity_providers import IdentityProviderEntry
from gateway.settings.models.schools import SchoolEntry
from gateway.settings.models.services import ServiceEntry
from gateway.settings.problems import Problem, Problems, errors


def build(settings: Settings, *, clock: Clock) -> tuple[Federation, tuple[Problem, ...]]:
    """The federation, and what else there is to say. Raises Problems when the settings do not fit together.

    What depends on the date alone, such as metadata that has run out, never raises, though it may be an error: it
    touches one party, whose logins are refused, and must not keep the gateway from starting for all others.
    """
    problems: list[Problem] = []
    files = MetadataFiles(settings.directory, problems)
    parties = Parties(
        settings=settings,
        identity_providers=[_identity_provider(entry, files) for entry in settings.identity_providers],
        services=[_service(entry, files) for entry in settings.services],
    )
    problems += check_fit(parties)
    dated = check_dates(parties, clock.now())
    if errors((*settings.problems, *problems)):
        raise Problems([*problems, *dated])
    federation = Federation.of(
        schools=[_school(entry.value) for entry in settings.schools],
        identity_providers=[idp for idp in parties.identity_providers if idp is not None],
        services=[service for service in parties.services if service is not None],
        agreements=[_agreement(entry.value) for entry in settings.agreements],
    )
    return federation, (*problems, *dated)


def _identity_provider(entry: Entry[IdentityProviderEntry], files: MetadataFiles) -> IdentityProvider | None:
    value = entry.value
    metadata = files.read(entry, read_idp)
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


def _service(entry: Entry[ServiceEntry], files: MetadataFiles) -> Service | None:
    value = entry.value
    metadata = files.read(entry, read_sp)
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
        domains=tuple(value.domains),
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
