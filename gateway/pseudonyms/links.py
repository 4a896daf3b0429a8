"""The rules of account links: may it be made, does it work today, until when, and when it may no longer be believed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum, auto

from gateway.attributes.canonical import Reading
from gateway.domain.clock import dutch_day
from gateway.domain.eck_id import EckId
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import LinkKind, LinkState, end_of_school_year
from gateway.domain.sector import Sector
from gateway.federation.models import IdentityProvider, School
from gateway.storage.contracts import LinkRow
from gateway.storage.sealing import SecretKey, keyed_hash

TEXT_VERSION = "2"
"""Of what the page says that a link does: it is kept with every link that was made under it."""


@dataclass(frozen=True, slots=True)
class LinkRules:
    """`lifetime` of a link since the last login at the school; how long what the school said then may be used.

    Both are of identities that people hold. A link between schools ends with the school year, and of the other school
    nothing is used but the ECK iD, which does not age.
    """

    lifetime: timedelta = timedelta(days=365)
    believed: timedelta = timedelta(days=180)

    def until(self, kind: LinkKind, seen: datetime) -> date:
        """The last day of a link whose account was last seen at its school then."""
        if kind is LinkKind.USER_HELD:
            return dutch_day(seen + self.lifetime)
        return end_of_school_year(dutch_day(seen))


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
    PENDING = auto()
    ENDED = auto()
    STALE = auto()
    """The school was not asked for too long: a login there makes it live again."""
    SUSPENDED = auto()
    CLOSED = auto()


OVER = frozenset({Standing.ENDED, Standing.CLOSED})
"""What works no more and can be linked anew."""
_STANDING = {
    LinkState.PENDING: Standing.PENDING,
    LinkState.SUSPENDED: Standing.SUSPENDED,
    LinkState.CLOSED: Standing.CLOSED,
}


def check_may_link(holder: Side, account: Side, at: School) -> None:
    """An identity that a person holds with an account at the school that they chose, of somebody of age.

    Raises SluisError LINK_OTHER_SCHOOL, or USER_HELD_MINOR.
    """
    if not holder.idp.user_held:
        raise SluisError(ErrorCode.LINK_OTHER_SCHOOL, hint="a link has one account of a school")
    _check_at(account, at)
    if account.reading.adult is not True:
        raise SluisError(ErrorCode.USER_HELD_MINOR, hint=str(at.brin))


def check_may_link_schools(kind: LinkKind, holder: Side, account: Side, *, at: School, other: School) -> None:
    """Accounts at the two schools that were chosen, and nothing says that they are of two people.

    In one sector a learner has one ECK iD, whatever the school (domain facts 2.2): who has another is somebody else.
    Raises SluisError LINK_OTHER_SCHOOL, LINK_WITHOUT_ECK_ID or LINK_OTHER_PERSON.
    """
    _check_at(holder, at)
    _check_at(account, other)
    if at.brin.main == other.brin.main or (kind is LinkKind.TRANSITION and at.sector.eck is other.sector.eck):
        raise SluisError(ErrorCode.LINK_OTHER_SCHOOL, hint=f"{at.brin} and {other.brin} are no two of this kind")
    if account.eck_id is None:
        raise SluisError(ErrorCode.LINK_WITHOUT_ECK_ID, hint=str(other.brin))
    if are_two_people(holder.eck_id, account.eck_id):
        raise SluisError(ErrorCode.LINK_OTHER_PERSON, hint=f"{at.brin} and {other.brin}")


def _check_at(side: Side, at: School) -> None:
    if side.idp.user_held or side.school is None or side.school.brin != at.brin:
        raise SluisError(ErrorCode.LINK_OTHER_SCHOOL, hint=f"{at.brin} was chosen")


def are_two_people(one: EckId | None, other: EckId | None) -> bool:
    """Whether these cannot be of one learner: of one sector, and not the same."""
    return one is not None and other is not None and one.sector is other.sector and one.value != other.value


def is_of_age(*readings: Reading) -> bool:
    """Whether a school says so, and none says otherwise."""
    said = {one.adult for one in readings}
    return True in said and False not in said


def standing(link: LinkRow, rules: LinkRules, *, now: datetime) -> Standing:
    """Whether it works at this moment."""
    if dutch_day(now) > link.until:
        return Standing.ENDED
    if link.state in _STANDING:
        return _STANDING[link.state]
    stale = link.kind is LinkKind.USER_HELD and now - link.seen > rules.believed
    return Standing.STALE if stale else Standing.LIVE


def marks_of(key: SecretKey, eck_id: EckId | None) -> Mapping[Sector, str]:
    """What of an ECK iD is kept to notice another one: a keyed hash, by its sector."""
    return {} if eck_id is None else {eck_id.sector: keyed_hash(key, "link-mark", eck_id.value).hex()}


def has_changed(kept: Mapping[Sector, str], found: Mapping[Sector, str]) -> bool:
    """Whether the ECK iD of a sector is another than it was. One that comes or goes is none that changed."""
    return any(kept.get(sector, mark) != mark for sector, mark in found.items())


def seen_again(link: LinkRow, content: bytes, rules: LinkRules, *, now: datetime) -> LinkRow:
    """The link after a login at the school: what it said then is `content`, and one of an own identity is longer."""
    until = max(link.until, rules.until(link.kind, now)) if link.kind is LinkKind.USER_HELD else link.until
    return replace(link, content=content, seen=now, until=until)
