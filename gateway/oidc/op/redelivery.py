"""Logout tokens that a client did not take: told again, later and later, until it takes them or time is up.

It runs beside the requests. What is kept is whose login ended; each try makes a token of its own.
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


class Redelivery:
    """Delivers what waits in the outbox."""

    def __init__(self, *, outbox: Outbox, federation: Federation, clients: TellsClients, metrics: Metrics) -> None:
        self._outbox = outbox
        self._federation = federation
        self._clients = clients
        self._metrics = metrics

    def run(self) -> None:
        """Try once all whose time has come, several clients at a time. Raises SluisError STORE_UNAVAILABLE."""
        letters = sorted(self._outbox.take(most=_AT_ONCE), key=attrgetter("service"))
        by_client = [(one, tuple(found)) for one, found in groupby(letters, key=attrgetter("service"))]
        if by_client:
            with ThreadPoolExecutor(max_workers=min(len(by_client), _CLIENTS_AT_ONCE)) as pool:
                list(pool.map(lambda one: self._deliver(ServiceId(one[0]), one[1]), by_client))

    def _deliver(self, client: ServiceId, letters: tuple[Letter, ...]) -> None:
        """One client's letters; none is tried after the first that fails: a silent client costs little."""
        service = self._federation.services.get(client)
        reached = True
        for letter in letters:
            if service is None or not self._clients.can_tell(service):
                self._outbox.done(letter)
                continue
            reached = reached and self._told(service, letter)
            if reached:
                self._outbox.done(letter)
                self._metrics.logout_token(service=client, outcome="delivered")
            elif letter.tries < len(DELAYS):
                self._outbox.postpone(letter, seconds=DELAYS[letter.tries])
            else:
                self._outbox.done(letter)
                log.warning("logout_given_up", service=client, count=letter.tries + 1)
                self._metrics.logout_token(service=client, outcome="given_up")

    def _told(self, service: Service, letter: Letter) -> bool:
        session, name = json.loads(letter.content)
        try:
            return self._clients.deliver(service, Given(service.id, session, name))
        except HttpFailed as cause:
            log.warning("logout_not_told", service=service.id, cause=str(cause), count=letter.tries + 1)
            return False


def kept_in(outbox: Outbox, service: Service, given: Sequence[Given]) -> Iterator[tuple[Given, Letter | None]]:
    """Each login with its letter, or with None where none could be kept: then there is no second try."""
    letters: tuple[Letter, ...] = ()
    try:
        letters = outbox.keep(service.id, [letter_of(one) for one in given])
    except SluisError as error:
        log.warning("logout_not_kept", service=service.id, code=error.code)
    return zip_longest(given, letters)
