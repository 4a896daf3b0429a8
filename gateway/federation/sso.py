"""What a school allows of single sign-on."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class SsoRules:
    """Whether a session serves logins without the school, and how long.

    It ends `idle` after the last login in it, and `absolute` after the one at the school; on a shared computer
    `shared` after that.
    """

    enabled: bool = True
    idle: timedelta = timedelta(minutes=45)
    absolute: timedelta = timedelta(hours=10)
    shared: timedelta = timedelta(minutes=15)
