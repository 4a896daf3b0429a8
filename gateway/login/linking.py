"""Linking two accounts: log in at the one, then at the other, then say yes.

A flow belongs to one browser. Each of its two answers ends an attempt that was made for this flow and this side of it,
so that a message of another tab, flow or person has nowhere to go; both logins are forced. Who says yes ends the flow.
"""

from dataclasses import replace

import structlog

from gateway.attributes.canonical import Reading
from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.clock import Clock, dutch_day
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.link import BETWEEN_SCHOOLS, LinkKind, LinkState
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdentityProvider, School, SchoolChoice, Service
from gateway.federation.snapshot import Federation
from gateway.login.fresh import FreshLogins, Opened
from gateway.login.link_flow import Flow, Flows, Linked, LinkQuestion, Proof
from gateway.login.sso.session import minimal, needed_by
from gateway.login.steps import AskToLink, ChooseSchool, PostForm, Redirect, Step
from gateway.login.transactions import Transaction, Transactions
from gateway.login.ways import Way, Ways
from gateway.observability import reference
from gateway.release.foreign import refuse_foreign
from gateway.release.linking import LinkMaking
from gateway.storage.contracts import LinkRow

log = structlog.get_logger("sluis")

_HOLDER, _ACCOUNT = "holder", "account"


