"""Accounts of schools that people come to with another one: found, believed for a while, and seen again."""

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.attributes.canonical import Reading
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_day
from gateway.domain.eck_id import EckId
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import LinkState
from gateway.federation.models import Agreement, IdentityProvider, IdpId, School, Service
from gateway.pseudonyms.links import (
    OVER,
    Standing,
    are_two_people,
    has_changed,
    is_of_age,
    marks_of,
    seen_again,
    standing,
)
from gateway.pseudonyms.resolve import is_registered
from gateway.pseudonyms.sources import Asked, Found
from gateway.release.link_content import LinkedAccount, LinkRecords, content_of, idp_of, opened, services_of
from gateway.storage.contracts import AnomalyRow, LinkRow

ANOMALIES = frozenset({ErrorCode.LINK_SUSPENDED, ErrorCode.LINK_TAKEN, ErrorCode.LINK_OTHER_PERSON})
"""What is reported of links."""


class LinkStopped(SluisError):
    """A link between schools works no more, and its person was not told yet; `row` is how it stands."""

    def __init__(self, row: LinkRow) -> None:
        super().__init__(ErrorCode.LINK_STOPPED, hint=f"{row.at}, {row.school}: {row.state}")
        self.row = row


@dataclass(frozen=True, slots=True, repr=False)
class Elsewhere:
    """Who somebody is at another school: what their identifier derives from there, and the ECK iD that counts."""

    account: str
    found: Found
    replaced: tuple[str, ...]


