"""People who log in while something breaks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.storage import ledger_reading
from tests.faults.page import Ending, Seen, acknowledged
from tests.support.outages import OnServers, Person

LONG_AGO, FAR_AHEAD = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_WAITS = (0, 1, 5, 30, 60)


def english(gateway: OnServers) -> Person:
    """Somebody who reads English."""
    person = gateway.person()
    person.language = "en"
    return person


@dataclass
class AtSchool:
    """A pupil whom the gateway has sent to their school."""

    person: Person
    attempt: str
    request: str

    @classmethod
    def sent_by(cls, gateway: OnServers, *, only: str = "") -> "AtSchool":
        """One more of them; `only` is the identity provider where there are several."""
        person = english(gateway)
        person.only = only
        return cls(person, *person.begin())

    def comes_back(self) -> Seen:
        """What they see when the school's answer arrives; nothing was released if it is an error."""
        seen = Seen(*self.person.come_back(self.attempt, self.request))
        assert (seen.status == 200) is ("Success" in self.person.told(seen.page)), seen
        return seen

    def ending(self) -> Ending:
        """What becomes of the login when the same answer is sent again, as by reload."""
        return Ending.BY_RELOAD if self.comes_back().status == 200 else Ending.ANEW


def begins(gateway: OnServers) -> Seen:
    """What somebody sees who comes to log in, and is not sent to their school."""
    status, _, page = english(gateway).ask()
    return Seen(status, page)


def well(gateway: OnServers, log_in: Callable[[], None] | None = None) -> str:
    """How long after the fault ended somebody gets in; the clock stands but for the waiting."""
    waited = 0
    for wait in _WAITS:
        gateway.clock.by += timedelta(seconds=wait - waited)
        waited = wait
        try:
            (log_in or english(gateway).login)()
        except AssertionError:
            continue
        return f"within {wait} s" if wait else "at the next try"
    raise AssertionError(f"nobody gets in after {waited} s")


def nothing_acknowledged_is_lost(gateway: OnServers) -> None:
    """Every release that the ledger said it had kept is in it."""
    acknowledged(gateway.acknowledged, released(gateway))


def released(gateway: OnServers) -> set[str]:
    """The references of the releases that are in the ledger."""
    rows = ledger_reading.rows_between(gateway.parts.engine, since=LONG_AGO, until=FAR_AHEAD)
    return {one.chained.row.reference for one in rows if one.chained.row.outcome == "released"}
