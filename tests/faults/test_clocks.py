"""The gateway's clock jumps an hour, ahead or back, in the middle of a login; those of schools and services do not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from gateway.domain.clock import Clock
from gateway.storage.ledger_verification import verify
from tests.faults.page import Fault, note
from tests.faults.people import AtSchool, english, nothing_acknowledged_is_lost, well
from tests.support.outages import OnServers, ShiftedClock

HOUR = timedelta(hours=1)


@contextmanager
def jumped(clock: ShiftedClock, by: timedelta) -> Iterator[Clock]:
    """The gateway's; handed out is one that stayed right."""
    right = ShiftedClock(clock.by, clock.held)
    clock.by += by
    try:
        yield right
    finally:
        clock.by -= by


@pytest.mark.parametrize(
    ("by", "fault"), [(HOUR, Fault.CLOCK_AHEAD), (-HOUR, Fault.CLOCK_BEHIND)], ids=["ahead", "back"]
)
def test_it_jumps_while_the_pupil_is_at_school(by: timedelta, fault: Fault, stores: OnServers) -> None:
    pupil, known = AtSchool.sent_by(stores), english(stores)
    known.login()
    with jumped(stores.clock, by) as right:
        pupil.person._clock = known._clock = right
        saw = pupil.comes_back()
        assert str(AtSchool.sent_by(stores).comes_back()) != str(saw), "a school whose clock jumped along is believed"
        _, _, page = known.ask()
        assert "Success" not in known.told(page), "a request of another hour is not answered from a session"
    recovered = well(stores)
    lost = pupil.ending()
    known.login_in_session()
    nothing_acknowledged_is_lost(stores)
    assert verify(stores.parts.engine, stores.parts.keys.ledger.all).flaws == ()
    note(fault, saw=saw, lost=lost, well=recovered)
