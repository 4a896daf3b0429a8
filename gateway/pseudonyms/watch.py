"""What is odd about an account's ECK iD at a login, and what is done about it: reported, held, or gone without."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.anomaly import Anomaly, Rule
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import School
from gateway.pseudonyms.sources import Found
from gateway.storage.contracts import Seen

_OF_ERRORS = {
    ErrorCode.ECK_ID_MALFORMED: Anomaly.ECK_ID_MALFORMED,
    ErrorCode.ECK_ID_CONTRADICTORY: Anomaly.ECK_ID_CONTRADICTORY,
}


class SeenEckIds(Protocol):
    """What is used of the records; `gateway.storage.seen_eck_ids` says what each call promises."""

    def mark(self, eck_id: str) -> str:
        """A keyed hash."""
        ...

    def find(self, account: str) -> Seen | None:
        """What was seen last."""
        ...

    def others(self, mark: str, account: str) -> Sequence[tuple[str, str]]:
        """School and sector of others with this ECK iD."""
        ...

    def doubt(self, seen: Seen) -> None:
        """Look at this account again at its next login."""
        ...


class IdentifierHeld(SluisError):
    """The rule for this anomaly is to hold the release."""

    def __init__(self, anomaly: Anomaly) -> None:
        super().__init__(ErrorCode.ECK_ID_HELD, hint=anomaly.value)
        self.anomaly = anomaly


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a login showed. `provisional`: the service sees no ECK iD; `seen` is kept with the ledger's row of it.

    `lost` is the keyed hash of the ECK iD that the account was seen with last, where it has none that counts now.
    """

    anomalies: tuple[Anomaly, ...] = ()
    provisional: bool = False
    seen: Seen | None = None
    lost: str | None = None


NOTHING_SEEN = Sighting()


@dataclass(frozen=True, slots=True)
class Watch:
    """Sees what is odd. `rules` are for each kind, and `missing_after` how long a learner may be without."""

    records: SeenEckIds
    rules: Mapping[Anomaly, Rule]
    missing_after: timedelta

    def found(self, find: Callable[[], Found]) -> Found:
        """What the sources have; where the rule is to go without, what is wrong with it in place of an error."""
        try:
            return find()
        except SluisError as error:
            anomaly = _OF_ERRORS.get(error.code)
            if anomaly is None or self.rules.get(anomaly) is not Rule.PROVISIONAL:
                raise
            return Found(None, wrong=anomaly)

    def look(self, account: str, school: School, found: Found, *, learner: bool, held: bool, now: datetime) -> Sighting:
        """What is odd now. Changes nothing. Raises IdentifierHeld, or SluisError STORE_UNAVAILABLE.

        `held`: somebody came with an identity of their own, which is a second account with their ECK iD by its nature.
        """
        if held:
            return NOTHING_SEEN if found.wrong is None else Sighting((found.wrong,), provisional=True)
        before = self.records.find(account)
        lost = before.mark if before else None
        if found.wrong is not None:
            return Sighting((found.wrong,), provisional=True, lost=lost)
        own = found.all.get(school.sector.eck)
        seen: Seen | None = None
        odd: list[Anomaly] = []
        if own is not None:
            seen, odd = self._with(account, school, found, before, now)
        elif found.eck_id is None:
            seen, odd = self._without(account, school, before, learner=learner, now=now)
        self.check(odd)
        provisional = any(self.rules[one] is Rule.PROVISIONAL for one in odd)
        return Sighting(tuple(odd), provisional, seen, None if found.all else lost)

    def overtaken(self, sighting: Sighting) -> bool:
        """Whether another account with the ECK iD came up between the look and the keeping of what it saw.

        To be asked when that is kept, of a release that has not left. Of two that are kept at the same instant the one
        that is kept last finds the other here, and a look then sees it. Raises SluisError STORE_UNAVAILABLE.
        """
        seen = sighting.seen
        if seen is None or seen.mark is None or seen.odd:
            return False
        if not _odd(self.records.others(seen.mark, seen.account), seen.school, seen.sector):
            return False
        self.records.doubt(seen)
        return True

    def check(self, anomalies: Sequence[Anomaly]) -> None:
        """Raises IdentifierHeld when the rule for one of them is to hold the release."""
        for one in anomalies:
            if self.rules.get(one) is Rule.HOLD:
                raise IdentifierHeld(one)

    def _with(
        self, account: str, school: School, found: Found, before: Seen | None, now: datetime
    ) -> tuple[Seen | None, list[Anomaly]]:
        value = found.all[school.sector.eck].value
        odd = [Anomaly.ECK_ID_WRONG_SECTOR] if [one.value for one in found.all.values()].count(value) > 1 else []
        mark, brin, sector = self.records.mark(value), str(school.brin), school.sector.eck.value
        same = before is not None and (before.mark, before.school, before.sector) == (mark, brin, sector)
        if before is not None and same and not before.odd:
            return None, odd
        others = self.records.others(mark, account)
        odd = list(dict.fromkeys(odd + _odd(others, brin, sector)))
        since = before.since if before is not None and before.mark == mark else now
        seen = Seen(account=account, school=brin, sector=sector, mark=mark, since=since, odd=bool(others and odd))
        return None if seen == before else seen, odd

    def _without(
        self, account: str, school: School, before: Seen | None, *, learner: bool, now: datetime
    ) -> tuple[Seen | None, list[Anomaly]]:
        if before is None:
            place = (str(school.brin), school.sector.eck.value)
            return Seen(account=account, school=place[0], sector=place[1], mark=None, since=now), []
        if before.mark is not None:
            return None, [Anomaly.ECK_ID_DISAPPEARED]
        return None, [Anomaly.ECK_ID_MISSING] if learner and before.since + self.missing_after < now else []


def _odd(others: Sequence[tuple[str, str]], school: str, sector: str) -> list[Anomaly]:
    """What is odd about an ECK iD at a school of a sector that others have too, each at a school of a sector."""
    if any(other == school for other, _ in others):
        return [Anomaly.ECK_ID_SHARED]
    return [Anomaly.ECK_ID_WRONG_SECTOR] if any(other != sector for _, other in others) else []
