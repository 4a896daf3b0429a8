"""Tests that coverage leaves out: they repeat by the hundred what other tests reach once, or go by other programs.

Tracing makes Python three times as slow, in the programs that a test starts too.
"""

import os

import pytest
from coverage import Coverage


def is_untraced(item: pytest.Item | None) -> bool:
    """Whether the test is marked so."""
    return item is not None and item.get_closest_marker("untraced") is not None


class Tracer:
    """The tracer of this process, if it has one; what programs that are started read of it."""

    def __init__(self) -> None:
        self._stopped: Coverage | None = None
        self._environment: dict[str, str] = {}

    def stop(self) -> None:
        """Until `start`."""
        measured = Coverage.current()
        if measured is not None and self._stopped is None:
            self._stopped = measured
            measured.stop()
            names = [name for name in os.environ if name.startswith("COVERAGE_PROCESS")]
            self._environment = {name: os.environ.pop(name) for name in names}

    def start(self) -> None:
        """Go on, where it was stopped."""
        if self._stopped is not None:
            os.environ.update(self._environment)
            self._stopped.start()
            self._stopped = None