class LinkedAccounts:
    """Follows links, and keeps them up to date."""

    def __init__(self, records: LinkRecords) -> None:
        self.rules = records.rules
        self._links = records.links
        self._federation = records.federation
        self._eck_ids = records.eck_ids
        self._key = records.account_key
        self._anomalies = records.anomalies
        self._account_of = records.account_of

    def find(self, holder: str, school: Brin, *, now: datetime) -> LinkedAccount:
        """The account that an identity which a person holds leads to at the school.

        Raises SluisError LINK_NEEDED without a link, LINK_STALE, LINK_SUSPENDED or LINK_CLOSED; USER_HELD_NOT_KNOWN at
        a school without an account that one could be made to.
        """
        row = self._links.of_holder(holder, str(school))
        stands = self.standing(row, now=now) if row else Standing.ENDED
        found = opened(row, self._federation) if row else None
        if found is None or stands is Standing.ENDED:
            can = self._federation.choice(school) is not None
            raise SluisError(ErrorCode.LINK_NEEDED if can else ErrorCode.USER_HELD_NOT_KNOWN, hint=str(school))
        if stands is not Standing.LIVE:
            raise SluisError(_REFUSED[stands], hint=str(school))
        return found

    def elsewhere(
        self,
        account: str,
        *,
        own: EckId | None,
        reading: Reading,
        school: School,
        service: Service,
        agreement: Agreement,
        now: datetime,
        reference: str,
    ) -> Elsewhere | None:
        """Who somebody with this account at this school is at another, where a link says so and this service may know.

        None: they are who they are here. `own` is the ECK iD that they have here. Raises LinkStopped once for a link
        that works no more, and as the sources of ECK iDs do.
        """
        for row in self._links.from_account(account, str(school.brin)) if agreement.links else ():
            linked = opened(row, self._federation)
            if linked is None or row.kind not in agreement.links or service.id not in services_of(row):
                continue
            found = self._elsewhere(linked, own=own, reading=reading, service=service, now=now, reference=reference)
            if found is not None:
                return found
        return None

    def _elsewhere(
        self,
        linked: LinkedAccount,
        *,
        own: EckId | None,
        reading: Reading,
        service: Service,
        now: datetime,
        reference: str,
    ) -> Elsewhere | None:
        row, stands = linked.row, self.standing(linked.row, now=now)
        if stands in (Standing.CLOSED, Standing.SUSPENDED) and not row.told:
            raise LinkStopped(row if stands is Standing.SUSPENDED else replace(row, state=LinkState.CLOSED))
        # Being of age is tried at every login; a parent's yes counts until the link ends.
        if stands is not Standing.LIVE or (row.approved is None and not is_of_age(reading, linked.reading)):
            return None
        school = self._federation.schools[Brin(row.school)]
        entry = self._eck_ids.provisioned(linked.idp, row.linked, school, today=dutch_day(now))
        asked = Asked(attributes=linked.reading.attributes, school=school, service=service, entry=entry)
        found = self._eck_ids.find(linked.idp, asked)
        if has_changed(linked.marks, marks_of(self._key, found.eck_id)):
            raise LinkStopped(self._suspend(linked, ErrorCode.LINK_SUSPENDED, now=now, reference=reference))
        if are_two_people(own, found.eck_id):
            raise LinkStopped(self._suspend(linked, ErrorCode.LINK_OTHER_PERSON, now=now, reference=reference))
        if found.eck_id is None or not is_registered(service, found.eck_id.sector):
            return None
        return Elsewhere(row.linked, found, entry.replaced if entry and found.is_of(school.sector) else ())

    def standing(self, row: LinkRow, *, now: datetime) -> Standing:
        """Whether it works at this moment; closed when the school's administration says that the account is gone."""
        stands = standing(row, self.rules, now=now)
        if stands in OVER or stands is Standing.SUSPENDED:
            return stands
        idp = self._federation.identity_providers.get(idp_of(row))
        if idp is None or not self._eck_ids.has_ended(idp, row.linked, row.school, today=dutch_day(now)):
            return stands
        self._links.change(replace(row, state=LinkState.CLOSED, told=False), was=row.state)
        return Standing.CLOSED

    def told(self, row: LinkRow) -> None:
        """Its person has seen that it stopped: who logs in next goes on without it."""
        self._links.change(replace(row, told=True), was=row.state)

    def check_unchanged(self, linked: LinkedAccount, eck_id: EckId | None, *, now: datetime, reference: str) -> None:
        """That the ECK iD of the account is the one of when it was linked.

        Raises SluisError LINK_SUSPENDED, after the link is suspended and the anomaly on record.
        """
        if has_changed(linked.marks, marks_of(self._key, eck_id)):
            self._suspend(linked, ErrorCode.LINK_SUSPENDED, now=now, reference=reference)
            raise SluisError(ErrorCode.LINK_SUSPENDED, hint=linked.row.school)

    def seen(
        self,
        idp: IdentityProvider,
        reading: Reading,
        eck_id: EckId | None,
        school: School,
        *,
        now: datetime,
        reference: str,
    ) -> None:
        """Somebody logged in at their school: what leads to their account learns what the school says now."""
        if not self._federation.may_be_linked(school.brin):
            return
        for row in self._links.of_linked(self._account_of(idp, reading)):
            found = opened(row, self._federation)
            ended = standing(row, self.rules, now=now) in (*OVER, Standing.SUSPENDED)
            if found is None or ended or row.school != str(school.brin):
                continue
            if has_changed(found.marks, marks_of(self._key, eck_id)):
                self._suspend(found, ErrorCode.LINK_SUSPENDED, now=now, reference=reference)
                continue
            marks = {**found.marks, **marks_of(self._key, eck_id)}
            content = content_of(row.kind, idp.id, reading, marks, services_of(row))
            if content != row.content or dutch_day(row.seen) != dutch_day(now):
                self._links.change(seen_again(row, content, self.rules, now=now), was=row.state)

    def _suspend(self, linked: LinkedAccount, why: ErrorCode, *, now: datetime, reference: str) -> LinkRow:
        row = replace(linked.row, state=LinkState.SUSPENDED, told=False)
        if self._links.change(row, was=linked.row.state):
            self._record(why, row, linked.idp.id, now, reference)
        return row

    def _record(self, kind: ErrorCode, row: LinkRow, idp: IdpId, now: datetime, reference: str) -> None:
        self._anomalies.record(AnomalyRow(now, reference, kind.value, idp, row.school, row.linked))


_REFUSED = {
    Standing.PENDING: ErrorCode.LINK_NEEDED,
    Standing.STALE: ErrorCode.LINK_STALE,
    Standing.SUSPENDED: ErrorCode.LINK_SUSPENDED,
    Standing.CLOSED: ErrorCode.LINK_CLOSED,
}
