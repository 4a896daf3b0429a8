"""The composition root: parts -> Flask app. Only wiring."""

from collections.abc import Mapping
from functools import partial

from flask import Blueprint, Flask

from gateway.domain.clock import dutch_day
from gateway.domain.protocol import Protocol
from gateway.federation.certificate_ends import CertificateEnds
from gateway.federation.ending import agreement_counts, agreement_warnings
from gateway.federation.metadata.alarms import fetch_warnings, source_standings
from gateway.federation.published_keys import key_warnings
from gateway.login.consenting import Consenting
from gateway.login.contracts import Errands, Hinted, Notified, TowardsIdentityProviders, TowardsServices
from gateway.login.dispatch import Dispatcher
from gateway.login.errands import AllErrands
from gateway.login.hints import Hints
from gateway.login.kept import KeptLogins
from gateway.login.loops import LoopBrake
from gateway.login.recent import Counted, Recent
from gateway.login.sso.logout import Logouts
from gateway.login.sso.sign_on import SingleSignOn
from gateway.login.transactions import Transactions
from gateway.observability import reference
from gateway.observability.health import Health
from gateway.oidc.op.addresses import AUTHORIZATION_PATH, PUSHED_PATH
from gateway.oidc.op.assembly import OpenIdProvider
from gateway.oidc.op.scopes import SCOPES
from gateway.oidc.rp import endpoint as rp_endpoint
from gateway.oidc.rp import logout_endpoint as rp_logout_endpoint
from gateway.oidc.rp.logout_endpoint import SchoolLogouts
from gateway.oidc.rp.wiring import RelyingPartyRole
from gateway.pages import (
    accessibility,
    busy,
    connect,
    consent,
    discovery,
    go,
    link_schools,
    logout,
    single_sign_on,
    site,
    status,
)
from gateway.pages import linking as linking_pages
from gateway.pages import mine as mine_pages
from gateway.pages.language import Choices
from gateway.pages.look import Look
from gateway.pages.render import Renderer
from gateway.pages.respond import Responder
from gateway.pages.static_files import StaticFiles
from gateway.parts import Parts, links_of, publications, releases_of
from gateway.release.pipeline import Releases
from gateway.reports.words import attribute_name
from gateway.roles import logouts_of, openid_provider_of, relying_party_of, saml_logout_of, vault_api_of
from gateway.saml import metadata_endpoint
from gateway.saml.addresses import SINGLE_SIGN_ON_PATH
from gateway.saml.idp import discovery_service
from gateway.saml.idp import endpoint as idp_endpoint
from gateway.saml.idp.response import IdentityProviderRole
from gateway.saml.schemas import schema
from gateway.saml.sp import endpoint as sp_endpoint
from gateway.saml.sp.endpoint import AssertionConsumer
from gateway.saml.sp.request import ServiceProvider
from gateway.storage.consents import SqlConsents
from gateway.storage.migrate import check
from gateway.storage.own_releases import OwnReleases
from gateway.web import headers, jar, measured, operations
from gateway.web.answers import AnswersLeft
from gateway.web.application import Application
from gateway.web.cookies import BrowserCookie
from gateway.web.hinted_cookie import HintedCookie
from gateway.web.notified_cookie import NotifiedCookie
from gateway.web.proxies import TrustedProxies
from gateway.web.session_cookie import FlaskSessionCookie
from gateway.web.waiting import Patience

_STARTS = frozenset({SINGLE_SIGN_ON_PATH, AUTHORIZATION_PATH, PUSHED_PATH})
"""Where logins begin."""


