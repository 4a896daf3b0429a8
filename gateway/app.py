"""The composition root: settings -> parts -> Flask app. Only wiring."""

from dataclasses import dataclass
from functools import partial

from flask import Flask
from sqlalchemy import Engine

from gateway.attributes.institution import Institutions
from gateway.domain.clock import Clock, SystemClock, dutch_day
from gateway.domain.eck_id import PRODUCTION_SEGMENTS, TEST_SEGMENTS
from gateway.domain.http import Http
from gateway.domain.protocol import Protocol
from gateway.domain.randomness import Randomness, SystemRandomness
from gateway.federation.build import build
from gateway.federation.certificate_ends import CertificateEnds
from gateway.federation.ending import agreement_counts, agreement_warnings
from gateway.federation.metadata.alarms import fetch_warnings, source_standings
from gateway.federation.models import EckIdSource
from gateway.federation.snapshot import Federation
from gateway.login.contracts import TowardsServices
from gateway.login.dispatch import Dispatcher
from gateway.login.kept import KeptLogins
from gateway.login.loops import LoopBrake
from gateway.login.sso.leaving import Leaving
from gateway.login.sso.logout import Logouts
from gateway.login.sso.registry import Registry
from gateway.login.sso.sign_on import SingleSignOn
from gateway.login.transactions import Transactions
from gateway.observability import reference
from gateway.observability.health import Health
from gateway.observability.metrics import Metrics
from gateway.observability.standing import Standing
from gateway.oidc.op.assembly import OpenIdProvider
from gateway.oidc.op.certificates import ClientCertificates
from gateway.oidc.op.scopes import SCOPES
from gateway.oidc.rp import endpoint as rp_endpoint
from gateway.oidc.rp.wiring import RelyingPartyRole, relying_party
from gateway.pages import connect, discovery, logout, site
from gateway.pages.language import Choices
from gateway.pages.render import Renderer
from gateway.pages.respond import Responder
from gateway.pseudonyms.resolve import SubjectResolver
from gateway.pseudonyms.sources import EckIds, FromAssertion, FromVault
from gateway.release.pipeline import Releases
from gateway.release.policy import Policy
from gateway.saml import metadata_endpoint
from gateway.saml.addresses import Addresses
from gateway.saml.documents import Contact, GatewayIdentity, idp_metadata, sp_metadata
from gateway.saml.idp import endpoint as idp_endpoint
from gateway.saml.idp.response import IdentityProviderRole
from gateway.saml.logout.assembly import SamlLogout
from gateway.saml.metadata_endpoint import Publication
from gateway.saml.requested import requested_attributes
from gateway.saml.schemas import schema
from gateway.saml.sp import endpoint as sp_endpoint
from gateway.saml.sp.endpoint import AssertionConsumer
from gateway.saml.sp.request import ServiceProvider
from gateway.settings.client_certificates import authorities
from gateway.settings.keys import KeyRing, load_keys
from gateway.settings.loader import Settings
from gateway.settings.secrets import resolved
from gateway.storage.anomalies import SqlAnomalies
from gateway.storage.contracts import ShortLivedStore
from gateway.storage.engine import open_engine
from gateway.storage.ledger import SqlLedger
from gateway.storage.migrate import check
from gateway.storage.short_lived import open_short_lived
from gateway.storage.subjects import SqlSubjects
from gateway.storage.vault import Vault
from gateway.web import headers, operations
from gateway.web.answers import AnswersLeft
from gateway.web.cookies import BrowserCookie
from gateway.web.outgoing import OutgoingHttp
from gateway.web.proxies import TrustedProxies
from gateway.web.session_cookie import FlaskSessionCookie

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
    """Make the parts around what has been loaded and checked. `standing` is what the process above has to tell."""
    clock, randomness = clock or SystemClock(), randomness or SystemRandomness()
    engine, metrics = lasting_engine(settings), Metrics()
    given_up = metrics.stood_on.watch_store
    return Parts(
        settings=settings,
        federation=federation,
        keys=keys,
        store=open_short_lived(settings, keys, clock, randomness, told=given_up("short_lived")),
        lasting_marks=open_short_lived(settings, keys, clock, randomness, told=given_up("lasting_marks"), durable=True),
        engine=engine,
        ledger=SqlLedger(engine, key=keys.ledger.active, clock=clock, randomness=randomness),
        clock=clock,
        randomness=randomness,
        http=http or OutgoingHttp(),
        institution_http=http or OutgoingHttp(seconds=INSTITUTION_SECONDS),
        metrics=metrics,
        standing=standing or Standing(),
    )


