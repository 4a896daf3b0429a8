"""Settings -> parts: what the whole application shares, and what commands use of it. Only wiring."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import Engine

from gateway.attributes.institution import Institutions
from gateway.domain.clock import Clock, SystemClock
from gateway.domain.eck_id import PRODUCTION_SEGMENTS, TEST_SEGMENTS
from gateway.domain.http import Http
from gateway.domain.randomness import Randomness, SystemRandomness
from gateway.domain.sector import Sector
from gateway.federation.build import build
from gateway.federation.models import EckIdSource
from gateway.federation.snapshot import Federation
from gateway.login.sso.registry import Registry
from gateway.observability.metrics import Metrics
from gateway.observability.standing import Standing
from gateway.pseudonyms.links import LinkRules
from gateway.pseudonyms.nummervoorziening.batches import BatchTerms, EckIdBatches
from gateway.pseudonyms.nummervoorziening.client import Endpoint, Nummervoorziening
from gateway.pseudonyms.nummervoorziening.live import FromNummervoorziening, Terms
from gateway.pseudonyms.resolve import SubjectResolver
from gateway.pseudonyms.sources import EckIds, FromAssertion, FromVault, Source
from gateway.pseudonyms.succession import Successions
from gateway.pseudonyms.watch import Watch
from gateway.release.link_content import LinkRecords
from gateway.release.linked import LinkedAccounts
from gateway.release.linking import LinkMaking
from gateway.release.pipeline import Releases
from gateway.release.policy import Policy
from gateway.saml.addresses import Addresses
from gateway.saml.documents import Contact, GatewayIdentity, idp_metadata, sp_metadata
from gateway.saml.metadata_endpoint import Publication
from gateway.saml.requested import requested_attributes
from gateway.settings.keys import KeyRing, load_keys
from gateway.settings.loader import Settings
from gateway.settings.models.nummervoorziening import NummervoorzieningEntry
from gateway.settings.secrets import resolved
from gateway.storage.anomalies import SqlAnomalies
from gateway.storage.breaker import Breaker
from gateway.storage.consents import SqlConsents
from gateway.storage.contracts import ShortLivedStore
from gateway.storage.eck_id_batches import SqlEckIdBatches
from gateway.storage.engine import open_engine
from gateway.storage.known_as import KnownAsStore
from gateway.storage.ledger import SqlLedger
from gateway.storage.links import SqlLinks
from gateway.storage.outbox import SqlOutbox
from gateway.storage.seen_eck_ids import SqlSeenEckIds
from gateway.storage.short_lived import open_short_lived
from gateway.storage.subjects import SqlSubjects
from gateway.storage.vault import Vault
from gateway.web.outgoing import OutgoingHttp

NUMMERVOORZIENING_PAUSE = timedelta(seconds=30)
"""For which nobody asks Nummervoorziening after it did not answer three times."""
INSTITUTION_SECONDS = 2.0
"""How long a school's attribute API may take to begin an answer, and again to end it: a person waits."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the whole app shares."""

    settings: Settings
    federation: Federation
    keys: KeyRing
    store: ShortLivedStore
    lasting_marks: ShortLivedStore
    engine: Engine
    ledger: SqlLedger
    clock: Clock
    randomness: Randomness
    http: Http
    institution_http: Http
    metrics: Metrics
    standing: Standing

    @property
    def addresses(self) -> Addresses:
        """The gateway's own addresses in SAML."""
        return Addresses(self.settings.gateway.base_url)

    @property
    def https(self) -> bool:
        """Whether browsers reach the gateway over https."""
        return self.settings.gateway.base_url.startswith("https:")


def assemble(settings: Settings, *, clock: Clock | None = None, randomness: Randomness | None = None) -> Parts:
    """Make the parts. Raises settings.Problems when the settings do not fit together."""
    keys = load_keys(settings)
    federation, _ = build(settings, clock=clock or SystemClock())
    return parts_of(settings, keys, federation, clock=clock, randomness=randomness)


