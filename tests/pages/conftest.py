import pytest

from tests.support.held import HeldClock
from tests.support.paged import Pages


@pytest.fixture
def pages(clock: HeldClock) -> Pages:
    return Pages(clock)
