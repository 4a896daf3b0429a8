"""What a person sees and ends of their own: links, consents, what went lately. They log in for it, with either account.

The login is forced and serves nothing else; what it opens belongs to one browser, for as long as a login may last.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import structlog

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdentityProvider, IdpId, School, SchoolChoice, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.contracts import TowardsIdentityProviders
from gateway.login.messages import Authentication, AuthenticationRequest, LoginRequest
from gateway.login.steps import PostForm, Redirect, ShowMine
from gateway.login.transactions import NO_SERVICE, Transaction, Transactions
from gateway.login.ways import Way, Ways
from gateway.observability import reference
from gateway.pseudonyms.links import Standing, standing
from gateway.release import record
from gateway.release.consent import attributes_in
from gateway.release.pipeline import Releases
from gateway.storage.contracts import Consents, LinkRow, Links, ShortLivedStore
from gateway.storage.own_releases import OwnReleases

log = structlog.get_logger("sluis")

ERRAND = "mine"
_SINCE = timedelta(days=30)
_MOST = 50


@dataclass(frozen=True, slots=True)
class MyLink:
    """One link; `id` names it in the form that ends it."""

    id: str
    school: School | None
    brin: str
    made: datetime
    seen: datetime
    until: date
    standing: Standing


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
        transactions: Transactions,
        identity_providers: Mapping[Protocol, TowardsIdentityProviders],
        releases: Releases,
        links: Links,
        consents: Consents,
        own: OwnReleases,
        store: ShortLivedStore,
        clock: Clock,
        randomness: Randomness,
        seconds: int,
    ) -> None:
        self._federation = federation
        self._ways = Ways(federation=federation, clock=clock)
        self._transactions = transactions
        self._identity_providers = identity_providers
        self._releases = releases
        self._links = links
        self._consents = consents
        self._own = own
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._seconds = seconds

    def choices(self) -> tuple[SchoolChoice, ...]:
        """The schools to log in at."""
        return self._federation.choices

    def held(self) -> Mapping[Brin, IdentityProvider]:
        """The schools to which people may come with an identity of their own, and whose that is."""
        return self._federation.held_by_brin

    def begin(self, school: Brin, browser: str, *, held: bool) -> Redirect | PostForm:
        """To the school, or to where the person's own identity is. Raises SluisError LOGIN_SCHOOL_UNKNOWN."""
        choice, own = self._federation.choice(school), self.held().get(school)
        idp = (own.id if own else None) if held else (choice.idp if choice else None)
        if idp is None:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN)
        request = LoginRequest(service=NO_SERVICE, reply="", force=True, contexts_essential=False)
        begun = self._transactions.new(request, browser=browser, reference=reference.current())
        party, way = self._federation.identity_providers[idp], Way(idp, school)
        asked = AuthenticationRequest(
            attempt=self._transactions.attempt(replace(begun, errand=ERRAND), idp, school),
            force=True,
            passive=False,
            contexts=(),
            requesters=self._ways.requesters(way, request),
        )
        return self._identity_providers[party.protocol].authenticate(party, asked)

    def finish(self, transaction: Transaction, authentication: Authentication) -> ShowMine:
        """Somebody has proven an account: their page is open."""
        idp = self._federation.identity_providers[authentication.idp]
        reading = self._releases.read(authentication.attributes, idp, now=self._clock.now())
        account = self._releases.links.holder(idp, reading).account
        page = self._randomness.token()
        kept = json.dumps((transaction.browser, account, idp.id, str(transaction.school))).encode()
        self._store.put(_key(page), kept, seconds=self._seconds)
        log.info("mine_opened", idp=idp.id)
        return ShowMine(page)

    def show(self, page: str, browser: str) -> Mine:
        """What there is. Raises SluisError LOGIN_UNKNOWN or LOGIN_OTHER_BROWSER, or STORE_UNAVAILABLE."""
        opened, now = self._open(page, browser), self._clock.now()
        rules = self._releases.links.rules
        at_school = [row for row in opened.rows if row.school == str(opened.school)]
        accounts = sorted({opened.account, *(one for row in at_school for one in (row.holder, row.linked))})
        return Mine(
            idp=self._federation.identity_providers[opened.idp],
            school=self._federation.schools[opened.school],
            links=tuple(
                MyLink(
                    row.id,
                    self._federation.schools.get(Brin(row.school)),
                    row.school,
                    row.made,
                    row.seen,
                    row.until,
                    standing(row, rules, now=now),
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
        self._store.take(_key(page))

    def _service(self, service: str) -> Service | None:
        return self._federation.services.get(ServiceId(service))

    def _open(self, page: str, browser: str) -> _Opened:
        found = self._store.get(_key(page)) if page.isascii() and len(page) < 100 else None
        if found is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="this page was closed, or never opened")
        of_browser, account, idp, school = json.loads(found)
        if of_browser != browser:
            raise SluisError(ErrorCode.LOGIN_OTHER_BROWSER)
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


def _key(page: str) -> str:
    return f"mine:{page}"