def parts_of(
    settings: Settings,
    keys: KeyRing,
    federation: Federation,
    *,
    clock: Clock | None = None,
    randomness: Randomness | None = None,
    http: Http | None = None,
    standing: Standing | None = None,
) -> Parts:
    """Make the parts around what has been loaded and checked. `standing` is what its processes share."""
    clock, randomness = clock or SystemClock(), randomness or SystemRandomness()
    engine, metrics, standing = lasting_engine(settings), Metrics(), standing or Standing()
    given_up, of_store = metrics.stood_on.watch_store, metrics.durations.of_store
    return Parts(
        settings=settings,
        federation=federation,
        keys=keys,
        store=open_short_lived(
            settings, keys, clock, randomness, told=given_up("short_lived"), measure=partial(of_store, "short_lived")
        ),
        lasting_marks=open_short_lived(
            settings,
            keys,
            clock,
            randomness,
            told=given_up("lasting_marks"),
            measure=partial(of_store, "lasting_marks"),
            durable=True,
        ),
        engine=engine,
        ledger=SqlLedger(
            engine,
            key=keys.ledger.active,
            clock=clock,
            randomness=randomness,
            measure=of_store("ledger", "append"),
            standing=standing,
        ),
        clock=clock,
        randomness=randomness,
        http=http or OutgoingHttp(),
        institution_http=http or OutgoingHttp(seconds=INSTITUTION_SECONDS),
        metrics=metrics,
        standing=standing,
    )


def publications(settings: Settings, keys: KeyRing, federation: Federation, clock: Clock) -> dict[str, Publication]:
    """The gateway's own metadata, towards identity providers (`sp`) and towards services (`idp`)."""
    gateway = settings.gateway
    identity = GatewayIdentity(
        addresses=Addresses(gateway.base_url),
        names=gateway.names,
        organisation=gateway.organisation.name,
        organisation_url=gateway.organisation.url,
        contacts=tuple(Contact(contact.type, contact.name, contact.email) for contact in gateway.contacts),
    )
    signing = keys.saml_signing.all
    decryption = keys.saml_decryption.announced if keys.saml_decryption else ()
    return {
        "sp": Publication(partial(sp_metadata, identity, signing, decryption, requested_attributes(federation)), clock),
        "idp": Publication(partial(idp_metadata, identity, signing), clock),
    }


def lasting_engine(settings: Settings) -> Engine:
    """The engine of the lasting records."""
    url = resolved(settings.gateway.stores.lasting.url, settings.directory)
    return open_engine(url, directory=settings.directory, threads=settings.gateway.threads)


def releases_of(parts: Parts) -> Releases:
    """What decides releases and writes the ledger."""
    segments, anomalies = eck_id_segments(parts.settings), SqlAnomalies(parts.engine)
    eck_ids = EckIds(
        {
            EckIdSource.ASSERTION: FromAssertion(segments),
            EckIdSource.VAULT: FromVault(segments),
            **_live_source(parts),
        },
        vault_of(parts.engine, parts.keys, parts.randomness),
    )
    entry = parts.settings.gateway.links
    links = LinkRecords(
        links=links_of(parts.engine, parts.keys, parts.randomness),
        federation=parts.federation,
        eck_ids=eck_ids,
        rules=LinkRules(lifetime=entry.lifetime, believed=entry.school_login),
        account_key=parts.keys.pseudonyms.first,
        anomalies=anomalies,
    )
    watch = watch_of(parts)
    subjects = SubjectResolver(keys=parts.keys.pseudonyms, subjects=SqlSubjects(parts.engine), mark=watch.records.mark)
    return Releases(
        federation=parts.federation,
        policy=Policy.of(parts.settings.policy),
        eck_ids=eck_ids,
        subjects=subjects,
        successions=Successions(
            known=known_as_of(parts.engine, parts.keys, parts.randomness),
            subjects=subjects,
            outbox=successions_outbox_of(parts),
        ),
        ledger=parts.ledger,
        anomalies=anomalies,
        watch=watch,
        account_key=parts.keys.pseudonyms.first,
        metrics=parts.metrics,
        institutions=Institutions(parts.institution_http, parts.federation),
        links=LinkedAccounts(links),
        making=LinkMaking(links),
        consents=SqlConsents(parts.engine),
    )


