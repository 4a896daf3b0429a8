"""The rules of account links: may it be made, does it work today, until when, and when it may no longer be believed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum, auto

from gateway.attributes.canonical import Reading
from gateway.domain.clock import dutch_day
from gateway.domain.eck_id import EckId
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import LinkState
from gateway.domain.sector import Sector
from gateway.federation.models import IdentityProvider, School
from gateway.storage.contracts import LinkRow
from gateway.storage.sealing import SecretKey, keyed_hash

TEXT_VERSION = "1"
"""Of what the page says that a link does: it is kept with every link that was made under it."""


@dataclass(frozen=True, slots=True)
class LinkRules:
    """`lifetime` of a link since the last login at the school; how long what the school said then may be used."""

    lifetime: timedelta = timedelta(days=365)
    believed: timedelta = timedelta(days=180)

    def until(self, seen: datetime) -> date:
        """The last day of a link whose account was last seen at its school then."""
        return dutch_day(seen + self.lifetime)


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Side:
    """One of the two accounts, proven just now. `account` is its keyed hash; `school` that of a school's account."""

    idp: IdentityProvider
    account: str
    reading: Reading
    school: School | None = None
    eck_id: EckId | None = None


class Standing(StrEnum):
    """Whether a link works."""

    LIVE = auto()
    ENDED = auto()
    STALE = auto()
    """The school was not asked for too long: a login there makes it live again."""
    SUSPENDED = auto()


def check_may_link(holder: Side, account: Side, at: School) -> None:
    """An identity that a person holds with an account at the school that they chose, of somebody of age.

    Raises SluisError LINK_OTHER_SCHOOL, or USER_HELD_MINOR.
    """
    if not holder.idp.user_held or account.idp.user_held:
        raise SluisError(ErrorCode.LINK_OTHER_SCHOOL, hint="a link has one account of a school")
    if account.school is None or account.school.brin != at.brin:
        raise SluisError(ErrorCode.LINK_OTHER_SCHOOL, hint=f"{at.brin} was chosen")
    if account.reading.adult is not True:
        raise SluisError(ErrorCode.USER_HELD_MINOR, hint=str(at.brin))


def standing(link: LinkRow, rules: LinkRules, *, now: datetime) -> Standing:
    """Whether it works at this moment."""
    if dutch_day(now) > link.until:
        return Standing.ENDED
    if link.state is LinkState.SUSPENDED:
        return Standing.SUSPENDED
    return Standing.LIVE if now - link.seen <= rules.believed else Standing.STALE


def marks_of(key: SecretKey, eck_id: EckId | None) -> Mapping[Sector, str]:
    """What of an ECK iD is kept to notice another one: a keyed hash, by its sector."""
    return {} if eck_id is None else {eck_id.sector: keyed_hash(key, "link-mark", eck_id.value).hex()}


def has_changed(kept: Mapping[Sector, str], found: Mapping[Sector, str]) -> bool:
    """Whether the ECK iD of a sector is another than it was. One that comes or goes is none that changed."""
    return any(kept.get(sector, mark) != mark for sector, mark in found.items())


def seen_again(link: LinkRow, content: bytes, rules: LinkRules, *, now: datetime) -> LinkRow:
    """The link after a login at the school: what it said then is `content`, and the link is longer."""
    return replace(link, content=content, seen=now, until=max(link.until, rules.until(now)))
