"""One Redis and one PostgreSQL for all faults of a run, and a gateway on them whose clock stands."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from gateway.domain.clock import SystemClock
from tests.support.outage_client import write_client
from tests.support.outages import OnServers, on_servers
from tests.support.patient import patient


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnServers]:
    if find_spec("pgserver") is None:
        pytest.skip("no PostgreSQL: its wheels end at Python 3.12")
    with on_servers(tmp_path_factory.mktemp("faults"), lambda directory: write_client(patient(directory))) as made:
        made.clock.held = SystemClock().now()
        yield made


@pytest.fixture
def stores(servers: OnServers) -> Iterator[OnServers]:
    """The servers run before each test and after it, and the gateway knows."""
    servers.acknowledged.clear()
    yield servers
    servers.wait_for_the_breaker()
    servers.person().login()
