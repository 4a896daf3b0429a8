"""What a person sees and ends of their own: links, consents, what went lately. They log in for it, with either account.

The login is forced and serves nothing else; what it opens belongs to one browser, for as long as a login may last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog

from gateway.attributes.canonical import Reading
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import LinkKind
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdentityProvider, IdpId, School, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.discovery import Found, FoundSchools
from gateway.login.fresh import FreshLogins, Opened
from gateway.login.steps import PostForm, Redirect, ShowMine
from gateway.login.transactions import Transaction
from gateway.login.ways import Way
from gateway.observability import reference
from gateway.pseudonyms.links import Standing
from gateway.release import record
from gateway.release.consent import attributes_in
from gateway.release.pipeline import Releases
from gateway.storage.contracts import Consents, LinkRow, Links
from gateway.storage.own_releases import OwnReleases

log = structlog.get_logger("sluis")

ERRAND = "mine"
_SINCE = timedelta(days=30)
_MOST = 50


@dataclass(frozen=True, slots=True)
class Place:
    """A school, which may have left the federation."""

    brin: str
    school: School | None


@dataclass(frozen=True, slots=True)
class MyLink:
    """One link; `id` names it in the form that ends it. `at` is set for one between schools: where it is used.

    `approved` is when a school said that a parent agrees.
    """

    id: str
    kind: LinkKind
    school: Place
    at: Place | None
    made: datetime
    seen: datetime
    until: date
    standing: Standing
    approved: datetime | None


@dataclass(frozen=True, slots=True)
class MyConsent:
    """What the person lets go to a service."""

    id: str
    service: Service | None
    at: datetime
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class MyRelease:
    """What went to a service in a login."""

    at: datetime
    reference: str
    id: str
    service: Service | None
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class Mine:
    """All of it. `days` is how far back releases go."""

    idp: IdentityProvider
    school: School
    links: tuple[MyLink, ...]
    consents: tuple[MyConsent, ...]
    releases: tuple[MyRelease, ...]
    days: int = _SINCE.days


@dataclass(frozen=True, slots=True, repr=False)
class _Opened:
    account: str
    idp: IdpId
    school: Brin
    rows: tuple[LinkRow, ...] = field(default=())


class MyPage:
    """Opens the page for whoever proves an account, and does what they ask on it."""

    def __init__(
        self,
        *,
        federation: Federation,
        fresh: FreshLogins,
        opened: Opened,
        releases: Releases,
        links: Links,
        consents: Consents,
        own: OwnReleases,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._federation = federation
        self._fresh = fresh
        self._opened = opened
        self._releases = releases
        self._links = links
        self._consents = consents
        self._own = own
        self._clock = clock
        self._randomness = randomness

    def schools(self, typed: str, at_most: int) -> FoundSchools:
        """The schools to log in at: all, or those that may be meant."""
        choices, index, held = self._federation.choices, self._federation.index, self.held()
        found = index.search(typed, bytes(len(choices))) if typed.strip() else range(len(choices))
        first = (choices[at] for at in found[:at_most])
        return FoundSchools(tuple(Found(one, held=held.get(one.school.brin)) for one in first), len(found))

    def links_schools(self) -> bool:
        """Whether accounts at two schools can be linked."""
        return self._federation.links_schools

    def held(self) -> Mapping[Brin, IdentityProvider]:
        """The schools to which people may come with an identity of their own, and whose that is."""
        return self._federation.held_by_brin

    def begin(self, school: Brin, browser: str, *, held: bool) -> Redirect | PostForm:
        """To the school, or to where the person's own identity is. Raises SluisError LOGIN_SCHOOL_UNKNOWN."""
        choice, own = self._federation.choice(school), self.held().get(school)
        idp = (own.id if own else None) if held else (choice.idp if choice else None)
        if idp is None:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN)
        return self._fresh.ask(Way(idp, school), errand=ERRAND, browser=browser, reference=reference.current())

    def finish(self, transaction: Transaction, idp: IdentityProvider, reading: Reading) -> ShowMine:
        """Somebody has proven an account: their page is open."""
        account = self._releases.making.holder(idp, reading).account
        page = self._randomness.token()
        self._opened.keep(
            page, transaction.browser, {"account": account, "idp": idp.id, "school": str(transaction.school)}
        )
        log.info("mine_opened", idp=idp.id)
        return ShowMine(page)

    def show(self, page: str, browser: str) -> Mine:
        """What there is. Raises SluisError LOGIN_UNKNOWN or LOGIN_OTHER_BROWSER, or STORE_UNAVAILABLE."""
        opened, now = self._open(page, browser), self._clock.now()
        # What went of them at this school; a link between schools is no other way to come to it.
        held = [row for row in opened.rows if row.school == str(opened.school) and row.at is None]
        accounts = sorted({opened.account, *(one for row in held for one in (row.holder, row.linked))})
        return Mine(
            idp=self._federation.identity_providers[opened.idp],
            school=self._federation.schools[opened.school],
            links=tuple(
                MyLink(
                    row.id,
                    row.kind,
                    self._place(row.school),
                    self._place(row.at) if row.at else None,
                    row.made,
                    row.seen,
                    row.until,
                    self._releases.links.standing(row, now=now),
                    row.approved,
                )
                for row in opened.rows
            ),
            consents=tuple(
                MyConsent(one.service, self._service(one.service), one.at, _attributes(attributes_in(one.what)))
                for one in self._consents.of_account(opened.account)
            ),
            releases=tuple(
                MyRelease(one.at, one.reference, one.service, self._service(one.service), _gone(one.decision))
                for one in self._own.of(accounts, str(opened.school), since=now - _SINCE, most=_MOST)
            ),
        )

    def end_link(self, page: str, browser: str, link: str) -> None:
        """End a link of the person's own; another's is none."""
        opened = self._open(page, browser)
        if self._links.revoke([row.id for row in opened.rows if row.id == link]):
            log.info("link_revoked", by="person")

    def withdraw(self, page: str, browser: str, service: str) -> None:
        """Withdraw a consent."""
        if self._consents.withdraw(self._open(page, browser).account, service):
            log.info("consent_withdrawn", service=service)

    def erase(self, page: str, browser: str) -> None:
        """End every link and withdraw every consent of the person's."""
        opened = self._open(page, browser)
        self._links.revoke([row.id for row in opened.rows])
        for account in {opened.account, *(row.holder for row in opened.rows)}:
            for one in self._consents.of_account(account):
                self._consents.withdraw(account, one.service)
        log.info("mine_erased")

    def close(self, page: str, browser: str) -> None:
        """The person is done: the page opens no more."""
        self._open(page, browser)
        self._opened.close(page)

    def _place(self, brin: str) -> Place:
        return Place(brin, self._federation.schools.get(Brin(brin)))

    def _service(self, service: str) -> Service | None:
        return self._federation.services.get(ServiceId(service))

    def _open(self, page: str, browser: str) -> _Opened:
        found = self._opened.find(page, browser)
        account, idp, school = found["account"], found["idp"], found["school"]
        if idp not in self._federation.identity_providers or Brin(school) not in self._federation.schools:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="a party of it left the federation")
        return _Opened(account, IdpId(idp), Brin(school), tuple(self._links.of_account(account)))


def _attributes(names: tuple[str, ...]) -> tuple[Attribute, ...]:
    return tuple(one for one in Attribute if one in names)


def _gone(decision: str) -> tuple[Attribute, ...]:
    """What went; nothing for a record that another version of the gateway wrote otherwise."""
    try:
        rulings = record.load(decision)
    except ValueError:
        return ()
    return _attributes(tuple(attribute for attribute, ruling in rulings.items() if ruling.goes))