def watch_of(parts: Parts) -> Watch:
    """What sees that something is odd about an ECK iD."""
    entry = parts.settings.gateway.anomalies
    records = SqlSeenEckIds(parts.engine, parts.keys.pseudonyms.first)
    return Watch(records, entry.by_kind, entry.missing_after)


def _live_source(parts: Parts) -> dict[EckIdSource, Source]:
    entry = parts.settings.gateway.nummervoorziening
    if entry is None:
        return {}
    found = FromNummervoorziening(
        service=Nummervoorziening(nummervoorziening_endpoint(parts.settings, entry)),
        vault=vault_of(parts.engine, parts.keys, parts.randomness),
        terms=Terms(
            chain=entry.chain,
            sectors={Sector(sector): uri for sector, uri in entry.sectors.items()},
            segments=eck_id_segments(parts.settings),
            seconds=entry.login_milliseconds / 1000,
        ),
        breaker=Breaker(clock=parts.clock, pause=NUMMERVOORZIENING_PAUSE),
        told=parts.metrics.nummervoorziening,
    )
    return {EckIdSource.NUMMERVOORZIENING: found}


def nummervoorziening_endpoint(settings: Settings, entry: NummervoorzieningEntry) -> Endpoint:
    """Where Nummervoorziening is, and what proves who asks."""
    files = (settings.directory / entry.certificate, settings.directory / entry.key)
    return Endpoint(entry.url, *files, settings.directory / entry.authorities if entry.authorities else None)


def eck_id_batches_of(
    settings: Settings,
    entry: NummervoorzieningEntry,
    federation: Federation,
    *,
    service: Nummervoorziening,
    store: SqlEckIdBatches,
    vault: Vault,
    clock: Clock,
) -> EckIdBatches:
    """What asks for the ECK iDs of whole schools."""
    terms = BatchTerms(
        chain=entry.chain,
        sectors={Sector(sector): uri for sector, uri in entry.sectors.items()},
        segments=eck_id_segments(settings),
        oins={str(one.brin): one.oin for one in federation.schools.values() if one.oin is not None},
        most=entry.batch,
    )
    return EckIdBatches(service=service, store=store, vault=vault, terms=terms, clock=clock)


def eck_id_segments(settings: Settings) -> frozenset[str]:
    """The version segments of ECK iDs in this environment."""
    return PRODUCTION_SEGMENTS if settings.gateway.environment == "production" else TEST_SEGMENTS


def vault_of(engine: Engine, keys: KeyRing, randomness: Randomness) -> Vault:
    """The vault in this database."""
    return Vault(engine, keys=keys.sealing.all, lookup=keys.pseudonyms.first, randomness=randomness)


def links_of(engine: Engine, keys: KeyRing, randomness: Randomness) -> SqlLinks:
    """The account links in this database."""
    return SqlLinks(engine, keys=keys.sealing.all, randomness=randomness)


def known_as_of(engine: Engine, keys: KeyRing, randomness: Randomness) -> KnownAsStore:
    """What services know accounts by, in this database."""
    return KnownAsStore(engine, keys=keys.sealing.all, lookup=keys.pseudonyms.first, randomness=randomness)


def successions_outbox_of(parts: Parts) -> SqlOutbox:
    """Notices of identifiers that changed, which services are still to be told."""
    sealing = parts.keys.sealing.all
    return SqlOutbox(parts.engine, keys=sealing, clock=parts.clock, randomness=parts.randomness, topic="succession")


def registry_of(parts: Parts) -> Registry:
    """What the logins of every browser gave to whom."""
    lifetimes, sso = parts.settings.gateway.lifetimes, parts.settings.gateway.sso
    renewed = lifetimes.renewal + lifetimes.access_token
    # A session answers logins until its end, and a service may count on the last of them for as long as on the first.
    answers = max((sso.absolute, *(one.sso.absolute for one in parts.federation.schools.values())))
    longest = answers + max(lifetimes.session, renewed)
    return Registry(
        store=parts.store,
        randomness=parts.randomness,
        seconds=int(longest.total_seconds()),
        login_seconds=int(lifetimes.transaction.total_seconds()),
    )
