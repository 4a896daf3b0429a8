"""The login: the dispatcher, and all that it is handed."""

from dataclasses import dataclass

from gateway.domain.protocol import Protocol
from gateway.login.consenting import Consenting
from gateway.login.contracts import TowardsIdentityProviders, TowardsServices
from gateway.login.dispatch import Dispatcher
from gateway.login.errands import AllErrands
from gateway.login.hints import Hints
from gateway.login.kept import KeptLogins
from gateway.login.limits import Limits
from gateway.login.loops import LoopBrake
from gateway.login.recent import Counted, Recent
from gateway.login.sso.logout import Logouts
from gateway.login.sso.sign_on import SingleSignOn
from gateway.login.transactions import Transactions
from gateway.oidc.op.assembly import OpenIdProvider
from gateway.oidc.rp.wiring import RelyingPartyRole
from gateway.parts import Parts, links_of, releases_of
from gateway.roles import logouts_of, openid_provider_of, relying_party_of, saml_logout_of
from gateway.saml.idp.response import IdentityProviderRole
from gateway.saml.logout.assembly import SamlLogout
from gateway.saml.sp.request import ServiceProvider
from gateway.storage.consents import SqlConsents
from gateway.storage.own_releases import OwnReleases
from gateway.wiring.surface import Surface


@dataclass(frozen=True, slots=True)
class Logins:
    """What logs people in, and out. `provider` is None without a key for tokens."""

    dispatcher: Dispatcher
    consenting: Consenting
    errands: AllErrands
    sign_on: SingleSignOn
    logouts: Logouts
    saml_logout: SamlLogout
    provider: OpenIdProvider | None
    relying: RelyingPartyRole
    recent: Recent
    limits: Limits


def logins_of(parts: Parts, surface: Surface) -> Logins:
    """All of it; what it counts of logins, the metrics tell from now on."""
    releases = releases_of(parts)
    kept = KeptLogins(store=parts.store, federation=parts.federation, releases=releases, clock=parts.clock)
    provider, relying, saml_logout = openid_provider_of(parts, kept), relying_party_of(parts), saml_logout_of(parts)
    logouts = logouts_of(parts, cookie=surface.session_cookie, saml=saml_logout, openid=provider, relying=relying)
    sign_on = SingleSignOn(
        store=parts.store,
        registry=logouts.registry,
        cookie=surface.session_cookie,
        federation=parts.federation,
        clock=parts.clock,
        randomness=parts.randomness,
        replaced=logouts.end_replaced,
    )
    settings = parts.settings.gateway
    limits = Limits(settings.limits, store=parts.store, clock=parts.clock, metrics=parts.metrics)
    recent = Recent(store=parts.store, clock=parts.clock)
    parts.metrics.logins_told.append(recent.login)
    seconds = int(settings.lifetimes.transaction.total_seconds())
    transactions = Transactions(store=parts.store, clock=parts.clock, randomness=parts.randomness, seconds=seconds)
    asks = _identity_providers(parts, relying, recent)
    errands = AllErrands(
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
        seconds=seconds,
    )
    consenting = Consenting(
        federation=parts.federation,
        releases=releases,
        store=parts.store,
        registry=logouts.registry,
        clock=parts.clock,
        randomness=parts.randomness,
        seconds=seconds,
    )
    dispatcher = Dispatcher(
        federation=parts.federation,
        transactions=transactions,
        identity_providers=asks,
        errands=errands,
        consenting=consenting,
        limits=limits,
        services=_services(parts, provider),
        releases=releases,
        kept=kept,
        sign_on=sign_on,
        brake=LoopBrake(store=parts.store, randomness=parts.randomness, metrics=parts.metrics),
        clock=parts.clock,
        randomness=parts.randomness,
        metrics=parts.metrics,
        hints=Hints(parts.federation, parts.clock, surface.notified, surface.hinted, surface.choices),
    )
    return Logins(
        dispatcher=dispatcher,
        consenting=consenting,
        errands=errands,
        sign_on=sign_on,
        logouts=logouts,
        saml_logout=saml_logout,
        provider=provider,
        relying=relying,
        recent=recent,
        limits=limits,
    )


def _identity_providers(
    parts: Parts, relying: RelyingPartyRole, recent: Recent
) -> dict[Protocol, TowardsIdentityProviders]:
    key = parts.keys.saml_signing.active
    return {
        Protocol.SAML: Counted(ServiceProvider(addresses=parts.addresses, key=key, clock=parts.clock), recent),
        Protocol.OIDC: Counted(relying.asks, recent),
    }


def _services(parts: Parts, provider: OpenIdProvider | None) -> dict[Protocol, TowardsServices]:
    services: dict[Protocol, TowardsServices] = {
        Protocol.SAML: IdentityProviderRole(
            entity_id=parts.addresses.idp_entity_id,
            key=parts.keys.saml_signing.active,
            session=parts.settings.gateway.lifetimes.session,
            clock=parts.clock,
            randomness=parts.randomness,
        )
    }
    if provider is not None:
        services[Protocol.OIDC] = provider.role
    return services