def create_app(parts: Parts) -> Flask:
    """The gateway as a WSGI application."""
    settings = parts.settings.gateway
    app = Application("gateway", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.config["MAX_FORM_MEMORY_SIZE"] = 1024 * 1024
    app.config["MAX_FORM_PARTS"] = 50
    app.before_request(lambda: reference.bind(reference.new(parts.randomness)))

    cookie = BrowserCookie(keys=parts.keys.sealing.all, randomness=parts.randomness, https=parts.https)
    choices = Choices(languages=settings.languages, https=parts.https)
    session_cookie = FlaskSessionCookie(https=parts.https, shared=lambda: choices.remembered().shared)
    notified = NotifiedCookie(
        keys=parts.keys.sealing.all,
        browser=cookie.browser,
        lifetime=settings.sso.notified,
        clock=parts.clock,
        randomness=parts.randomness,
        https=parts.https,
    )
    hinted = HintedCookie(https=parts.https)
    look = Look.of(parts.settings)
    static_files = StaticFiles.of(look)
    renderer = Renderer.of(names=settings.names, choices=choices, static_files=static_files, overrides=look.texts)
    respond = Responder(renderer=renderer, clock=parts.clock)
    headers.install(app, https=parts.https)
    jar.install(app)
    site.install_errors(app, respond=respond)
    measured.install(app, parts.metrics.durations)
    busy.install(
        app,
        patience=Patience(_STARTS, settings.busy.start_waits, settings.busy.other_waits),
        renderer=renderer,
        metrics=parts.metrics,
        randomness=parts.randomness,
    )

    releases = releases_of(parts)
    kept = KeptLogins(store=parts.store, federation=parts.federation, releases=releases, clock=parts.clock)
    provider = openid_provider_of(parts, kept)
    relying = relying_party_of(parts)
    saml_logout = saml_logout_of(parts)
    logouts = logouts_of(parts, cookie=session_cookie, saml=saml_logout, openid=provider, relying=relying)
    sign_on = SingleSignOn.of(
        store=parts.store,
        registry=logouts.registry,
        cookie=session_cookie,
        federation=parts.federation,
        clock=parts.clock,
        randomness=parts.randomness,
        replaced=logouts.end_replaced,
    )
    recent = Recent(store=parts.store, clock=parts.clock)
    parts.metrics.logins_told.append(recent.login)
    transactions, asks = _transactions(parts), _identity_providers(parts, relying, recent)
    errands = AllErrands.of(
        federation=parts.federation,
        transactions=transactions,
        identity_providers=asks,
        releases=releases,
        links=links_of(parts.engine, parts.keys, parts.randomness),
        consents=SqlConsents(parts.engine),
        own=OwnReleases(parts.engine, parts.keys.ledger.all),
        store=parts.store,
        registry=logouts.registry,
        clock=parts.clock,
        randomness=parts.randomness,
        seconds=int(settings.lifetimes.transaction.total_seconds()),
    )
    consenting = Consenting(
        federation=parts.federation,
        releases=releases,
        store=parts.store,
        clock=parts.clock,
        randomness=parts.randomness,
        seconds=int(settings.lifetimes.transaction.total_seconds()),
    )
    dispatcher = _dispatcher(
        parts,
        consenting=consenting,
        transactions=transactions,
        asks=asks,
        errands=errands,
        releases=releases,
        kept=kept,
        sign_on=sign_on,
        provider=provider,
        notified=notified,
        hinted=hinted,
    )
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
    health = _health(parts)
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
        discovery_service.blueprint(addresses=parts.addresses, federation=parts.federation, respond=respond),
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
        consent.blueprint(
            consenting=consenting,
            dispatcher=dispatcher,
            renderer=renderer,
            respond=respond,
            browser=cookie.browser,
            origin=settings.base_url,
            name_of=attribute_name,
        ),
        *(
            (
                mine_pages.blueprint(
                    mine=errands.mine,
                    renderer=renderer,
                    respond=respond,
                    browser=cookie.browser,
                    origin=settings.base_url,
                    name_of=attribute_name,
                ),
            )
            if parts.federation.held_by_brin or parts.federation.links_schools
            else ()
        ),
        link_schools.blueprint(
            linking=errands.linking,
            renderer=renderer,
            respond=respond,
            browser=cookie.browser,
            origin=settings.base_url,
        ),
        linking_pages.blueprint(
            linking=errands.linking,
            dispatcher=dispatcher,
            renderer=renderer,
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
        rp_logout_endpoint.blueprint(
            school_logouts=_school_logouts(parts, relying, logouts), respond=respond, browser=cookie.browser
        ),
        logout.blueprint(
            logouts=logouts,
            store=parts.store,
            randomness=parts.randomness,
            choices=choices,
            respond=respond,
            browser=cookie.browser,
        ),
        go.blueprint(parts.federation, hinted, settings.base_url, parts.clock, respond),
        single_sign_on.blueprint(
            single_sign_on.SingleSignOnServices(
                federation=parts.federation,
                allowed=tuple(settings.sso.query_allow),
                logged_in=lambda: sign_on.knows(cookie.browser()),
                notified=notified,
            )
        ),
        *connect.blueprints(
            settings=parts.settings,
            renderer=renderer,
            openid=connect.OpenId.of(provider.configuration(), SCOPES) if provider else None,
            saml=connect.Saml(parts.addresses.idp_entity_id, parts.addresses.single_sign_on),
        ),
        site.blueprint(renderer=renderer, static_files=static_files),
        *_for_everybody(parts, renderer, health, recent),
        operations.blueprint(health=health, metrics=parts.metrics, metrics_from=settings.metrics.allow_from),
    ):
        app.register_blueprint(blueprint)
    vault_api = vault_api_of(parts)
    if vault_api is not None:
        app.register_blueprint(vault_api)
    app.wsgi_app = AnswersLeft(app.wsgi_app, parts.ledger.answers)  # type: ignore[method-assign]
    certificates = settings.client_certificates
    app.wsgi_app = TrustedProxies(  # type: ignore[method-assign]
        app.wsgi_app, settings.trusted_proxies, certificate_header=certificates.header if certificates else None
    )
    return app


def _school_logouts(parts: Parts, relying: RelyingPartyRole, logouts: Logouts) -> SchoolLogouts:
    return SchoolLogouts(
        federation=parts.federation,
        providers=relying.providers,
        logouts=logouts,
        marks=parts.store,
        clock=parts.clock,
        skew=parts.settings.gateway.lifetimes.clock_skew,
    )


def _transactions(parts: Parts) -> Transactions:
    return Transactions(
        store=parts.store,
        clock=parts.clock,
        randomness=parts.randomness,
        seconds=int(parts.settings.gateway.lifetimes.transaction.total_seconds()),
    )


def _identity_providers(
    parts: Parts, relying: RelyingPartyRole, recent: Recent
) -> dict[Protocol, TowardsIdentityProviders]:
    key = parts.keys.saml_signing.active
    return {
        Protocol.SAML: Counted(ServiceProvider(addresses=parts.addresses, key=key, clock=parts.clock), recent),
        Protocol.OIDC: Counted(relying.asks, recent),
    }


def _for_everybody(parts: Parts, renderer: Renderer, health: Health, recent: Recent) -> tuple[Blueprint, ...]:
    """What everybody may read of the gateway itself."""
    pages, clock = parts.settings.gateway.pages, parts.clock
    teller = status.Teller(health=health, recent=recent, federation=parts.federation, pages=pages, clock=clock)
    return (
        accessibility.blueprint(gateway=parts.settings.gateway, renderer=renderer),
        status.blueprint(teller=teller, renderer=renderer, clock=clock, told=pages.standings),
    )


def _dispatcher(
    parts: Parts,
    *,
    transactions: Transactions,
    asks: Mapping[Protocol, TowardsIdentityProviders],
    errands: Errands,
    consenting: Consenting,
    releases: Releases,
    kept: KeptLogins,
    sign_on: SingleSignOn,
    provider: OpenIdProvider | None,
    notified: Notified,
    hinted: Hinted,
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
        transactions=transactions,
        identity_providers=asks,
        errands=errands,
        consenting=consenting,
        services=services,
        releases=releases,
        kept=kept,
        sign_on=sign_on,
        brake=LoopBrake(store=parts.store, randomness=parts.randomness, metrics=parts.metrics),
        clock=parts.clock,
        randomness=parts.randomness,
        metrics=parts.metrics,
        hints=Hints(parts.federation, parts.clock, notified, hinted),
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
            partial(key_warnings, parts.settings),
        ],
    )
