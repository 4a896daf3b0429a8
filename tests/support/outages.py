"""A gateway in this process on a real Redis and a real PostgreSQL, which a test stops while people log in."""

import itertools
import re
import shutil
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from lxml import etree

from gateway.app import create_app
from gateway.cli.init import write_configuration
from gateway.domain.clock import Clock, SystemClock
from gateway.domain.errors import SluisError
from gateway.parts import Parts, assemble
from gateway.settings.loader import load
from gateway.storage import migrate
from gateway.storage.contracts import LedgerRow, Seen
from tests.bench.parties import Driver, write_parties
from tests.support.postgresql_server import postgresql_process
from tests.support.postgresql_server import url_of as postgresql_url
from tests.support.redis_server import redis_process
from tests.support.redis_server import url_of as redis_url
from tests.support.server_process import ServerProcess

_STORES = re.compile(r"stores:\n  short_lived: .*\n  lasting: .*\n")
_MANY = itertools.count()


@dataclass
class ShiftedClock:
    """The true time, and what a test lets pass besides."""

    by: timedelta = timedelta()
    held: datetime | None = None
    """The time at which it stands, where only a test lets time pass."""

    def now(self) -> datetime:
        return (self.held or SystemClock().now()) + self.by


class Person(Driver):
    """Somebody who logs in to the application itself, without a wire, from a browser that keeps its cookies."""

    def attach(self, app: Flask, clock: Clock) -> "Person":
        """`clock` is what the school and the service go by."""
        self._app, self._clock, self._count = app, clock, next(_MANY) * 1000
        self.fresh_browser()
        return self

    def fresh_browser(self) -> None:
        self._client: FlaskClient = self._app.test_client()

    def visit(self, path: str, form: str | None = None) -> tuple[int, str, str]:
        """A page, or a form sent to one: status, Location and body."""
        return self._ask("GET" if form is None else "POST", path, form)

    def come_back(self, attempt: str, request: str) -> tuple[int, str]:
        """The school's answer arrives."""
        return self.answer(attempt, etree.tostring(self.response(request)))

    def told(self, page: str) -> str:
        """What the answer in a page says to the service."""
        found = re.search(r'name="SAMLResponse" value="([^"]+)"', page)
        return "" if found is None else b64decode(unescape(found[1])).decode()

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        headers = {"Accept-Language": self.language or "nl"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = self._client.open(path, method=method, data=body, headers=headers, base_url=self.addresses.base_url)
        return answer.status_code, answer.headers.get("Location", ""), answer.get_data(as_text=True)


@dataclass
class OnServers:
    """The gateway, and the servers that it stands on."""

    parts: Parts
    app: Flask
    redis: ServerProcess
    postgresql: ServerProcess
    clock: ShiftedClock
    directory: Path
    acknowledged: list[str] = field(default_factory=list)
    """References of the ledger rows that the gateway was told are durable."""

    def person(self) -> Person:
        return Person("127.0.0.1", 8971).attach(self.app, self.clock)

    def ready(self) -> tuple[int, dict[str, str]]:
        """What a balancer is told, and the problems."""
        answer = self.app.test_client().get("/health/ready")
        assert answer.json is not None
        return answer.status_code, dict(answer.json.get("problems", {}))

    def metric(self, sample: str) -> str:
        """The value of a sample of /metrics."""
        lines = self.parts.metrics.render().decode().splitlines()
        return next((line.rpartition(" ")[2] for line in lines if line.startswith(f"{sample} ")), "")

    def wait_for_the_breaker(self) -> None:
        """Its pause passes."""
        self.clock.by += timedelta(seconds=2)


@contextmanager
def on_servers(directory: Path, add: Callable[[Path], None] = lambda _: None) -> Iterator[OnServers]:
    """All of it, until the context ends. The Redis keeps what it has over a restart. `add` adds parties."""
    (directory / "redis").mkdir()
    keeps = ("--appendonly", "yes", "--appendfsync", "always")
    with redis_process(directory / "redis", *keeps) as redis, postgresql_process() as postgresql:
        configuration = directory / "gateway"
        write_configuration(configuration, base_url="http://127.0.0.1:8971", rsa_bits=2048, environment="test")
        write_parties(configuration)
        add(configuration)
        write_stores(configuration, redis_url(redis), postgresql_url(postgresql))
        with opened(configuration, redis, postgresql, ShiftedClock()) as made:
            yield made


@contextmanager
def beside(
    other: OnServers,
    directory: Path,
    *,
    redis: str,
    postgresql: str,
    add: Callable[[Path], None] = lambda _: None,
) -> Iterator[OnServers]:
    """A gateway with the keys and parties of another, on the same servers, which it reaches by URLs of its own."""
    shutil.copytree(other.directory, directory, ignore=shutil.ignore_patterns("var"))
    add(directory)
    write_stores(directory, redis, postgresql)
    with opened(directory, other.redis, other.postgresql, other.clock) as made:
        yield made


def write_stores(directory: Path, redis: str, postgresql: str) -> None:
    """Have the gateway with this configuration keep everything there."""
    path = directory / "gateway.yaml"
    text = path.read_text()
    stores = f'stores:\n  short_lived: {{kind: redis, url: "{redis}"}}\n  lasting: {{url: "{postgresql}"}}\n'
    assert _STORES.search(text)
    path.write_text(_STORES.sub(stores, text))


@contextmanager
def opened(
    directory: Path, redis: ServerProcess, postgresql: ServerProcess, clock: ShiftedClock
) -> Iterator[OnServers]:
    """The gateway with this configuration, until the context ends."""
    parts = assemble(load(directory), clock=clock)
    migrate.upgrade(parts.engine)
    made = OnServers(parts, create_app(parts), redis, postgresql, clock, directory)
    append = parts.ledger.append

    def noted(row: LedgerRow, **seen: Seen | None) -> None:
        append(row, **seen)
        made.acknowledged.append(row.reference)

    parts.ledger.append = noted  # type: ignore[method-assign]
    try:
        yield made
    finally:
        with suppress(SluisError):
            parts.ledger.close()
        parts.engine.dispose()
