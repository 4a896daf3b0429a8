"""The parties of a logout, spoken to in their own protocols; all that can be told without the browser, at once."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

import structlog

from gateway.domain.http import HttpFailed
from gateway.domain.protocol import Protocol
from gateway.federation.models import IdentityProvider, IdpId, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.sso.parties import EndsServiceSessions, EndsUpstreamSessions, Kind
from gateway.login.sso.registry import Given, Visit
from gateway.login.steps import Ending, PostForm, Redirect

log = structlog.get_logger("sluis")

TELLING_SECONDS = 2.0
"""How long telling without the browser may take, whoever hangs."""


class Telling:
    """Whom there is to tell, and how."""

    def __init__(
        self,
        *,
        federation: Federation,
        services: Mapping[Protocol, EndsServiceSessions],
        identity_providers: Mapping[Protocol, EndsUpstreamSessions],
    ) -> None:
        self._federation = federation
        self._services = services
        self._identity_providers = identity_providers

    def party(self, kind: Kind, party: str) -> Service | IdentityProvider | None:
        """Who that is, if they still take part."""
        if kind is Kind.SERVICE:
            return self._federation.services.get(ServiceId(party))
        return self._federation.identity_providers.get(IdpId(party))

    def revoke(self, given: Mapping[ServiceId, Sequence[Given]]) -> None:
        """Take back what the gateway itself still honours."""
        for service, logins in given.items():
            ends = self._ends(service)
            for one in logins:
                ends.revoke(one)

    def tell(
        self,
        given: Mapping[ServiceId, Sequence[Given]],
        upstream: Sequence[Visit] = (),
    ) -> tuple[dict[ServiceId, Ending | None], set[str]]:
        """Tell all that can be told without the browser, at once; None for whom the browser must be sent to.

        And for which visits it can be sent to the school, which may have to be asked for its address.
        """
        calls: dict[tuple[Kind, str], Callable[[], bool]] = {}
        for one, logins in given.items():
            service = self._federation.services[one]
            if self._ends(one).can_tell(service):
                calls[Kind.SERVICE, one] = _telling(self._ends(one), service, logins)
        for visit in upstream:
            idp = self._federation.identity_providers.get(visit.idp)
            ends = self._identity_providers.get(idp.protocol) if idp is not None else None
            if ends is not None and idp is not None:
                calls[Kind.IDP, visit.id] = partial(ends.can_send, idp, visit)
        ended = _at_once(calls)
        endings = {
            one: Ending.ENDED if (Kind.SERVICE, one) in ended else self._untold(one, asked=(Kind.SERVICE, one) in calls)
            for one in given
        }
        return endings, {one for kind, one in ended if kind is Kind.IDP}

    def send_to_service(self, service: Service, given: Sequence[Given], request: str) -> Redirect | PostForm:
        """Send the browser there; `request` comes back with the answer."""
        return self._services[service.protocol].send(service, given, request)

    def send_to_school(self, idp: IdentityProvider, visit: Visit, request: str) -> Redirect | PostForm:
        """The same at a school, to end the session of that visit."""
        return self._identity_providers[idp.protocol].send(idp, visit, request)

    def frames(self, service: ServiceId, given: Sequence[Given]) -> tuple[str, ...]:
        """Addresses that end its sessions when the browser loads them in a frame."""
        return self._ends(service).frames(self._federation.services[service], given)

    def reply(self, party: Service | IdentityProvider, reply: str, *, complete: bool) -> Redirect | PostForm | None:
        """The answer to the party that asked for the logout; None where it named no place for one."""
        if isinstance(party, Service):
            return self._services[party.protocol].reply(party, reply, complete=complete)
        return self._identity_providers[party.protocol].reply(party, reply, complete=complete)

    def _untold(self, service: ServiceId, *, asked: bool) -> Ending | None:
        """Of a service that did not say yes: None where the browser can be sent there."""
        if self._ends(service).can_send(self._federation.services[service]):
            return None
        return Ending.NO_ANSWER if asked else Ending.IMPOSSIBLE

    def _ends(self, service: ServiceId) -> EndsServiceSessions:
        return self._services[self._federation.services[service].protocol]


def _telling(ends: EndsServiceSessions, service: Service, given: Sequence[Given]) -> Callable[[], bool]:
    def tell() -> bool:
        try:
            return ends.tell(service, given)
        except HttpFailed as cause:
            log.warning("logout_not_told", service=service.id, cause=str(cause))
            return False

    return tell


def _at_once(calls: Mapping[tuple[Kind, str], Callable[[], bool]]) -> set[tuple[Kind, str]]:
    """Those that said yes in time. Who is slower is left to finish, and counts as silent."""
    if not calls:
        return set()
    pool = ThreadPoolExecutor(max_workers=min(len(calls), 16))
    futures: dict[Future[bool], tuple[Kind, str]] = {pool.submit(call): one for one, call in calls.items()}
    done, _ = wait(futures, timeout=TELLING_SECONDS)
    pool.shutdown(wait=False)
    return {futures[one] for one in done if one.exception() is None and one.result()}
