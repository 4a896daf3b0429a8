"""What a birth date says of somebody's age, on a Dutch calendar day."""

from datetime import date

ADULT_FROM = 18
_OLDEST = 130


def age(birth_date: str, today: date) -> int | None:
    """The age in whole years of somebody born on this day (`yyyymmdd`). None for a day to come or of long ago.

    Whoever was born on 29 February is a year older from 1 March in other years.
    """
    born = date(int(birth_date[:4]), int(birth_date[4:6]), int(birth_date[6:]))
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return years if 0 <= years <= _OLDEST else None


def is_adult(birth_date: str, today: date) -> bool | None:
    """Whether the eighteenth birthday has come; None for a birth date that cannot be."""
    years = age(birth_date, today)
    return None if years is None else years >= ADULT_FROM