def create_app(parts: Parts) -> Flask:
    """The gateway as a WSGI application."""
    settings = parts.settings.gateway
    app = Flask("gateway", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.config["MAX_FORM_MEMORY_SIZE"] = 1024 * 1024
    app.config["MAX_FORM_PARTS"] = 50
    app.before_request(lambda: reference.bind(reference.new(parts.randomness)))

    cookie = BrowserCookie(keys=parts.keys.sealing.all, randomness=parts.randomness, https=parts.https)
    choices = Choices(languages=settings.languages, https=parts.https)
    session_cookie = FlaskSessionCookie(https=parts.https, shared=lambda: choices.remembered().shared)
    renderer = Renderer.of(names=settings.names, choices=choices, version=site.version())
    respond = Responder(renderer=renderer, clock=parts.clock)
    headers.install(app, https=parts.https)
    cookie.install(app)
    choices.install(app)
    session_cookie.install(app)
    site.install_errors(app, respond=respond)

    releases = _releases(parts)
    kept = KeptLogins(store=parts.store, federation=parts.federation, releases=releases, clock=parts.clock)
    provider = _openid_provider(parts, kept)
    relying = _relying_party(parts)
    saml_logout = SamlLogout(
        federation=parts.federation,
        addresses=parts.addresses,
        key=parts.keys.saml_signing.active,
        http=parts.http,
        clock=parts.clock,
        randomness=parts.randomness,
    )
    logouts = Logouts(
        federation=parts.federation,
        registry=registry_of(parts),
        leaving=Leaving(store=parts.store, randomness=parts.randomness),
        services={
            Protocol.SAML: saml_logout.services,
            **({Protocol.OIDC: provider.sessions(parts.http)} if provider else {}),
        },
        identity_providers={Protocol.SAML: saml_logout.upstream},
        cookie=session_cookie,
        clock=parts.clock,
        randomness=parts.randomness,
        metrics=parts.metrics,
    )
    sign_on = SingleSignOn.of(
        store=parts.store,
        registry=logouts.registry,
        cookie=session_cookie,
        federation=parts.federation,
        clock=parts.clock,
        randomness=parts.randomness,
        replaced=logouts.end_replaced,
    )
    dispatcher = _dispatcher(parts, releases=releases, kept=kept, sign_on=sign_on, provider=provider, relying=relying)
    consumer = AssertionConsumer(
        federation=parts.federation,
        addresses=parts.addresses,
        replay_marks=parts.store,
        lasting_marks=parts.lasting_marks,
        clock=parts.clock,
        skew=settings.lifetimes.clock_skew,
        decryption_keys=parts.keys.saml_decryption.all if parts.keys.saml_decryption else (),
        randomness=parts.randomness,
    )
    schema()
    for blueprint in (
        idp_endpoint.blueprint(
            addresses=parts.addresses,
            federation=parts.federation,
            clock=parts.clock,
            skew=settings.lifetimes.clock_skew,
            dispatcher=dispatcher,
            respond=respond,
            browser=cookie.browser,
        ),
        sp_endpoint.blueprint(consumer=consumer, dispatcher=dispatcher, respond=respond, browser=cookie.browser),
        rp_endpoint.blueprint(consumer=relying.reads, dispatcher=dispatcher, respond=respond, browser=cookie.browser),
        metadata_endpoint.blueprint(**publications(parts.settings, parts.keys, parts.federation, parts.clock)),
        discovery.blueprint(
            dispatcher=dispatcher,
            renderer=renderer,
            choices=choices,
            respond=respond,
            browser=cookie.browser,
            origin=settings.base_url,
        ),
        *(
            provider.blueprints(dispatcher=dispatcher, logouts=logouts, respond=respond, browser=cookie.browser)
            if provider
            else ()
        ),
        saml_logout.blueprint(
            logouts=logouts,
            replay_marks=parts.store,
            skew=settings.lifetimes.clock_skew,
            respond=respond,
            browser=cookie.browser,
        ),
        logout.blueprint(
            logouts=logouts,
            store=parts.store,
            randomness=parts.randomness,
            choices=choices,
            respond=respond,
            browser=cookie.browser,
        ),
        *connect.blueprints(
            settings=parts.settings,
            renderer=renderer,
            openid=connect.OpenId.of(provider.configuration(), SCOPES) if provider else None,
            saml=connect.Saml(parts.addresses.idp_entity_id, parts.addresses.single_sign_on),
        ),
        site.blueprint(renderer=renderer),
        operations.blueprint(health=_health(parts), metrics=parts.metrics, metrics_from=settings.metrics.allow_from),
    ):
        app.register_blueprint(blueprint)
    app.wsgi_app = AnswersLeft(app.wsgi_app, parts.ledger.answers)  # type: ignore[method-assign]
    certificates = settings.client_certificates
    app.wsgi_app = TrustedProxies(  # type: ignore[method-assign]
        app.wsgi_app, settings.trusted_proxies, certificate_header=certificates.header if certificates else None
    )
    return app


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


def _releases(parts: Parts) -> Releases:
    segments = eck_id_segments(parts.settings)
    return Releases(
        federation=parts.federation,
        policy=Policy.of(parts.settings.policy),
        eck_ids=EckIds(
            {
                EckIdSource.ASSERTION: FromAssertion(segments),
                EckIdSource.VAULT: FromVault(vault_of(parts.engine, parts.keys, parts.randomness), segments),
            }
        ),
        subjects=SubjectResolver(keys=parts.keys.pseudonyms, subjects=SqlSubjects(parts.engine)),
        ledger=parts.ledger,
        anomalies=SqlAnomalies(parts.engine),
        account_key=parts.keys.pseudonyms.first,
        metrics=parts.metrics,
        institutions=Institutions(parts.institution_http),
    )


def eck_id_segments(settings: Settings) -> frozenset[str]:
    """The version segments of ECK iDs in this environment."""
    return PRODUCTION_SEGMENTS if settings.gateway.environment == "production" else TEST_SEGMENTS


def vault_of(engine: Engine, keys: KeyRing, randomness: Randomness) -> Vault:
    """The vault in this database."""
    return Vault(engine, keys=keys.sealing.all, lookup=keys.pseudonyms.first, randomness=randomness)


def _openid_provider(parts: Parts, kept: KeptLogins) -> OpenIdProvider | None:
    """None without a key for tokens; the configuration then has no service that would need one."""
    settings = parts.settings.gateway
    if not parts.keys.oidc_signing:
        return None
    return OpenIdProvider.of(
        issuer=settings.base_url,
        federation=parts.federation,
        rings=parts.keys.oidc_signing,
        store=parts.store,
        kept=kept,
        clock=parts.clock,
        randomness=parts.randomness,
        access=settings.lifetimes.access_token,
        refresh=settings.lifetimes.renewal,
        skew=settings.lifetimes.clock_skew,
        languages=settings.languages,
        certificates=_client_certificates(parts.settings),
        documentation=settings.supplier_page,
    )


def _client_certificates(settings: Settings) -> ClientCertificates | None:
    entry = settings.gateway.client_certificates
    return ClientCertificates(authorities(settings), entry.base_url) if entry else None


def _relying_party(parts: Parts) -> RelyingPartyRole:
    """Towards identity providers that speak OpenID Connect; its assertions verify with the keys of `/oidc/jwks`."""
    rings = parts.keys.oidc_signing
    ring = rings.get("RS256") or rings.get("ES256") or rings.get("ES384")
    return relying_party(
        federation=parts.federation,
        http=parts.http,
        base_url=parts.settings.gateway.base_url,
        key=ring.active if ring else None,
        proof_key=parts.keys.pseudonyms.first,
        clock=parts.clock,
        randomness=parts.randomness,
        skew=parts.settings.gateway.lifetimes.clock_skew,
    )


def registry_of(parts: Parts) -> Registry:
    """What the logins of every browser gave to whom."""
    lifetimes, sso = parts.settings.gateway.lifetimes, parts.settings.gateway.sso
    renewed = lifetimes.renewal + lifetimes.access_token
    of_schools = (one.sso.absolute for one in parts.federation.schools.values())
    longest = max(lifetimes.session, renewed, sso.absolute, *of_schools)
    return Registry(
        store=parts.store,
        randomness=parts.randomness,
        seconds=int(longest.total_seconds()),
        login_seconds=int(lifetimes.transaction.total_seconds()),
    )


def _dispatcher(
    parts: Parts,
    *,
    releases: Releases,
    kept: KeptLogins,
    sign_on: SingleSignOn,
    provider: OpenIdProvider | None,
    relying: RelyingPartyRole,
) -> Dispatcher:
    settings = parts.settings.gateway
    services: dict[Protocol, TowardsServices] = {
        Protocol.SAML: IdentityProviderRole(
            entity_id=parts.addresses.idp_entity_id,
            key=parts.keys.saml_signing.active,
            session=settings.lifetimes.session,
            clock=parts.clock,
            randomness=parts.randomness,
        )
    }
    if provider is not None:
        services[Protocol.OIDC] = provider.role
    return Dispatcher(
        federation=parts.federation,
        transactions=Transactions(
            store=parts.store,
            clock=parts.clock,
            randomness=parts.randomness,
            seconds=int(settings.lifetimes.transaction.total_seconds()),
        ),
        identity_providers={
            Protocol.SAML: ServiceProvider(
                addresses=parts.addresses, key=parts.keys.saml_signing.active, clock=parts.clock
            ),
            Protocol.OIDC: relying.asks,
        },
        services=services,
        releases=releases,
        kept=kept,
        sign_on=sign_on,
        brake=LoopBrake(store=parts.store, randomness=parts.randomness, metrics=parts.metrics),
        clock=parts.clock,
        randomness=parts.randomness,
        metrics=parts.metrics,
    )


def _health(parts: Parts) -> Health:
    parts.metrics.watch_agreements(lambda: agreement_counts(parts.federation, dutch_day(parts.clock.now())))
    ends = CertificateEnds(parts.keys.certificates, parts.federation, parts.clock)
    parts.metrics.watch_certificates(ends.counts)
    parts.metrics.stood_on.watch_sources(lambda: source_standings(parts.settings, parts.clock.now()))
    return Health(
        {"short_lived": parts.store.ping, "lasting": partial(check, parts.engine)},
        [
            parts.standing.warnings,
            agreement_warnings(parts.federation, parts.clock),
            ends.warnings,
            partial(fetch_warnings, parts.settings),
        ],
    )
