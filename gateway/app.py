"""The composition root: parts -> Flask app. Only wiring."""

from functools import partial

from flask import Flask

from gateway.domain.clock import dutch_day
from gateway.federation.certificate_ends import CertificateEnds
from gateway.federation.ending import agreement_counts, agreement_warnings
from gateway.federation.metadata.alarms import fetch_warnings, source_standings
from gateway.federation.published_keys import key_warnings
from gateway.login.limits import Limits
from gateway.observability import reference
from gateway.observability.health import Health
from gateway.oidc.op.addresses import AUTHORIZATION_PATH, PUSHED_PATH
from gateway.pages import busy, site
from gateway.parts import Parts
from gateway.saml.addresses import SINGLE_SIGN_ON_PATH
from gateway.saml.schemas import schema
from gateway.storage.migrate import check
from gateway.web import headers, jar, measured
from gateway.web.answers import AnswersLeft
from gateway.web.application import Application
from gateway.web.proxies import TrustedProxies
from gateway.web.waiting import Patience
from gateway.wiring.blueprints import blueprints_of
from gateway.wiring.logins import logins_of
from gateway.wiring.surface import Surface, surface_of

_STARTS = frozenset({SINGLE_SIGN_ON_PATH, AUTHORIZATION_PATH, PUSHED_PATH})
"""Where logins begin."""

_MOST_BYTES = 16 * 1024
"""Of a body, where a route does not say that it reads more."""


def create_app(parts: Parts) -> Flask:
    """The gateway as a WSGI application."""
    app = Application("gateway", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = _MOST_BYTES
    app.config["MAX_FORM_PARTS"] = 50
    app.before_request(lambda: reference.bind(reference.new(parts.randomness)))
    surface = surface_of(parts)
    logins = logins_of(parts, surface)
    _install(app, parts, surface, logins.limits)
    schema()
    for blueprint in blueprints_of(parts, surface, logins, _health(parts)):
        app.register_blueprint(blueprint)
    settings = parts.settings.gateway
    app.wsgi_app = AnswersLeft(app.wsgi_app, parts.ledger.answers)  # type: ignore[method-assign]
    certificates = settings.client_certificates
    app.wsgi_app = TrustedProxies(  # type: ignore[method-assign]
        app.wsgi_app, settings.trusted_proxies, certificate_header=certificates.header if certificates else None
    )
    return app


def _install(app: Application, parts: Parts, surface: Surface, limits: Limits) -> None:
    """What stands around every request, outermost first."""
    settings = parts.settings.gateway
    headers.install(app, https=parts.https)
    jar.install(app)
    site.install_errors(app, respond=surface.front.respond, services=parts.federation.services)
    measured.install(app, parts.metrics.durations)
    busy.install(
        app,
        patience=Patience(_STARTS, settings.busy.start_waits, settings.busy.other_waits),
        limits=limits,
        renderer=surface.renderer,
        metrics=parts.metrics,
        randomness=parts.randomness,
    )


def _health(parts: Parts) -> Health:
    parts.metrics.watch_agreements(lambda: agreement_counts(parts.federation, dutch_day(parts.clock.now())))
    ends = CertificateEnds(parts.keys.certificates, parts.federation, parts.clock)
    parts.metrics.watch_certificates(ends.counts)
    parts.metrics.stood_on.watch_sources(lambda: source_standings(parts.settings, parts.clock.now()))
    return Health(
        {"short_lived": parts.store.ping, "lasting": partial(_check_lasting, parts)},
        [
            parts.standing.warnings,
            agreement_warnings(parts.federation, parts.clock),
            ends.warnings,
            partial(fetch_warnings, parts.settings),
            partial(key_warnings, parts.settings),
        ],
    )


def _check_lasting(parts: Parts) -> None:
    """What can be read but not written lets no login end."""
    check(parts.engine)
    parts.ledger.check()