class Linking:
    """Leads a person through both logins, and makes the link."""

    def __init__(
        self,
        *,
        federation: Federation,
        ways: Ways,
        transactions: Transactions,
        fresh: FreshLogins,
        opened: Opened,
        making: LinkMaking,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._federation = federation
        self._ways = ways
        self._transactions = transactions
        self._fresh = fresh
        self._flows = Flows(opened)
        self._links = making
        self._clock = clock
        self._randomness = randomness

    def begin(self, login: str, school: Brin, browser: str) -> Redirect | PostForm:
        """The person wants to link what they hold, in a login that waits. To that side first.

        Raises SluisError LOGIN_*; LOGIN_SCHOOL_UNKNOWN where no link can be made.
        """
        transaction = self._waiting(login, browser)
        way = self._ways.chosen(transaction.request, school, held=True)
        self._at_school(school)
        flow = Flow(id=self._randomness.token(), browser=browser, kind=LinkKind.USER_HELD, school=school, login=login)
        return self._begun(flow, way)

    def begin_between(self, kind: LinkKind, at: Brin, school: Brin, browser: str) -> Redirect | PostForm:
        """The person wants to link accounts at two schools. To the one `at` which they would use it first.

        Raises SluisError LOGIN_SCHOOL_UNKNOWN where no link of this kind can be made.
        """
        way, _ = self._at_school(at), self._at_school(school)
        named = self._federation.schools[at]
        if at == school or not self._links.services_of(kind, named, now=self._clock.now()):
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN)
        return self._begun(Flow(id=self._randomness.token(), browser=browser, kind=kind, school=school, at=at), way)

    def schools(self) -> tuple[SchoolChoice, ...]:
        """The schools at which a link with another can be of use."""
        return self._federation.schools_with_links(dutch_day(self._clock.now()))

    def kinds_at(self, at: Brin) -> tuple[LinkKind, ...]:
        """The kinds of links between schools that can be of use at this one. Raises SluisError LOGIN_SCHOOL_UNKNOWN."""
        school, now = self._federation.schools.get(at), self._clock.now()
        kinds = tuple(kind for kind in BETWEEN_SCHOOLS if school and self._links.services_of(kind, school, now=now))
        if not kinds:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN)
        return kinds

    def others(self, at: Brin) -> tuple[SchoolChoice, ...]:
        """The schools at which the other account can be."""
        return tuple(one for one in self._federation.choices if one.school.brin.main != at.main)

    def search(self, choices: tuple[SchoolChoice, ...], typed: str) -> tuple[SchoolChoice, ...]:
        """Those of these choices that may be meant, best first; all when nothing is typed."""
        if not typed.strip():
            return choices
        known, among = self._federation.choices, frozenset(one.school.brin for one in choices)
        wanted = bytes(one.school.brin in among for one in known)
        return tuple(known[at] for at in self._federation.index.search(typed, wanted) if wanted[at])

    def finish(self, transaction: Transaction, idp: IdentityProvider, reading: Reading) -> Step:
        """One side has answered: on to the other, or to the question."""
        found, _, side = transaction.errand.partition(":")
        flow = self._flows.find(found, transaction.browser)
        refuse_foreign(reading, idp)
        proof = Proof(idp.id, minimal(reading, needed_by(()) | {Attribute.GIVEN_NAME}))
        self._keep_waiting(flow)
        if side == _HOLDER and flow.holder is None and idp.user_held == (flow.at is None):
            self._links.holder(idp, reading)
            flow = replace(flow, holder=proof)
            self._flows.keep(flow)
            return self._ask(flow, self._at_school(flow.school), _ACCOUNT)
        if side == _ACCOUNT and flow.holder is not None and flow.account is None:
            flow = replace(flow, account=proof)
            self._pair(flow)
            self._flows.keep(flow)
            return AskToLink(flow.id)
        raise SluisError(ErrorCode.LOGIN_FINISHED)

    def question(self, linking: str, browser: str) -> LinkQuestion:
        """What the page asks. Raises SluisError LOGIN_*, and those that keep a link from being made."""
        flow = self._flows.find(linking, browser)
        self._keep_waiting(flow)
        row, replaced, services = self._pair(flow)
        assert flow.holder is not None
        assert flow.account is not None
        return LinkQuestion(
            kind=flow.kind,
            school=self._federation.schools[flow.school],
            holder_idp=self._federation.identity_providers[flow.holder.idp],
            holder_name=flow.holder.reading.attributes.one(Attribute.GIVEN_NAME),
            account_name=flow.account.reading.attributes.one(Attribute.GIVEN_NAME),
            services=services,
            until=row.until,
            believed_days=self._links.rules.believed.days,
            replaces=replaced.made if replaced else None,
            at=self._federation.schools[flow.at] if flow.at else None,
            pending=row.state is LinkState.PENDING,
        )

    def refuse(self, linking: str, browser: str) -> ChooseSchool | None:
        """The person says no: nothing is kept, and the login that waits asks for a school again; None: none waits."""
        flow = self._flows.find(linking, browser)
        self._flows.end(flow)
        return ChooseSchool(flow.login) if flow.login else None

    def confirm(self, linking: str, browser: str, *, replacing: bool) -> Linked | AskToLink:
        """The person says yes; `replacing`: also to giving up the link that there is. Else they are asked again.

        Raises SluisError LOGIN_FINISHED for all but the first of several; and those that keep it from being made.
        """
        flow = self._flows.find(linking, browser)
        self._keep_waiting(flow)
        row, replaced, _ = self._pair(flow)
        if replaced is not None and not replacing:
            return AskToLink(linking)
        if not self._flows.end(flow):
            raise SluisError(ErrorCode.LOGIN_FINISHED)
        self._links.make(row, replaced)
        log.info("link_made", kind=row.kind, school=row.school, state=row.state, replaced=replaced is not None)
        return Linked(flow.login, flow.school, row.state is LinkState.PENDING)

    def _begun(self, flow: Flow, way: Way) -> Redirect | PostForm:
        self._flows.keep(flow)
        log.info("linking_begun", kind=flow.kind, school=str(flow.school))
        return self._ask(flow, way, _HOLDER)

    def _pair(self, flow: Flow) -> tuple[LinkRow, LinkRow | None, tuple[Service, ...]]:
        """The link that the two proofs make, the one that it would replace, and the services that it is for."""
        if flow.holder is None or flow.account is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="a side of this linking is not proven")
        now, school = self._clock.now(), self._school(flow.school)
        at = self._school(flow.at) if flow.at else None
        services = self._links.services_of(flow.kind, at or school, now=now)
        if not services:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN, hint="no agreement lets this link be of use any more")
        account = self._links.account(*self._side(flow.account), services[0], now=now)
        if at is None:
            holder = self._links.holder(*self._side(flow.holder))
            row = self._links.prepared(holder, account, school, flow.id, now=now)
        else:
            holder = self._links.account(*self._side(flow.holder), services[0], now=now)
            row, services = self._links.prepared_between(
                flow.kind, holder, account, at=at, other=school, link=flow.id, now=now
            )
        replaced = self._links.replaced(flow.kind, row.holder, row.linked, school=school, at=at, now=now)
        return row, replaced, services

    def _side(self, proof: Proof) -> tuple[IdentityProvider, Reading]:
        idp = self._federation.identity_providers.get(proof.idp)
        if idp is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="the identity provider left the federation")
        return idp, proof.reading

    def _school(self, brin: Brin) -> School:
        school = self._federation.schools.get(brin)
        if school is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="the school left the federation")
        return school

    def _at_school(self, brin: Brin) -> Way:
        choice = self._federation.choice(brin)
        if choice is None:
            raise SluisError(ErrorCode.LOGIN_SCHOOL_UNKNOWN)
        return Way(choice.idp, brin)

    def _ask(self, flow: Flow, way: Way, side: str) -> Redirect | PostForm:
        waiting = self._waiting(flow.login, flow.browser) if flow.login else None
        return self._fresh.ask(
            way,
            errand=f"{flow.id}:{side}",
            browser=flow.browser,
            reference=reference.current(),
            request=waiting.request if waiting else None,
        )

    def _keep_waiting(self, flow: Flow) -> None:
        if flow.login:
            self._waiting(flow.login, flow.browser)

    def _waiting(self, login: str, browser: str) -> Transaction:
        """The login that waits, for as long again. Raises SluisError LOGIN_*."""
        waiting = self._transactions.find(login, browser)
        reference.bind(waiting.reference)
        if waiting.request.service not in self._federation.services:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="the service left the federation")
        self._transactions.keep(waiting)
        return waiting
