"""How the tests are dealt to the workers: a file at a time, a shared room whole, and what takes longest first."""

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling

TOGETHER = ("tests/browser/", "tests/interop/")
"""Rooms whose tests share what takes long to start: a browser, a federation, programs of others. One worker each."""
SLOW = (
    "tests/cli/",
    "tests/flows/",
    "tests/release/",
    "tests/demo/",
    "tests/reports/",
    "tests/storage/",
    "tests/faults/",
)
"""Rooms that start processes or draw examples. The short files of the others fill up the end, for either worker."""


def rank(item: pytest.Item) -> int:
    """Which come first, lowest first."""
    return 0 if item.nodeid.startswith(TOGETHER) else 1 if item.nodeid.startswith(SLOW) else 2


class Dealing(LoadFileScheduling):
    """`--dist loadfile`, in the order in which tests are collected."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((room for room in TOGETHER if file.startswith(room)), file)
