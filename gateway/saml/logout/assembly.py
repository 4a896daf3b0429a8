"""Single Logout put together from what the gateway has."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint

from gateway.domain.clock import Clock
from gateway.domain.http import Http
from gateway.domain.randomness import Randomness
from gateway.federation.snapshot import Federation
from gateway.login.sso.logout import Logouts
from gateway.saml.addresses import Addresses
from gateway.saml.logout import endpoint
from gateway.saml.logout.messages import Sender
from gateway.saml.logout.services import SamlServiceSessions
from gateway.saml.logout.upstream import SamlUpstreamSessions
from gateway.storage.contracts import ShortLivedStore
from gateway.web import Browser, Respond
from gateway.xml.keys import SigningKey


@dataclass(frozen=True, slots=True)
class SamlLogout:
    """Both roles: towards services and towards identity providers."""

    federation: Federation
    addresses: Addresses
    key: SigningKey
    http: Http
    clock: Clock
    randomness: Randomness

    @property
    def services(self) -> SamlServiceSessions:
        """Ends sessions at services."""
        return SamlServiceSessions(sender=self._as_idp, http=self.http, clock=self.clock, randomness=self.randomness)

    @property
    def upstream(self) -> SamlUpstreamSessions:
        """Ends sessions at schools."""
        return SamlUpstreamSessions(sender=self._as_sp, clock=self.clock, randomness=self.randomness)

    def blueprint(
        self, *, logouts: Logouts, replay_marks: ShortLivedStore, skew: timedelta, respond: Respond, browser: Browser
    ) -> Blueprint:
        """The endpoints."""
        single_logout = endpoint.SingleLogout(
            federation=self.federation,
            addresses=self.addresses,
            logouts=logouts,
            towards_services=self._as_idp,
            towards_schools=self._as_sp,
            replay_marks=replay_marks,
            clock=self.clock,
            randomness=self.randomness,
            skew=skew,
        )
        return endpoint.blueprint(single_logout=single_logout, respond=respond, browser=browser)

    @property
    def _as_idp(self) -> Sender:
        return Sender(self.addresses.idp_entity_id, self.key)

    @property
    def _as_sp(self) -> Sender:
        return Sender(self.addresses.sp_entity_id, self.key)
