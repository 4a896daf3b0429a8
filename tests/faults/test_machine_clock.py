"""The clock of the machine jumps an hour under a gateway that runs; those of schools and services do not.

libfaketime stands between the gateway's processes and the system's clock, and reads anew what it is to say each time.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree

from gateway.settings.keys import load_keys
from gateway.settings.loader import load
from gateway.storage.engine import open_engine
from gateway.storage.ledger_verification import verify
from tests.faults.page import Ending, Fault, Seen, note
from tests.faults.served import Served, configured, served

_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
_PROGRAM = """
import select, time
time.sleep = lambda seconds: select.select((), (), (), seconds)
from gateway.cli import main
main(prog_name="sluis")
"""
"""Python's own sleep until a moment, which the library takes for one of another clock, and refuses."""
_LASTING = "sqlite:///var/lasting.sqlite"


@dataclass
class Shifted:
    """A gateway whose machine's clock is off by what a file says, in seconds."""

    gateway: Served
    by: Path

    def jump(self, seconds: int) -> None:
        self.by.write_text(f"{seconds:+d}")

    def flaws(self) -> tuple[object, ...]:
        """Of its ledger."""
        directory = self.gateway.directory
        engine = open_engine(_LASTING, directory=directory)
        try:
            return tuple(verify(engine, load_keys(load(directory)).ledger.all).flaws)
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def shifted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shifted]:
    if not _LIBRARIES:
        pytest.skip("no libfaketime: apt-get install libfaketime")
    directory = tmp_path_factory.mktemp("clock")
    by = directory / "by"
    by.write_text("+0")
    environment = {
        "LD_PRELOAD": str(_LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(by),
        "FAKETIME_NO_CACHE": "1",
        # The clock that only goes forward does so, and files have the times that they have.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    address, sluis = configured(directory, _LASTING), (sys.executable, "-c", _PROGRAM)
    with served(directory, address, sluis=sluis, environment=environment) as running:
        running.driver.language = "en"
        yield Shifted(running, by)


@pytest.mark.parametrize(
    ("seconds", "fault"),
    [(3600, Fault.MACHINE_CLOCK_AHEAD), (-3600, Fault.MACHINE_CLOCK_BEHIND)],
    ids=["ahead", "back"],
)
def test_it_jumps_while_the_pupil_is_at_school(seconds: int, fault: Fault, shifted: Shifted) -> None:
    gateway = shifted.gateway
    gateway.login()
    worker = gateway.worker
    attempt, request = gateway.driver.begin()
    browser, answer = gateway.driver.browser(), etree.tostring(gateway.driver.response(request))
    shifted.jump(seconds)
    try:
        saw = Seen(*gateway.driver.answer(attempt, answer))
        status, _, page = gateway.driver.ask()
        assert (status, "Success" in page) == (400, False), "a request of another hour is not answered"
        assert gateway.is_ready()
    finally:
        shifted.jump(0)
    gateway.login()
    assert gateway.worker == worker
    gateway.driver.use(browser)
    again = Seen(*gateway.driver.answer(attempt, answer))
    assert shifted.flaws() == ()
    assert "Traceback" not in gateway.log() + (gateway.directory / "printed.log").read_text()
    note(fault, saw=saw, lost=Ending.BY_RELOAD if again.status == 200 else Ending.ANEW, well="at the next try")
