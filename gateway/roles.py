"""Parts -> the roles towards services and identity providers, for the application and for commands. Only wiring."""

from flask import Blueprint

from gateway.domain.protocol import Protocol
from gateway.login.contracts import SessionCookie
from gateway.login.kept import KeptLogins
from gateway.login.sso.leaving import Leaving
from gateway.login.sso.logout import Logouts
from gateway.oidc.op.assembly import OpenIdProvider
from gateway.oidc.op.assertions import Assertions
from gateway.oidc.op.certificates import ClientCertificates
from gateway.oidc.op.client_keys import client_keys
from gateway.oidc.op.redelivery import LogoutCourier, Redelivery
from gateway.oidc.op.signing import Signer
from gateway.oidc.op.succession_notices import SuccessionCourier
from gateway.oidc.rp.wiring import RelyingPartyRole, relying_party
from gateway.oidc.vault_api.access import Access
from gateway.oidc.vault_api.endpoint import TOKEN_PATH, blueprint
from gateway.oidc.vault_api.entries import Entries
from gateway.parts import Parts, eck_id_segments, known_as_of, registry_of, releases_of, successions_outbox_of, vault_of
from gateway.saml.logout.assembly import SamlLogout
from gateway.settings.client_certificates import authorities
from gateway.settings.loader import Settings
from gateway.storage.outbox import SqlOutbox


def logouts_of(
    parts: Parts, *, cookie: SessionCookie, saml: SamlLogout, openid: OpenIdProvider | None, relying: RelyingPartyRole
) -> Logouts:
    """The logout over both protocols."""
    return Logouts(
        federation=parts.federation,
        registry=registry_of(parts),
        leaving=Leaving(store=parts.store, randomness=parts.randomness),
        services={
            Protocol.SAML: saml.services,
            **({Protocol.OIDC: openid.sessions(parts.http, outbox_of(parts))} if openid else {}),
        },
        identity_providers={Protocol.SAML: saml.upstream, Protocol.OIDC: relying.ends},
        cookie=cookie,
        clock=parts.clock,
        randomness=parts.randomness,
        metrics=parts.metrics,
    )


def redelivery_of(parts: Parts) -> Redelivery | None:
    """What tells clients again that did not hear of a logout; None where there can be no client."""
    kept = KeptLogins(store=parts.store, federation=parts.federation, releases=releases_of(parts), clock=parts.clock)
    openid, outbox = openid_provider_of(parts, kept), outbox_of(parts)
    if openid is None:
        return None
    clients = openid.sessions(parts.http, outbox)
    return Redelivery(outbox=outbox, federation=parts.federation, courier=LogoutCourier(clients, parts.metrics))


def notices_of(parts: Parts) -> Redelivery | None:
    """What tells services of identifiers that changed; None without a key that signs."""
    if not parts.keys.oidc_signing:
        return None
    courier = SuccessionCourier(
        issuer=parts.settings.gateway.base_url,
        signer=Signer(parts.keys.oidc_signing),
        http=parts.http,
        known=known_as_of(parts.engine, parts.keys, parts.randomness),
        metrics=parts.metrics,
        clock=parts.clock,
        randomness=parts.randomness,
    )
    return Redelivery(outbox=successions_outbox_of(parts), federation=parts.federation, courier=courier)


def outbox_of(parts: Parts) -> SqlOutbox:
    """What services are still to be told."""
    return SqlOutbox(parts.engine, keys=parts.keys.sealing.all, clock=parts.clock, randomness=parts.randomness)


def saml_logout_of(parts: Parts) -> SamlLogout:
    """Single logout of SAML, towards services and schools."""
    return SamlLogout(
        federation=parts.federation,
        addresses=parts.addresses,
        key=parts.keys.saml_signing.active,
        http=parts.http,
        clock=parts.clock,
        randomness=parts.randomness,
    )


def openid_provider_of(parts: Parts, kept: KeptLogins) -> OpenIdProvider | None:
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


def vault_api_of(parts: Parts) -> Blueprint | None:
    """What administrations provision the vault by; None where there is none."""
    if not any(school.administrations for school in parts.federation.schools.values()):
        return None
    access, entries = vault_api_parts(parts)
    return blueprint(access=access, entries=entries, base_url=parts.settings.gateway.base_url)


def vault_api_parts(parts: Parts) -> tuple[Access, Entries]:
    """Who may call, and what they may do."""
    found = {one.id: one for school in parts.federation.schools.values() for one in school.administrations}
    base, settings = parts.settings.gateway.base_url, parts.settings
    certificates = _client_certificates(settings)
    bases = {base} | ({certificates.base_url} if certificates and certificates.base_url else set())
    access = Access(
        administrations=found,
        assertions=Assertions(
            keys={name: client_keys(one.jwks) for name, one in found.items() if one.jwks is not None},
            issuer=base,
            audiences=frozenset(f"{one}{TOKEN_PATH}" for one in bases),
            store=parts.store,
            clock=parts.clock,
            skew=int(settings.gateway.lifetimes.clock_skew.total_seconds()),
        ),
        certificates=certificates,
        store=parts.store,
        clock=parts.clock,
        randomness=parts.randomness,
    )
    entries = Entries(
        vault=vault_of(parts.engine, parts.keys, parts.randomness),
        federation=parts.federation,
        segments=eck_id_segments(settings),
        account_key=parts.keys.pseudonyms.first,
        clock=parts.clock,
    )
    return access, entries


def _client_certificates(settings: Settings) -> ClientCertificates | None:
    entry = settings.gateway.client_certificates
    return ClientCertificates(authorities(settings), entry.base_url) if entry else None


def relying_party_of(parts: Parts) -> RelyingPartyRole:
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
