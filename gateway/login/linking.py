"""Linking an identity that people hold to their account at a school: log in at one, then at the other, then say yes.

A flow belongs to one browser. Each of its two answers ends an attempt that was made for this flow and this side of it,
so that a message of another tab, flow or person has nowhere to go; both logins are forced. Who says yes ends the flow.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import structlog

from gateway.attributes import kept
from gateway.attributes.canonical import Reading
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import Clock, dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdentityProvider, IdpId, School, Service
from gateway.federation.snapshot import Federation
from gateway.login.contracts import TowardsIdentityProviders
from gateway.login.messages import Authentication, AuthenticationRequest
from gateway.login.sso.session import minimal, needed_by
from gateway.login.steps import AskToLink, ChooseSchool, PostForm, Redirect, Step
from gateway.login.transactions import Transaction, Transactions
from gateway.login.ways import Way, Ways
from gateway.observability import reference
from gateway.release.linked import refuse_foreign
from gateway.release.pipeline import Releases
from gateway.storage.contracts import LinkRow, ShortLivedStore

log = structlog.get_logger("sluis")

_HOLDER, _ACCOUNT = "holder", "account"


@dataclass(frozen=True, slots=True)
class LinkQuestion:
    """What the person is asked. The given names are what each side calls them, if it does."""

    service: Service
    school: School
    holder_idp: IdentityProvider
    holder_name: str | None = field(repr=False)
    account_name: str | None = field(repr=False)
    services: tuple[Service, ...]
    until: date
    believed_days: int
    replaces: datetime | None


@dataclass(frozen=True, slots=True)
class Linked:
    """The link was made; this login, at this school, can go on by it."""

    login: str
    school: Brin


@dataclass(frozen=True, slots=True, repr=False)
class _Proof:
    idp: IdpId
    reading: Reading


@dataclass(frozen=True, slots=True, repr=False)
class _Flow:
    """A linking under way. `login` waits for it; proofs are there once their side has answered."""

    id: str
    browser: str
    login: str
    school: Brin
    holder: _Proof | None = None
    account: _Proof | None = None


class Linking:
    """Fulfils Errands: leads a person through both logins, and makes the link."""

    def __init__(
        self,
        *,
        federation: Federation,
        transactions: Transactions,
        identity_providers: Mapping[Protocol, TowardsIdentityProviders],
        releases: Releases,
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
        self._links = releases.links
        self._store = store
        self._clock = clock
        self._randomness = randomness
        self._seconds = seconds

    def begin(self, login: str, school: Brin, browser: str) -> Redirect | PostForm:
        """The person wants to link, in a login that waits. To the side that they hold first.

        Raises SluisError LOGIN_*; LOGIN_SCHOOL_UNKNOWN where no link can be made.
        """
        transaction = self._waiting(login, browser)
        way = self._ways.chosen(transaction.request, school, held=True)
        if self._federation.choice(school) is None:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN)
        flow = _Flow(self._randomness.token(), browser, login, school)
        self._keep(flow)
        log.info("linking_begun", school=str(school))
        return self._ask(flow, transaction, way, _HOLDER)

    def finish(self, transaction: Transaction, authentication: Authentication) -> Step:
        """One side has answered: on to the other, or to the question."""
        found, _, side = transaction.errand.partition(":")
        flow = self._open(found, transaction.browser)
        idp = self._federation.identity_providers[authentication.idp]
        reading = self._releases.read(authentication.attributes, idp, now=self._clock.now())
        refuse_foreign(reading, idp)
        proof = _Proof(idp.id, minimal(reading, needed_by(()) | {Attribute.GIVEN_NAME}))
        waiting = self._waiting(flow.login, flow.browser)
        if side == _HOLDER and flow.holder is None and idp.user_held:
            self._links.holder(idp, reading)
            flow = replace(flow, holder=proof)
            self._keep(flow)
            choice = self._federation.choice(flow.school)
            if choice is None:
                raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN)
            return self._ask(flow, waiting, Way(choice.idp, flow.school), _ACCOUNT)
        if side == _ACCOUNT and flow.holder is not None and flow.account is None:
            flow = replace(flow, account=proof)
            self._pair(flow, waiting)
            self._keep(flow)
            return AskToLink(flow.id)
        raise SluisError(ErrorCode.LOGIN_FINISHED)

    def question(self, linking: str, browser: str) -> LinkQuestion:
        """What the page asks. Raises SluisError LOGIN_* , and those that keep a link from being made."""
        flow = self._open(linking, browser)
        waiting = self._waiting(flow.login, browser)
        row, replaced = self._pair(flow, waiting)
        assert flow.holder is not None
        assert flow.account is not None
        return LinkQuestion(
            service=self._federation.services[waiting.request.service],
            school=self._federation.schools[flow.school],
            holder_idp=self._federation.identity_providers[flow.holder.idp],
            holder_name=flow.holder.reading.attributes.one(Attribute.GIVEN_NAME),
            account_name=flow.account.reading.attributes.one(Attribute.GIVEN_NAME),
            services=self._federation.services_held_at(flow.school, dutch_day(self._clock.now())),
            until=row.until,
            believed_days=self._links.rules.believed.days,
            replaces=replaced.made if replaced else None,
        )

    def refuse(self, linking: str, browser: str) -> ChooseSchool:
        """The person says no: nothing is kept, and the login asks for a school again."""
        flow = self._open(linking, browser)
        self._store.take(_key(linking))
        return ChooseSchool(flow.login)

    def confirm(self, linking: str, browser: str, *, replacing: bool) -> Linked | AskToLink:
        """The person says yes; `replacing`: also to giving up the link that there is. Else they are asked again.

        Raises SluisError LOGIN_FINISHED for all but the first of several; and those that keep it from being made.
        """
        flow = self._open(linking, browser)
        row, replaced = self._pair(flow, self._waiting(flow.login, browser))
        if replaced is not None and not replacing:
            return AskToLink(linking)
        if self._store.take(_key(linking)) is None:
            raise SluisError(ErrorCode.LOGIN_FINISHED)
        self._links.make(row, replaced)
        log.info("link_made", kind=row.kind, school=row.school, replaced=replaced is not None)
        return Linked(flow.login, flow.school)

    def _pair(self, flow: _Flow, waiting: Transaction) -> tuple[LinkRow, LinkRow | None]:
        """The link that the two proofs make, and the one that it would replace."""
        if flow.holder is None or flow.account is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="a side of this linking is not proven")
        now, school = self._clock.now(), self._federation.schools[flow.school]
        service = self._federation.services[waiting.request.service]
        holder = self._links.holder(*self._side(flow.holder))
        account = self._links.account(*self._side(flow.account), service, now=now)
        row = self._links.prepared(holder, account, school, flow.id, now=now)
        replaced = self._links.replaced(row.holder, row.linked, school, now=now, reference=reference.current())
        return row, replaced

    def _side(self, proof: _Proof) -> tuple[IdentityProvider, Reading]:
        idp = self._federation.identity_providers.get(proof.idp)
        if idp is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="the identity provider left the federation")
        return idp, proof.reading

    def _ask(self, flow: _Flow, waiting: Transaction, way: Way, side: str) -> Redirect | PostForm:
        """To one side, for a login that is made anew."""
        request = replace(
            waiting.request, force=True, passive=False, contexts=(), contexts_essential=False, fresh_since=None
        )
        begun = self._transactions.new(request, browser=flow.browser, reference=waiting.reference)
        errand = replace(begun, errand=f"{flow.id}:{side}")
        idp = self._federation.identity_providers[way.idp]
        asked = AuthenticationRequest(
            attempt=self._transactions.attempt(errand, way.idp, way.school),
            force=True,
            passive=False,
            contexts=(),
            requesters=self._ways.requesters(way, request),
        )
        return self._identity_providers[idp.protocol].authenticate(idp, asked)

    def _waiting(self, login: str, browser: str) -> Transaction:
        """The login that waits, for as long again. Raises SluisError LOGIN_*."""
        waiting = self._transactions.find(login, browser)
        reference.bind(waiting.reference)
        if waiting.request.service not in self._federation.services:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="the service left the federation")
        self._transactions.keep(waiting)
        return waiting

    def _keep(self, flow: _Flow) -> None:
        proofs = [(one.idp, kept.dump(one.reading).decode()) if one else None for one in (flow.holder, flow.account)]
        fields = (flow.id, flow.browser, flow.login, str(flow.school), *proofs)
        self._store.put(_key(flow.id), json.dumps(fields).encode(), seconds=self._seconds)

    def _open(self, linking: str, browser: str) -> _Flow:
        found = self._store.get(_key(linking)) if linking.isascii() and len(linking) < 100 else None
        if found is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="this linking has ended, or never began")
        try:
            known, of_browser, login, school, *proofs = json.loads(found)
            holder, account = (_Proof(IdpId(one[0]), kept.load(one[1].encode())) if one else None for one in proofs)
        except ValueError as cause:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, hint="kept by another version of the gateway") from cause
        if of_browser != browser:
            raise SluisError(ErrorCode.LOGIN_OTHER_BROWSER)
        return _Flow(known, of_browser, login, Brin(school), holder, account)


def _key(linking: str) -> str:
    return f"linking:{linking}"
