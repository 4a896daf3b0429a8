"""Time, handed in, so that a test can hold it."""

from datetime import UTC, date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

_CALENDAR = ZoneInfo("Europe/Amsterdam")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def dutch_time(moment: datetime) -> datetime:
    """An aware moment as the clocks where the schools are have it."""
    return moment.astimezone(_CALENDAR)


def dutch_day(moment: datetime) -> date:
    """The calendar day of an aware moment where the schools are: agreements begin and end with it."""
    return dutch_time(moment).date()


def dutch_midnight(day: date) -> datetime:
    """The moment at which a calendar day begins where the schools are."""
    return datetime.combine(day, time(), tzinfo=_CALENDAR)
