"""Account links: two accounts that one person proved to have in one sitting."""

from datetime import date
from enum import StrEnum, auto


class LinkKind(StrEnum):
    """Which two accounts, and so what a link is for."""

    USER_HELD = auto()
    """An identity that a person holds, and their account at a school."""
    GUEST = auto()
    """The account at a school where a pupil is a guest, and the one at their own school."""
    TRANSITION = auto()
    """The account in the sector that a pupil went to, and the one in the sector that they came from."""


BETWEEN_SCHOOLS = (LinkKind.GUEST, LinkKind.TRANSITION)
"""Who logs in at one school is known by the ECK iD of the other. An agreement must say that it may be."""


class LinkState(StrEnum):
    """What has become of it; one that was revoked is deleted."""

    LIVE = auto()
    PENDING = auto()
    """Of a minor: a school has yet to say that a parent agrees."""
    SUSPENDED = auto()
    """The school says another ECK iD of the account than when it was linked."""
    CLOSED = auto()
    """The school's administration says that the account is no more."""


def end_of_school_year(day: date) -> date:
    """The last day of the school year that this day is in: 31 July (article 1 of the Dutch acts on po and vo)."""
    return date(day.year if day.month <= 7 else day.year + 1, 7, 31)
