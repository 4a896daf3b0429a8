"""Nothing of a person leaves by a side door: looked for in everything that the tests log, answer and link to.

After each test: a test that shows what nobody may read fails, and is told what, and where. `-p no:leaks` leaves it out.
"""

import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.support.leak_listening import listen
from tests.support.leak_watch import Watch

_LOGS = ("sluis.log*", "serve.log", "printed.log")
"""What gateways in processes of their own write, and proxies before them."""
_OF_ONE_TEST = "test_"
"""How the directory of a test begins; what is not so called goes on from test to test."""
_LINK = "current"
"""How pytest ends what leads to the last of several directories."""
_TOLD = 10
_AT_ONCE = 1_000_000
"""Octets of a log that are looked through at a time."""


class Logs:
    """The logs in the directories of tests. Each line is read once, however long the file goes on growing."""

    def __init__(self, base: Callable[[], Path]) -> None:
        self._base = base
        self._looked_into: set[str] = set()
        self._read: dict[Path, int] = {}

    def see(self, watch: Watch, *, all_again: bool) -> None:
        """What was written since the last time, in directories that are new; `all_again`: in files that are."""
        names = set(os.listdir(self._base()))  # noqa: PTH208 - after every test
        for name in names if all_again else names - self._looked_into:
            if name in self._looked_into and name.startswith(_OF_ONE_TEST):
                continue
            self._looked_into.add(name)
            if not name.endswith(_LINK):
                self._find(self._base() / name)
        for file in list(self._read):
            self._see_file(watch, file)

    def _find(self, directory: Path) -> None:
        for pattern in _LOGS:
            for file in directory.rglob(pattern):
                if file.suffix != ".gz":
                    self._read.setdefault(file, 0)

    def _see_file(self, watch: Watch, file: Path) -> None:
        size = file.stat().st_size if file.is_file() else 0
        if size > self._read[file]:
            with file.open("rb") as log:
                log.seek(self._read[file])
                while lines := log.readlines(_AT_ONCE):
                    for line in lines:
                        watch.see(str(file.relative_to(self._base())), line.decode(errors="replace"))
        self._read[file] = size
        if file.relative_to(self._base()).parts[0].startswith(_OF_ONE_TEST):
            del self._read[file]


class Leaks:
    """The plug-in. The markers `leaks` and `measures_memory` say which tests are none of its business."""

    def __init__(self, base: Callable[[], Path]) -> None:
        self.watch = Watch()
        self._logs = Logs(base)
        listen(self.watch)

    def pytest_collection_finish(self) -> None:
        """What tests make when they are read is there for all of them, whichever of them a worker gets."""
        self.watch.keep()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """What is measured holds nothing for the watch."""
        self.watch.away = item.get_closest_marker("measures_memory") is not None
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """After a test, and after the last one of a file."""
        result = yield
        last = nextitem is None or nextitem.path != item.path
        self._logs.see(self.watch, all_again=last)
        found = self.watch.found()
        if last:
            self.watch.forget()
        if found and item.get_closest_marker("leaks") is None:
            pytest.fail("what nobody may read was seen\n" + "\n".join(found[:_TOLD]), pytrace=False)
        return result


def watch_for_leaks(config: pytest.Config) -> None:
    """In this process, when it is one that runs tests."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        config.pluginmanager.register(Leaks(config._tmp_path_factory.getbasetemp), "leaks")  # type: ignore[attr-defined]
