"""The whole demo federation on free ports, in this process, with the clock in the test's hand.

The gateway is two replicas that take turns, request by request.
"""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text

from gateway.app import create_app
from gateway.demo.eck_ids import provision
from gateway.demo.federation import DemoFederation, address, write_federation
from gateway.demo.people import CLIENTS, GATEWAY_HOST, SERVICES
from gateway.demo.servers import is_free, parties, serving
from gateway.domain.clock import Clock, SystemClock
from gateway.domain.randomness import SystemRandomness
from gateway.observability import log
from gateway.parts import Parts, assemble
from gateway.settings.loader import load
from gateway.storage.contracts import ShortLivedStore
from gateway.storage.ledger_answers import ANSWERED
from tests.support.browser_like import Jar, Tab
from tests.support.held import HeldClock


@dataclass(frozen=True)
class Demo:
    """Where everybody is, and what they share."""

    federation: DemoFederation
    clock: HeldClock
    app: Flask
    replicas: tuple[Parts, ...]

    @property
    def gateway(self) -> str:
        return self.federation.base_url

    def service(self, name: str) -> str:
        host = next(service.host for service in (*SERVICES, *CLIENTS) if service.id == name)
        return address(host, self.federation.port)

    def tab(self, jar: Jar | None = None, language: str = "nl") -> Tab:
        return Tab(jar or Jar(), language)

    def to_school(self, tab: Tab, service: str, school: str) -> Tab:
        """From the service to the school's own page; also to one that the page does not offer."""
        tab.open(self.service(service) + "/").follow("Log in")
        return self.choose(tab, school)

    def choose(self, tab: Tab, school: str) -> Tab:
        """On the discovery page; a school that it does not offer is sent as by somebody who kept an older page."""
        if school in tab.text:
            return tab.press(school)
        schools = self.replicas[0].federation.schools.values()
        return tab.send(tab.url, school=next(str(one.brin) for one in schools if school in one.names.values()))

    def log_in(self, tab: Tab, service: str, school: str, person: str) -> Tab:
        """From the service to whatever page the gateway ends at."""
        self.to_school(tab, service, school)
        # A school without an agreement is refused before anybody logs in there.
        return tab if tab.status == 403 else tab.press(person).press("Continue")

    def forget_session(self, jar: Jar) -> None:
        """The browser loses the gateway's session, and is known at the school still."""
        jar.of(self.gateway).pop("sluis-session", None)

    def store(self) -> ShortLivedStore:
        """The short-lived store as the gateway itself opens it."""
        return self.replicas[0].store

    def ledger_rows(self) -> int:
        """Those of decisions: that answers have left is written down of itself, at any time."""
        with self.replicas[0].engine.connect() as connection:
            found = connection.execute(text("SELECT count(*) FROM ledger WHERE outcome <> :other"), {"other": ANSWERED})
            return int(found.scalar_one())

    def metric(self, name: str, **labels: str) -> float:
        """A counter, of all replicas together."""
        wanted = {f'{label}="{value}"' for label, value in labels.items()}
        return sum(
            float(line.rpartition(" ")[2])
            for parts in self.replicas
            for line in parts.metrics.render().decode().splitlines()
            if line.startswith(f"{name}{{") and all(one in line for one in wanted)
        )

    def log_lines(self) -> str:
        return (self.federation.directory / "var" / "sluis.log").read_text("utf-8")


@contextmanager
def running_demo(
    directory: Path,
    add: Callable[[DemoFederation], None] = lambda _: None,
    seen_by_parties: Callable[[Clock], Clock] = lambda clock: clock,
    made: Callable[[Flask, Parts], object] = lambda _app, _parts: None,
) -> Iterator[Demo]:
    """Everybody, until the context ends; `add` puts more entries into the configuration.

    `seen_by_parties` is the time that schools and services go by. `made` gets each replica before it is asked anything.
    """
    clock, randomness = HeldClock(SystemClock().now()), SystemRandomness()
    federation = write_federation(directory / "demo", port=free_port(), user_held=True)
    add(federation)
    settings = load(federation.directory)
    log.configure(file=federation.directory / "var" / "sluis.log", level="info")
    replicas = [assemble(settings, clock=clock, randomness=randomness) for _ in range(2)]
    provision(federation.directory)
    app, other = (create_app(parts) for parts in replicas)
    made(app, replicas[0])
    made(other, replicas[1])
    app.wsgi_app = _InTurn(app.wsgi_app, other.wsgi_app)  # type: ignore[method-assign]
    with (
        parties(federation, clock=seen_by_parties(clock), randomness=randomness),
        serving(app, GATEWAY_HOST, federation.port),
    ):
        yield Demo(federation, clock, app, tuple(replicas))
    for parts in replicas:
        parts.engine.dispose()
    log.close()


class _InTurn:
    """Every request goes to another replica than the one before: no login may notice (law 8)."""

    def __init__(self, *replicas: Callable[..., Iterable[bytes]]) -> None:
        self._replicas = itertools.cycle(replicas)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return next(self._replicas)(environ, start_response)


_PORTS = range(10_000, 32_000)
"""None that the system gives to whoever connects: it stays free until it is used, which takes a while."""


def free_port() -> int:
    """Free at every address of the demo; each process begins to look somewhere else."""
    for port in random.sample(_PORTS, 50):
        if is_free(port):
            return port
    raise AssertionError("no port is free at every address")
