from pathlib import Path

import pytest

from tests.support.held import HeldClock, SeededRandomness
from tests.support.played_login import Login, played_login


@pytest.fixture
def login(tmp_path: Path, clock: HeldClock, randomness: SeededRandomness) -> Login:
    return played_login(tmp_path, clock, randomness)
