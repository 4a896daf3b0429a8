"""Time, handed in, so that a test can hold it."""

from datetime import UTC, date, datetime, time
from functools import lru_cache
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
    return _day_of_hour(int(moment.timestamp()) // 3600)


@lru_cache(maxsize=64)
def _day_of_hour(hour: int) -> date:
    """Of this hour since 1970, all of which is one day: the clocks there differ from UTC by whole hours."""
    return dutch_time(datetime.fromtimestamp(hour * 3600, UTC)).date()


def dutch_midnight(day: date) -> datetime:
    """The moment at which a calendar day begins where the schools are."""
    return datetime.combine(day, time(), tzinfo=_CALENDAR)
