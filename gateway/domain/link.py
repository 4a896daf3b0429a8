"""Account links: two accounts that one person proved to have in one sitting."""

from enum import StrEnum, auto


class LinkKind(StrEnum):
    """Which two accounts. `user_held`: an identity that a person holds, and their account at a school."""

    USER_HELD = auto()


class LinkState(StrEnum):
    """What has become of it; one that was revoked is deleted."""

    LIVE = auto()
    SUSPENDED = auto()
    """The school says another ECK iD of the account than when it was linked."""
