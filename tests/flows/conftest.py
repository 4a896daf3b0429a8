"""The demo federation, once for all flow tests; each test has a browser of its own."""

from collections.abc import Iterator

import pytest

from gateway.observability import log
from tests.support.demo import Demo, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("flows")) as running:
        yield running


@pytest.fixture(autouse=True)
def _own_log(request: pytest.FixtureRequest) -> None:
    """The log is the process's: another demo that began since has taken it."""
    if "demo" in request.fixturenames:
        running: Demo = request.getfixturevalue("demo")
        log.configure(file=running.federation.directory / "var" / "sluis.log", level="info")
