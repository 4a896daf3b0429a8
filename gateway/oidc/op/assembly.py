"""The provider put together from what the gateway has."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint
from joserfc.jwk import KeySet

from gateway.domain.clock import Clock
from gateway.domain.http import Http
from gateway.domain.key_ring import Ring
from gateway.domain.language import Language
from gateway.domain.randomness import Randomness
from gateway.federation.models import ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.dispatch import Dispatcher
from gateway.login.kept import KeptLogins
from gateway.login.sso.logout import Logouts
from gateway.oidc.op import client_endpoint, endpoint, logout_endpoint
from gateway.oidc.op.addresses import Addresses
from gateway.oidc.op.assertions import Assertions
from gateway.oidc.op.authorize import Authorization
from gateway.oidc.op.certificates import ClientCertificates
from gateway.oidc.op.client_authentication import Clients
from gateway.oidc.op.client_keys import client_keys
from gateway.oidc.op.discovery import document
from gateway.oidc.op.end_session import EndSession
from gateway.oidc.op.grants import Grants
from gateway.oidc.op.logout_tokens import OidcServiceSessions
from gateway.oidc.op.nonces import Nonces
from gateway.oidc.op.par import PushedAuthorization
from gateway.oidc.op.proofs import Proofs
from gateway.oidc.op.protected import TokenStatus, UserInfo
from gateway.oidc.op.provider import OpenIdProviderRole
from gateway.oidc.op.pushed import PushedRequests
from gateway.oidc.op.redelivery import Outbox
from gateway.oidc.op.request_objects import RequestObjects
from gateway.oidc.op.senders import Senders
from gateway.oidc.op.signing import Signer
from gateway.oidc.op.token import TokenEndpoint
from gateway.settings.private_keys import TokenKey
from gateway.storage.contracts import ShortLivedStore
from gateway.web import Browser, Respond


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """One provider. Its clients' keys have been checked when the configuration was (`gateway.oidc.op.checks`)."""

    addresses: Addresses
    federation: Federation
    signer: Signer
    grants: Grants
    store: ShortLivedStore
    kept: KeptLogins
    clock: Clock
    randomness: Randomness
    skew: timedelta
    languages: Sequence[Language]
    documentation: bool
    certificates: ClientCertificates | None = None

    @classmethod
    def of(
        cls,
        *,
        issuer: str,
        federation: Federation,
        rings: Mapping[str, Ring[TokenKey]],
        store: ShortLivedStore,
        kept: KeptLogins,
        clock: Clock,
        randomness: Randomness,
        access: timedelta,
        refresh: timedelta,
        skew: timedelta,
        languages: Sequence[Language],
        documentation: bool = False,
        certificates: ClientCertificates | None = None,
    ) -> "OpenIdProvider":
        """`access` is how long an access token lives, `refresh` how long after a login tokens may be renewed.

        `documentation`: there is a page for developers.
        """
        grants = Grants(
            store=store,
            clock=clock,
            randomness=randomness,
            access_seconds=int(access.total_seconds()),
            refresh_seconds=int(refresh.total_seconds()),
        )
        return cls(
            Addresses(issuer),
            federation,
            Signer(rings),
            grants,
            store,
            kept,
            clock,
            randomness,
            skew,
            tuple(languages),
            documentation,
            certificates,
        )

    @property
    def role(self) -> OpenIdProviderRole:
        """The side towards services, for the dispatcher."""
        return OpenIdProviderRole(issuer=self.addresses.issuer, grants=self.grants)

    def configuration(self) -> dict[str, Any]:
        """The discovery document."""
        return document(
            self.addresses,
            self.signer,
            self.federation,
            tuple(self.languages),
            documentation=self.documentation,
            certificates=self.certificates,
        )

    def sessions(self, http: Http, outbox: Outbox) -> OidcServiceSessions:
        """How the sessions of clients are ended."""
        return OidcServiceSessions(
            issuer=self.addresses.issuer,
            signer=self.signer,
            grants=self.grants,
            kept=self.kept,
            http=http,
            outbox=outbox,
            clock=self.clock,
            randomness=self.randomness,
        )

    def blueprints(
        self,
        *,
        admit: Callable[[ServiceId], None],
        dispatcher: Dispatcher,
        logouts: Logouts,
        respond: Respond,
        browser: Browser,
    ) -> tuple[Blueprint, ...]:
        """Every endpoint. `admit` counts the logins that begin at a service, and raises Busy when they are too many."""
        issuer = self.addresses.issuer
        keys = self._client_keys()
        clients, senders = self._clients(keys), self._senders()
        pushed = PushedRequests(store=self.store, randomness=self.randomness)
        objects = self._objects(keys)
        authorization = Authorization(self.federation, issuer, self.signer, self.clock, pushed, objects, admit)
        return (
            endpoint.blueprint(
                authorization=authorization,
                dispatcher=dispatcher,
                respond=respond,
                browser=browser,
            ),
            logout_endpoint.blueprint(
                end_session=EndSession(
                    issuer=issuer,
                    federation=self.federation,
                    signer=self.signer,
                    grants=self.grants,
                    kept=self.kept,
                    logouts=logouts,
                    store=self.store,
                    randomness=self.randomness,
                ),
                respond=respond,
                browser=browser,
            ),
            client_endpoint.blueprint(
                pushed=PushedAuthorization(clients, authorization, pushed, senders),
                token=TokenEndpoint(issuer, clients, self.grants, self.kept, self.signer, senders),
                userinfo=UserInfo(issuer, self.federation, self.grants, self.kept, self.signer, senders),
                status=TokenStatus(issuer, clients, self.grants, self.kept),
                configuration=self.configuration(),
                jwks=self.signer.jwks(),
            ),
        )

    @property
    def _bases(self) -> tuple[str, ...]:
        """The addresses under which clients reach the provider."""
        own = self.addresses.issuer
        alias = self.certificates.base_url if self.certificates is not None else None
        return (own,) if alias is None else (own, alias)

    def _client_keys(self) -> dict[str, KeySet]:
        """A copy of published keys that cannot be used, which `sluis check` tells, is as good as none."""
        found: dict[str, KeySet] = {}
        for service in self.federation.service_by_client_id.values():
            if service.oidc.jwks is not None:
                with suppress(ValueError) if service.oidc.jwks_uri else nullcontext():
                    found[service.oidc.client_id] = client_keys(service.oidc.jwks)
        return found

    def _objects(self, keys: Mapping[str, KeySet]) -> RequestObjects:
        skew = int(self.skew.total_seconds())
        return RequestObjects(keys=keys, issuer=self.addresses.issuer, clock=self.clock, skew=skew)

    def _clients(self, keys: Mapping[str, KeySet]) -> Clients:
        assertions = Assertions(
            keys=keys,
            issuer=self.addresses.issuer,
            audiences=frozenset(Addresses(base).token for base in self._bases),
            store=self.store,
            clock=self.clock,
            skew=int(self.skew.total_seconds()),
        )
        return Clients(self.federation, assertions, self.certificates, self.clock)

    def _senders(self) -> Senders:
        return Senders(
            Proofs(
                bases=self._bases,
                nonces=Nonces(store=self.store, clock=self.clock, randomness=self.randomness),
                store=self.store,
                clock=self.clock,
                skew=int(self.skew.total_seconds()),
            )
        )
