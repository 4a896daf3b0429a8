"""What a school allows of single sign-on."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Notification:
    """Who may say that somebody is logged in at an identity provider (domain facts 1.8); without hosts, nobody.

    `hosts` are `https://host` or `https://*.host`, `redirect_uris` where the browser may go on to.
    """

    hosts: tuple[str, ...] = ()
    redirect_uris: frozenset[str] = frozenset()


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
