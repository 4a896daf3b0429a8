"""What a service did not take: told again, later and later, until it takes it or time is up.

It runs beside the requests. Of a logout is kept whose login ended; each try makes a token of its own.
"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, zip_longest
from operator import attrgetter
from typing import Protocol

import structlog

from gateway.domain.errors import SluisError
from gateway.domain.http import HttpFailed
from gateway.federation.models import Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.sso.registry import Given
from gateway.observability.metrics import Metrics
from gateway.storage.outbox import Letter

log = structlog.get_logger("sluis")

DELAYS = (10, 30, 90, 300, 900, 2700, 7200)
"""Seconds until the next try; after the last one, some three hours after the logout, the client is given up."""
_AT_ONCE = 64
_CLIENTS_AT_ONCE = 8


class Outbox(Protocol):
    """Keeps letters until they are done; `gateway.storage.outbox` says what each call promises."""

    def keep(self, service: str, contents: Sequence[bytes]) -> tuple[Letter, ...]:
        """Keep letters, which whoever keeps them tries first."""
        ...

    def take(self, *, most: int) -> tuple[Letter, ...]:
        """Letters whose time has come."""
        ...

    def done(self, letter: Letter) -> None:
        """It was delivered, or given up."""
        ...

    def postpone(self, letter: Letter, *, seconds: int) -> None:
        """Try it again."""
        ...


class TellsClients(Protocol):
    """What makes a logout token and sends it."""

    def can_tell(self, service: Service) -> bool:
        """Whether the client has an address for it."""
        ...

    def deliver(self, service: Service, given: Given) -> bool:
        """Send a token; whether the client took it. Raises HttpFailed."""
        ...


def letter_of(given: Given) -> bytes:
    """What is kept of a login that ended."""
    return json.dumps((given.session, given.name)).encode()


class Courier(Protocol):
    """Brings letters of one kind."""

    def can_tell(self, service: Service) -> bool:
        """Whether the service has an address for it."""
        ...

    def deliver(self, service: Service, letter: Letter) -> bool:
        """Send it; whether the service took it. Raises HttpFailed."""
        ...

    def next_try(self, letter: Letter) -> int | None:
        """Seconds until the next try of one that was not taken; None: it is given up."""
        ...

    def failed(self, service: Service, letter: Letter, cause: str) -> None:
        """Nobody was there to take it."""
        ...

    def ended(self, service: Service, letter: Letter, *, delivered: bool) -> None:
        """It was delivered, or given up. Raises SluisError, and it is tried again."""
        ...


class LogoutCourier:
    """Brings logout tokens."""

    def __init__(self, clients: TellsClients, metrics: Metrics) -> None:
        self._clients = clients
        self._metrics = metrics

    def can_tell(self, service: Service) -> bool:
        return self._clients.can_tell(service)

    def deliver(self, service: Service, letter: Letter) -> bool:
        session, name, *_ = json.loads(letter.content)
        return self._clients.deliver(service, Given(service.id, session, name))

    def next_try(self, letter: Letter) -> int | None:
        return DELAYS[letter.tries] if letter.tries < len(DELAYS) else None

    def failed(self, service: Service, letter: Letter, cause: str) -> None:
        log.warning("logout_not_told", service=service.id, cause=cause, count=letter.tries + 1)

    def ended(self, service: Service, letter: Letter, *, delivered: bool) -> None:
        if not delivered:
            log.warning("logout_given_up", service=service.id, count=letter.tries + 1)
        self._metrics.logout_token(service=service.id, outcome="delivered" if delivered else "given_up")


class Redelivery:
    """Delivers what waits in an outbox."""

    def __init__(self, *, outbox: Outbox, federation: Federation, courier: Courier) -> None:
        self._outbox = outbox
        self._federation = federation
        self._courier = courier

    def run(self) -> None:
        """Try once all whose time has come, several services at a time. Raises SluisError STORE_UNAVAILABLE."""
        letters = sorted(self._outbox.take(most=_AT_ONCE), key=attrgetter("service"))
        by_service = [(one, tuple(found)) for one, found in groupby(letters, key=attrgetter("service"))]
        if by_service:
            with ThreadPoolExecutor(max_workers=min(len(by_service), _CLIENTS_AT_ONCE)) as pool:
                list(pool.map(lambda one: self._deliver(ServiceId(one[0]), one[1]), by_service))

    def _deliver(self, to: ServiceId, letters: tuple[Letter, ...]) -> None:
        """One service's letters; none is tried after the first that fails: a silent service costs little."""
        service = self._federation.services.get(to)
        reached = True
        for letter in letters:
            if service is None or not self._courier.can_tell(service):
                self._outbox.done(letter)
                continue
            reached = reached and self._told(service, letter)
            seconds = None if reached else self._courier.next_try(letter)
            if seconds is not None:
                self._outbox.postpone(letter, seconds=seconds)
                continue
            self._courier.ended(service, letter, delivered=reached)
            self._outbox.done(letter)

    def _told(self, service: Service, letter: Letter) -> bool:
        try:
            return self._courier.deliver(service, letter)
        except HttpFailed as cause:
            self._courier.failed(service, letter, str(cause))
            return False


def kept_in(outbox: Outbox, service: Service, given: Sequence[Given]) -> Iterator[tuple[Given, Letter | None]]:
    """Each login with its letter, or with None where none could be kept: then there is no second try."""
    letters: tuple[Letter, ...] = ()
    try:
        letters = outbox.keep(service.id, [letter_of(one) for one in given])
    except SluisError as error:
        log.warning("logout_not_kept", service=service.id, code=error.code)
    return zip_longest(given, letters)
