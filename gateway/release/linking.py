"""Links are made: two accounts that were proven just now, and what stands in the way of it."""

from collections.abc import Sequence
from datetime import datetime

from gateway.attributes.canonical import Reading
from gateway.attributes.school import school_of
from gateway.domain.clock import dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import LinkKind, LinkState
from gateway.federation.models import IdentityProvider, IdpId, School, Service
from gateway.observability import reference
from gateway.pseudonyms.links import (
    OVER,
    Side,
    Standing,
    check_may_link,
    check_may_link_schools,
    is_of_age,
    marks_of,
    standing,
)
from gateway.pseudonyms.resolve import is_registered
from gateway.pseudonyms.sources import Asked
from gateway.release.foreign import refuse_foreign
from gateway.release.link_content import LinkRecords, content_of, idp_of
from gateway.release.provisioned import provisioned
from gateway.storage.contracts import AnomalyRow, LinkRow


class LinkMaking:
    """Makes them."""

    def __init__(self, records: LinkRecords) -> None:
        self.rules = records.rules
        self._links = records.links
        self._federation = records.federation
        self._eck_ids = records.eck_ids
        self._key = records.account_key
        self._anomalies = records.anomalies
        self._account_of = records.account_of

    def holder(self, idp: IdentityProvider, reading: Reading) -> Side:
        """The account that somebody comes with. Raises SluisError ACCOUNT_MISSING or SCOPE_FOREIGN."""
        refuse_foreign(reading, idp)
        return Side(idp=idp, account=self._account_of(idp, reading), reading=reading)

    def account(self, idp: IdentityProvider, reading: Reading, service: Service, *, now: datetime) -> Side:
        """The account at a school. Raises SluisError as `holder`, and BRIN_* and ECK_ID_*."""
        refuse_foreign(reading, idp)
        account, found = self._account_of(idp, reading), school_of(reading.attributes, idp, self._federation)
        entry = self._eck_ids.provisioned(idp, account, found.school, today=dutch_day(now))
        if entry is not None:
            reading, found = provisioned(reading, found, entry)
        asked = Asked(attributes=reading.attributes, school=found.school, service=service, entry=entry)
        known = self._eck_ids.find(idp, asked).eck_id
        return Side(idp=idp, account=account, reading=reading, school=found.school, eck_id=known)

    def services_of(self, kind: LinkKind, at: School, *, now: datetime) -> tuple[Service, ...]:
        """The services that a link of somebody who logs in at this school would be for, as agreements stand today."""
        today = dutch_day(now)
        if kind is LinkKind.USER_HELD:
            return self._federation.services_held_at(at.brin, today)
        return self._federation.services_linked_at(at.brin, kind, today)

    def prepared(self, holder: Side, account: Side, school: School, link: str, *, now: datetime) -> LinkRow:
        """The link of an own identity and an account, not yet made. Raises SluisError as `check_may_link` does."""
        check_may_link(holder, account, school)
        services = self.services_of(LinkKind.USER_HELD, school, now=now)
        return self._row(LinkKind.USER_HELD, holder, account, school=school, services=services, link=link, now=now)

    def prepared_between(
        self, kind: LinkKind, holder: Side, account: Side, *, at: School, other: School, link: str, now: datetime
    ) -> tuple[LinkRow, tuple[Service, ...]]:
        """The link of accounts at two schools, not yet made, and the services that it is for.

        Of somebody who is not of age it waits for a school. Raises SluisError as `check_may_link_schools` does;
        LINK_WITHOUT_ECK_ID also when there is no service that may see the ECK iD.
        """
        try:
            check_may_link_schools(kind, holder, account, at=at, other=other)
        except SluisError as error:
            if error.code is ErrorCode.LINK_OTHER_PERSON:
                self._record(error.code, account.idp.id, other, account.account, now)
            raise
        seen = account.eck_id
        services = tuple(one for one in self.services_of(kind, at, now=now) if seen and is_registered(one, seen.sector))
        if not services:
            raise SluisError(ErrorCode.LINK_WITHOUT_ECK_ID, hint=f"of {other.brin} no service of {at.brin} may see it")
        row = self._row(kind, holder, account, school=other, services=services, link=link, now=now, at=at)
        return row, services

    def replaced(
        self, kind: LinkKind, holder: str, account: str, *, school: School, at: School | None, now: datetime
    ) -> LinkRow | None:
        """The link of this person that a new one of these two would replace.

        Raises SluisError LINK_SUSPENDED for one that waits for the school, and LINK_TAKEN, with an anomaly on record,
        when another account leads to this one already.
        """
        for row in self._links.of_linked(account):
            if row.kind is kind and row.holder != holder and self._standing(row, now) not in OVER:
                self._record(ErrorCode.LINK_TAKEN, idp_of(row), school, row.linked, now)
                raise SluisError(ErrorCode.LINK_TAKEN, hint=str(school.brin))
        own = (
            self._links.from_account(holder, str(at.brin)) if at else (self._links.of_holder(holder, str(school.brin)),)
        )
        live = [row for row in own if row is not None and self._standing(row, now) not in OVER]
        if any(self._standing(row, now) is Standing.SUSPENDED for row in live):
            raise SluisError(ErrorCode.LINK_SUSPENDED, hint=str(school.brin))
        return live[0] if live else None

    def make(self, row: LinkRow, replaces: LinkRow | None) -> None:
        """Make it, in the place of another if the person said so and of those that are over.

        Raises SluisError LINK_TAKEN when another came first.
        """
        in_the_way = [one for one in self._links.of_linked(row.linked) if one.kind is row.kind]
        own = self._links.of_holder(row.holder, row.school)
        if own is not None:
            in_the_way.append(own)
        over = [one for one in in_the_way if self._standing(one, row.made) in OVER]
        gone = {one.id for one in (*over, *((replaces,) if replaces else ()))}
        if not self._links.make(row, instead_of=sorted(gone)):
            raise SluisError(ErrorCode.LINK_TAKEN, hint=row.school)

    def _row(
        self,
        kind: LinkKind,
        holder: Side,
        account: Side,
        *,
        school: School,
        services: Sequence[Service],
        link: str,
        now: datetime,
        at: School | None = None,
    ) -> LinkRow:
        told = [str(one.id) for one in services]
        live = kind is LinkKind.USER_HELD or is_of_age(holder.reading, account.reading)
        return LinkRow(
            id=link,
            kind=kind,
            state=LinkState.LIVE if live else LinkState.PENDING,
            holder=holder.account,
            linked=account.account,
            school=str(school.brin),
            made=now,
            seen=now,
            until=self.rules.until(kind, now),
            content=content_of(kind, account.idp.id, account.reading, marks_of(self._key, account.eck_id), told),
            at=str(at.brin) if at else None,
        )

    def _standing(self, row: LinkRow, now: datetime) -> Standing:
        return standing(row, self.rules, now=now)

    def _record(self, kind: ErrorCode, idp: IdpId, school: School, account: str, now: datetime) -> None:
        self._anomalies.record(AnomalyRow(now, reference.current(), kind.value, idp, str(school.brin), account))
