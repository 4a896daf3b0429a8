"""What the gateway answers, and with what."""

from collections.abc import Iterator

from flask import Blueprint

from gateway.observability.health import Health
from gateway.oidc.op.scopes import SCOPES
from gateway.oidc.rp import endpoint as rp_endpoint
from gateway.oidc.rp import logout_endpoint as rp_logout_endpoint
from gateway.oidc.rp.logout_endpoint import SchoolLogouts
from gateway.pages import (
    accessibility,
    connect,
    consent,
    discovery,
    go,
    link_schools,
    linking,
    logout,
    mine,
    remembered,
    single_sign_on,
    site,
    status,
)
from gateway.parts import Parts, publications
from gateway.reports.words import attribute_name
from gateway.roles import vault_api_of
from gateway.saml import metadata_endpoint
from gateway.saml.idp import discovery_service
from gateway.saml.idp import endpoint as idp_endpoint
from gateway.saml.sp import endpoint as sp_endpoint
from gateway.saml.sp.endpoint import AssertionConsumer
from gateway.web import operations
from gateway.wiring.logins import Logins
from gateway.wiring.surface import Surface


def blueprints_of(parts: Parts, surface: Surface, logins: Logins, health: Health) -> Iterator[Blueprint]:
    """Everything that has an address."""
    yield from _towards_services(parts, surface, logins)
    yield from _towards_identity_providers(parts, surface, logins)
    yield metadata_endpoint.blueprint(**publications(parts.settings, parts.keys, parts.federation, parts.clock))
    yield from _persons(parts, surface, logins)
    yield from _everybody(parts, surface, logins, health)
    yield operations.blueprint(
        health=health, metrics=parts.metrics, metrics_from=parts.settings.gateway.metrics.allow_from
    )
    vault_api = vault_api_of(parts)
    if vault_api is not None:
        yield vault_api


def _towards_services(parts: Parts, surface: Surface, logins: Logins) -> Iterator[Blueprint]:
    settings, front = parts.settings.gateway, surface.front
    yield idp_endpoint.blueprint(
        addresses=parts.addresses,
        federation=parts.federation,
        clock=parts.clock,
        skew=settings.lifetimes.clock_skew,
        admit=logins.limits.check_service,
        dispatcher=logins.dispatcher,
        respond=front.respond,
        browser=front.browser,
    )
    yield discovery_service.blueprint(addresses=parts.addresses, federation=parts.federation, respond=front.respond)
    if logins.provider is not None:
        yield from logins.provider.blueprints(
            admit=logins.limits.check_service,
            dispatcher=logins.dispatcher,
            logouts=logins.logouts,
            respond=front.respond,
            browser=front.browser,
        )
    yield logins.saml_logout.blueprint(
        logouts=logins.logouts,
        replay_marks=parts.store,
        skew=settings.lifetimes.clock_skew,
        respond=front.respond,
        browser=front.browser,
    )
    yield single_sign_on.blueprint(
        single_sign_on.SingleSignOnServices(
            federation=parts.federation,
            allowed=tuple(settings.sso.query_allow),
            logged_in=lambda: logins.sign_on.knows(front.browser()),
            notified=surface.notified,
        )
    )


def _towards_identity_providers(parts: Parts, surface: Surface, logins: Logins) -> Iterator[Blueprint]:
    front, skew = surface.front, parts.settings.gateway.lifetimes.clock_skew
    consumer = AssertionConsumer(
        federation=parts.federation,
        addresses=parts.addresses,
        replay_marks=parts.store,
        lasting_marks=parts.lasting_marks,
        clock=parts.clock,
        skew=skew,
        decryption_keys=parts.keys.saml_decryption.all if parts.keys.saml_decryption else (),
        randomness=parts.randomness,
    )
    yield sp_endpoint.blueprint(
        consumer=consumer, dispatcher=logins.dispatcher, respond=front.respond, browser=front.browser
    )
    yield rp_endpoint.blueprint(
        consumer=logins.relying.reads, dispatcher=logins.dispatcher, respond=front.respond, browser=front.browser
    )
    school_logouts = SchoolLogouts(
        federation=parts.federation,
        providers=logins.relying.providers,
        logouts=logins.logouts,
        marks=parts.store,
        clock=parts.clock,
        skew=skew,
    )
    yield rp_logout_endpoint.blueprint(school_logouts=school_logouts, respond=front.respond, browser=front.browser)


def _persons(parts: Parts, surface: Surface, logins: Logins) -> Iterator[Blueprint]:
    """Pages that ask somebody something."""
    front, dispatcher, errands = surface.front, logins.dispatcher, logins.errands
    yield discovery.blueprint(front, dispatcher=dispatcher, choices=surface.choices, hinted=surface.hinted)
    yield consent.blueprint(front, consenting=logins.consenting, dispatcher=dispatcher, name_of=attribute_name)
    if parts.federation.held_by_brin or parts.federation.links_schools:
        yield mine.blueprint(front, mine=errands.mine, name_of=attribute_name)
    yield link_schools.blueprint(front, linking=errands.linking)
    yield linking.blueprint(front, linking=errands.linking, dispatcher=dispatcher)
    yield logout.blueprint(
        logouts=logins.logouts,
        store=parts.store,
        randomness=parts.randomness,
        choices=surface.choices,
        respond=front.respond,
        browser=front.browser,
    )


def _everybody(parts: Parts, surface: Surface, logins: Logins, health: Health) -> Iterator[Blueprint]:
    """What everybody may read of the gateway itself, and the links into it."""
    settings, front, renderer = parts.settings.gateway, surface.front, surface.renderer
    yield go.blueprint(parts.federation, surface.hinted, settings.base_url, parts.clock, front.respond)
    openid = logins.provider
    yield from connect.blueprints(
        settings=parts.settings,
        renderer=renderer,
        openid=connect.OpenId.of(openid.configuration(), SCOPES) if openid else None,
        saml=connect.Saml(parts.addresses.idp_entity_id, parts.addresses.single_sign_on),
    )
    yield site.blueprint(renderer=renderer, static_files=surface.static_files)
    yield remembered.blueprint(front, federation=parts.federation, choices=surface.choices)
    yield accessibility.blueprint(gateway=settings, renderer=renderer)
    teller = status.Teller(
        health=health, recent=logins.recent, federation=parts.federation, pages=settings.pages, clock=parts.clock
    )
    yield status.blueprint(teller=teller, renderer=renderer, clock=parts.clock, told=settings.pages.standings)
