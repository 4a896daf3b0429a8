"""Accounts of schools that people come to with another one: found, believed for a while, and seen again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.attributes import kept
from gateway.attributes.canonical import Reading
from gateway.attributes.dialects import dialect
from gateway.attributes.school import school_of
from gateway.attributes.values import Attributes
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import dutch_day
from gateway.domain.eck_id import EckId
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import LinkKind, LinkState
from gateway.domain.sector import Sector
from gateway.federation.models import IdentityProvider, IdpId, School, Service
from gateway.federation.snapshot import Federation
from gateway.pseudonyms.derivation import account_hash
from gateway.pseudonyms.links import (
    TEXT_VERSION,
    LinkRules,
    Side,
    Standing,
    check_may_link,
    has_changed,
    marks_of,
    seen_again,
    standing,
)
from gateway.pseudonyms.sources import Asked, EckIds
from gateway.release.provisioned import provisioned
from gateway.storage.contracts import Anomalies, AnomalyRow, LinkRow, Links
from gateway.storage.sealing import SecretKey

_KEPT = frozenset(
    {
        Attribute.ECK_ID,
        Attribute.SCHOOL,
        Attribute.SCHOOL_BRANCH,
        Attribute.SCHOOL_DOMAIN,
        Attribute.GROUP,
        Attribute.SUBGROUP,
    }
)
"""Who it is, and where: of no use to know a name by. Roles and age stand beside the attributes."""


ANOMALIES = frozenset({ErrorCode.LINK_SUSPENDED, ErrorCode.LINK_TAKEN})
"""What is reported of links."""


@dataclass(frozen=True, slots=True, repr=False)
class LinkedAccount:
    """An account of a school that a live link leads to, and what the school said of it last."""

    row: LinkRow
    idp: IdentityProvider
    reading: Reading
    marks: Mapping[Sector, str]


class LinkedAccounts:
    """Follows links, makes them, and keeps them up to date. `account_key` makes keyed hashes of accounts."""

    def __init__(
        self,
        *,
        links: Links,
        federation: Federation,
        eck_ids: EckIds,
        rules: LinkRules,
        account_key: SecretKey,
        anomalies: Anomalies,
    ) -> None:
        self.rules = rules
        self._links = links
        self._federation = federation
        self._eck_ids = eck_ids
        self._key = account_key
        self._anomalies = anomalies

    def find(self, holder: str, school: Brin, *, now: datetime) -> LinkedAccount:
        """The account that this one leads to at the school.

        Raises SluisError LINK_NEEDED without a link, LINK_STALE or LINK_SUSPENDED; USER_HELD_NOT_KNOWN at a school
        without an account that one could be made to.
        """
        row = self._links.of_holder(holder, str(school))
        stands = standing(row, self.rules, now=now) if row else Standing.ENDED
        found = _opened(row, self._federation) if row else None
        if found is None or stands is Standing.ENDED:
            can = self._federation.choice(school) is not None
            raise SluisError(ErrorCode.LINK_NEEDED if can else ErrorCode.USER_HELD_NOT_KNOWN, hint=str(school))
        if stands is Standing.SUSPENDED:
            raise SluisError(ErrorCode.LINK_SUSPENDED, hint=str(school))
        if stands is Standing.STALE:
            raise SluisError(ErrorCode.LINK_STALE, hint=str(school))
        return found

    def check_unchanged(self, linked: LinkedAccount, eck_id: EckId | None, *, now: datetime, reference: str) -> None:
        """That the ECK iD of the account is the one of when it was linked.

        Raises SluisError LINK_SUSPENDED, after the link is suspended and the anomaly on record.
        """
        if has_changed(linked.marks, marks_of(self._key, eck_id)):
            self._suspend(linked, now=now, reference=reference)
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
        for row in self._links.of_linked(self._hash(idp, reading)):
            found = _opened(row, self._federation)
            ended = standing(row, self.rules, now=now) in (Standing.ENDED, Standing.SUSPENDED)
            if found is None or ended or row.school != str(school.brin):
                continue
            if has_changed(found.marks, marks_of(self._key, eck_id)):
                self._suspend(found, now=now, reference=reference)
                continue
            marks = {**found.marks, **marks_of(self._key, eck_id)}
            content = _content(idp, reading, marks, _services(row))
            if content != row.content or dutch_day(row.seen) != dutch_day(now):
                self._links.change(seen_again(row, content, self.rules, now=now))

    def holder(self, idp: IdentityProvider, reading: Reading) -> Side:
        """The account that somebody comes with. Raises SluisError ACCOUNT_MISSING or SCOPE_FOREIGN."""
        refuse_foreign(reading, idp)
        return Side(idp=idp, account=self._hash(idp, reading), reading=reading)

    def account(self, idp: IdentityProvider, reading: Reading, service: Service, *, now: datetime) -> Side:
        """The account at a school. Raises SluisError as `holder`, and BRIN_* and ECK_ID_*."""
        refuse_foreign(reading, idp)
        account, found = self._hash(idp, reading), school_of(reading.attributes, idp, self._federation)
        entry = self._eck_ids.provisioned(idp, account, found.school, today=dutch_day(now))
        if entry is not None:
            reading, found = provisioned(reading, found, entry)
        asked = Asked(attributes=reading.attributes, school=found.school, service=service, entry=entry)
        known = self._eck_ids.find(idp, asked).eck_id
        return Side(idp=idp, account=account, reading=reading, school=found.school, eck_id=known)

    def replaced(self, holder: str, account: str, school: School, *, now: datetime, reference: str) -> LinkRow | None:
        """The live link that a new one of these two would replace.

        Raises SluisError LINK_SUSPENDED for one that waits for the school, and LINK_TAKEN, with an anomaly on record,
        when another person comes to the account already.
        """
        for row in self._links.of_linked(account):
            if row.holder != holder and standing(row, self.rules, now=now) is not Standing.ENDED:
                self._record(ErrorCode.LINK_TAKEN, row, IdpId(json.loads(row.content)["idp"]), now, reference)
                raise SluisError(ErrorCode.LINK_TAKEN, hint=str(school.brin))
        own = self._links.of_holder(holder, str(school.brin))
        stands = standing(own, self.rules, now=now) if own else Standing.ENDED
        if stands is Standing.SUSPENDED:
            raise SluisError(ErrorCode.LINK_SUSPENDED, hint=str(school.brin))
        return None if stands is Standing.ENDED else own

    def prepared(self, holder: Side, account: Side, school: School, link: str, *, now: datetime) -> LinkRow:
        """The link of these two, not yet made. Raises SluisError as `check_may_link` does."""
        check_may_link(holder, account, school)
        services = [str(one.id) for one in self._federation.services_held_at(school.brin, dutch_day(now))]
        content = _content(account.idp, account.reading, marks_of(self._key, account.eck_id), services)
        return LinkRow(
            id=link,
            kind=LinkKind.USER_HELD,
            state=LinkState.LIVE,
            holder=holder.account,
            linked=account.account,
            school=str(school.brin),
            made=now,
            seen=now,
            until=self.rules.until(now),
            content=content,
        )

    def make(self, row: LinkRow, replaces: LinkRow | None) -> None:
        """Make it, in the place of another if the person said so and of those that have ended.

        Raises SluisError LINK_TAKEN when another came first.
        """
        rest = [one for one in self._links.of_linked(row.linked) if one.until < dutch_day(row.made)]
        own = self._links.of_holder(row.holder, row.school)
        if own is not None and own.until < dutch_day(row.made):
            rest.append(own)
        gone = {one.id for one in (*rest, *((replaces,) if replaces else ()))}
        if not self._links.make(row, instead_of=sorted(gone)):
            raise SluisError(ErrorCode.LINK_TAKEN, hint=row.school)

    def _suspend(self, linked: LinkedAccount, *, now: datetime, reference: str) -> None:
        if self._links.change(replace(linked.row, state=LinkState.SUSPENDED)):
            self._record(ErrorCode.LINK_SUSPENDED, linked.row, linked.idp.id, now, reference)

    def _record(self, kind: ErrorCode, row: LinkRow, idp: IdpId, now: datetime, reference: str) -> None:
        self._anomalies.record(AnomalyRow(now, reference, kind.value, idp, row.school, row.linked))

    def _hash(self, idp: IdentityProvider, reading: Reading) -> str:
        if reading.account is None:
            raise SluisError(ErrorCode.ACCOUNT_MISSING, hint=str(idp.id))
        return account_hash(self._key, idp.id, reading.account)


def refuse_foreign(reading: Reading, idp: IdentityProvider) -> None:
    """A foreign affiliation is as good as not said; a foreign name of a person or a school stops the login."""
    incoming = dialect(idp.dialect).incoming
    for name in reading.foreign:
        if incoming.get(name) is not Attribute.ROLE:
            raise SluisError(ErrorCode.SCOPE_FOREIGN, hint=f"{idp.id}: {name} is of a domain that is not its own")


def _content(idp: IdentityProvider, reading: Reading, marks: Mapping[Sector, str], services: Sequence[str]) -> bytes:
    """What lies in the seal: of the reading who it is and where, and no local id."""
    values = {name: sent for name, sent in reading.attributes.values.items() if name in _KEPT}
    rest = replace(reading, attributes=Attributes(values), account=None, eduid=None)
    content = {
        "idp": idp.id,
        "reading": kept.dump(rest).decode(),
        "marks": {sector.value: mark for sector, mark in sorted(marks.items())},
        "services": list(services),
        "text": TEXT_VERSION,
    }
    return json.dumps(content, separators=(",", ":")).encode()


def _services(row: LinkRow) -> list[str]:
    return list(json.loads(row.content)["services"])


def _opened(row: LinkRow, federation: Federation) -> LinkedAccount | None:
    """None when the account's identity provider left the federation, and its accounts with it."""
    content = json.loads(row.content)
    idp = federation.identity_providers.get(IdpId(content["idp"]))
    if idp is None or idp.user_held or Brin(row.school) not in idp.schools:
        return None
    marks = {Sector(sector): mark for sector, mark in content["marks"].items()}
    return LinkedAccount(row, idp, kept.load(content["reading"].encode()), marks)
