"""The demo federation, once for the tests of its parties."""

from collections.abc import Iterator

import pytest

from tests.support.demo import Demo, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("parties")) as running:
        yield running
