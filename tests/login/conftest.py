from pathlib import Path

import pytest

from tests.support.held import HeldClock, SeededRandomness
from tests.support.played_login import Login, played_login
from tests.support.two_schools import TwoSchools, two_schools


@pytest.fixture
def login(tmp_path: Path, clock: HeldClock, randomness: SeededRandomness) -> Login:
    return played_login(tmp_path, clock, randomness)


@pytest.fixture
def guest(tmp_path: Path) -> TwoSchools:
    """A pupil with accounts at two schools."""
    return two_schools(tmp_path)
