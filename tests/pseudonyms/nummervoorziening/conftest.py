"""The stand-in for Nummervoorziening on a port of its own, and a client that it lets in."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import ThreadingHTTPServer

import pytest

from gateway.demo.nummervoorziening import StandIn
from gateway.demo.nummervoorziening_server import serve
from gateway.pseudonyms.nummervoorziening.client import Endpoint, Nummervoorziening
from tests.support.tls_front import Authority, authority

OIN = "0000000700099XA00000"


@dataclass(frozen=True)
class Running:
    """The service, and how to reach it."""

    service: StandIn
    endpoint: Endpoint
    ca: Authority
    server: ThreadingHTTPServer
    clients: list[Nummervoorziening]

    def client(self, **changes: object) -> Nummervoorziening:
        self.clients.append(Nummervoorziening(replace(self.endpoint, **changes)))
        return self.clients[-1]


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    ca = authority(tmp_path_factory.mktemp("nummervoorziening"), "ca")
    certificate, key = ca.issue("service", "127.0.0.1")
    service = StandIn()
    server = serve(service, certificate=certificate, key=key, authorities=ca.ca)
    mine, my_key = ca.issue("gateway")
    endpoint = Endpoint(f"https://127.0.0.1:{server.server_address[1]}/eck/ws/201703", mine, my_key, ca.ca, 60.0)
    yield Running(service, endpoint, ca, server, [])
    server.shutdown()
    server.server_close()


@pytest.fixture
def running(started: Running) -> Iterator[Running]:
    """As new for each test."""
    started.service.__dict__.update(StandIn().__dict__)
    yield started
    while started.clients:
        started.clients.pop().close()
