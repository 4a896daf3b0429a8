"""How many may come in a minute: from one address, to one service, to one identity provider."""

import ipaddress
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol

import structlog

from gateway.domain.clock import Clock
from gateway.federation.models import IdpId, ServiceId
from gateway.login.steps import Question
from gateway.settings.models.limits import Limits as Settings
from gateway.storage.contracts import ShortLivedStore
from gateway.storage.tally import Tally

log = structlog.get_logger("sluis")

CLIENT, SERVICE, IDENTITY_PROVIDER = "client", "service", "identity_provider"
_OF_ONE_CUSTOMER = 64
"""Bits of an IPv6 address that one connection to the internet has for itself (RFC 6177)."""


class Busy(Exception):
    """Too many came: whoever this one is comes back, and goes on where they were.

    `seconds` from now there is room again. `again` is where to come back to, where it is not the same request.
    """

    def __init__(self, limit: str, party: str, seconds: int) -> None:
        super().__init__(limit, party)
        self.limit = limit
        self.party = party
        self.seconds = seconds
        self.again: Question | None = None


class LimitMetrics(Protocol):
    """Where is counted who was asked to come back, and what could not be shared with other workers."""

    def limits_alone(self) -> None:
        """The store did not answer."""
        ...


class Limits:
    """Counts, and raises Busy for what is too much."""

    def __init__(self, settings: Settings, *, store: ShortLivedStore, clock: Clock, metrics: LimitMetrics) -> None:
        def tally(kind: str, most: Callable[[str], int | None], *, named: bool = True) -> Tally:
            def over(name: str) -> None:
                log.warning("limit_reached", limit=kind, **({kind: name} if named else {}))

            return Tally(kind, most=most, store=store, clock=clock, alone=metrics.limits_alone, over=over)

        # An address is a person's, or says where many are: it is in no log.
        self._clients = tally(CLIENT, lambda _: settings.client, named=False)
        self._services = tally(SERVICE, lambda name: settings.services.get(name, settings.service))
        self._idps = tally(
            IDENTITY_PROVIDER, lambda name: settings.identity_providers.get(name, settings.identity_provider)
        )
        self._group = _groups(settings.unlimited)

    def check_client(self, address: str) -> None:
        """One more request from this address. Raises Busy."""
        group = self._group(address)
        if group and (seconds := self._clients.one_more(group)):
            raise Busy(CLIENT, "", seconds)

    def check_machine(self, address: str) -> None:
        """A request from there that counts only when it is refused. Raises Busy when too many were."""
        group = self._group(address)
        if group and (seconds := self._clients.look(group)):
            raise Busy(CLIENT, "", seconds)

    def refused(self, address: str) -> None:
        """A machine at this address asked what it was refused."""
        if group := self._group(address):
            self._clients.one_more(group)

    def check_service(self, service: ServiceId) -> None:
        """One more login that begins at this service. Raises Busy."""
        if seconds := self._services.one_more(service):
            raise Busy(SERVICE, service, seconds)

    def check_identity_provider(self, idp: IdpId) -> None:
        """One more person who is sent there. Raises Busy."""
        if seconds := self._idps.one_more(idp):
            raise Busy(IDENTITY_PROVIDER, idp, seconds)


def _groups(unlimited: Sequence[IPv4Network | IPv6Network]) -> Callable[[str], str]:
    """From an address to what is counted together with it; empty for what is not counted."""

    @lru_cache(maxsize=4096)
    def group(text: str) -> str:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return ""
        if any(address in network for network in unlimited):
            return ""
        return text if address.version == 4 else str(ipaddress.ip_network((address, _OF_ONE_CUSTOMER), strict=False))

    return group
