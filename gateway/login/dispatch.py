"""What is next: the one place that decides it. Steps never call each other."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from gateway.attributes.canonical import Reading
from gateway.domain.brin import Brin
from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdentityProvider, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.answering import Answers
from gateway.login.asking import Asking
from gateway.login.assurance import Assurance
from gateway.login.consenting import Consenting, Pending
from gateway.login.contracts import Errands, TowardsIdentityProviders, TowardsServices
from gateway.login.discovery import Discovery
from gateway.login.hints import Hints
from gateway.login.kept import KeptLogins
from gateway.login.limits import Busy, Limits
from gateway.login.loops import LoopBrake
from gateway.login.messages import Authentication, Expectation, LoginRequest
from gateway.login.refusals import FOR_THE_SERVICE_ALONE, Refusals
from gateway.login.releasing import Releasing
from gateway.login.sso.sign_on import SingleSignOn
from gateway.login.steps import AskConsent, ChooseSchool, PostForm, Redirect, Refused, Step
from gateway.login.transactions import NO_SERVICE, Transaction, Transactions
from gateway.login.ways import Way, Ways
from gateway.observability import legs, reference
from gateway.observability.metrics import Metrics
from gateway.release.consent import ConsentNeeded
from gateway.release.people import HeldLogin
from gateway.release.pipeline import Releases

log = structlog.get_logger("sluis")

_NOBODY = "nobody is logged in here, and no page may be shown"


class Dispatcher:
    """Takes a login from the service's request to the answer. Stateless: all state is in the transactions."""

    def __init__(
        self,
        *,
        federation: Federation,
        transactions: Transactions,
        identity_providers: Mapping[Protocol, TowardsIdentityProviders],
        services: Mapping[Protocol, TowardsServices],
        releases: Releases,
        kept: KeptLogins,
        sign_on: SingleSignOn,
        brake: LoopBrake,
        clock: Clock,
        randomness: Randomness,
        metrics: Metrics,
        errands: Errands,
        consenting: Consenting,
        limits: Limits,
        hints: Hints | None = None,
    ) -> None:
        self._federation = federation
        self._assurance = Assurance(federation)
        self._ways = Ways(federation=federation, clock=clock)
        self._transactions = transactions
        self._releases = releases
        self._sign_on = sign_on
        self._clock = clock
        self._asking = Asking(
            federation=federation,
            assurance=self._assurance,
            ways=self._ways,
            transactions=transactions,
            identity_providers=identity_providers,
        )
        self._releasing = Releasing(
            federation=federation,
            releases=releases,
            answers=Answers(
                federation=federation,
                assurance=self._assurance,
                services=services,
                kept=kept,
                sign_on=sign_on,
                randomness=randomness,
                metrics=metrics,
            ),
            sign_on=sign_on,
            brake=brake,
            clock=clock,
            metrics=metrics,
            hints=hints,
        )
        self._refusals = Refusals(
            federation=federation,
            ways=self._ways,
            transactions=transactions,
            services=services,
            metrics=metrics,
            told=releases.links.told,
            last_logout=sign_on.last_logout,
            clock=clock,
        )
        self._hints = hints
        self._errands = errands
        self._consenting = consenting
        self._limits = limits

    def begin(self, request: LoginRequest, browser: str) -> Step:
        """A service asks for a login: from the session; to the only identity provider that may answer; to discovery."""
        transaction = self._transactions.new(request, browser=browser, reference=reference.current())
        log.info("login_begun", service=request.service, force=request.force, passive=request.passive)
        return self._or_refused(transaction, lambda: self._answer_or_ask(transaction))

    def refuse(self, request: LoginRequest, error: SluisError, browser: str, *, at_once: bool = False) -> Step:
        """A request that the gateway will not grant, of a service that is known and may be told so.

        `at_once`: by the service alone, without a page in between.
        """
        step = self._refusals.refuse(
            self._transactions.new(request, browser=browser, reference=reference.current()), error
        )
        return step.back if at_once and isinstance(step, Refused) and step.back is not None else step

    def discovery(self, login: str, browser: str) -> Discovery:
        """The choices of a login that waits for a school. Raises SluisError LOGIN_*."""
        transaction = self._resume(self._transactions.find(login, browser))
        request = transaction.request
        known = self._hints.school(request.service) if self._hints else None
        return self._ways.discovery(self._service(request.service), request, hinted=known)

    def choose(self, login: str, brin: Brin, browser: str, *, held: bool = False, keep: bool = False) -> Step:
        """The person chose a school, and whether to come to it with an identity of their own (`held`).

        `keep`: once they have logged in, no question is asked in this browser for this service.

        Raises SluisError LOGIN_*; LOGIN_SCHOOL_UNKNOWN for a choice that was not offered.
        """
        transaction = replace(self._resume(self._transactions.find(login, browser)), keep=keep)
        try:
            way = self._ways.chosen(transaction.request, brin, held=held)
        except SluisError as error:
            error.service = transaction.request.service
            raise
        self._limits.check_identity_provider(way.idp)
        tried = replace(transaction, idp=way.idp, school=way.school)
        return self._or_refused(tried, lambda: self._go_to(transaction, way))

    def expect(self, attempt: str, browser: str) -> Expectation:
        """Who was asked what in this attempt, before its answer is read. Raises SluisError LOGIN_*."""
        transaction = self._resume(self._transactions.peek(attempt, browser))
        if transaction.idp is None or transaction.idp not in self._federation.identity_providers:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="the identity provider left the federation")
        request = transaction.request
        begun = datetime.fromtimestamp(transaction.begun, UTC)
        fresh_since = begun if request.force else request.fresh_since
        contexts: tuple[str, ...] | None = request.contexts if request.contexts_essential else ()
        if request.service != NO_SERVICE and self._assurance.judges(request, self._service(request.service)):
            contexts = None
        return Expectation(transaction.idp, attempt, contexts, fresh_since, browser)

    def finish(self, expectation: Expectation, authentication: Authentication) -> Step:
        """A verified answer: decide, record, answer the service. An attempt is finished once; others see a page.

        The expectation is what `expect` gave for the browser that brings the answer: no other can end the attempt.
        """
        transaction = self._resume(self._transactions.finish(expectation.attempt))
        go_on = self._errands.finish if transaction.errand else self._release
        return self._or_refused(transaction, lambda: go_on(transaction, authentication), authentication)

    def consented(self, asked: str, browser: str, *, shown: str | None) -> Step:
        """The person let go what was `shown`; None: they do not. Raises SluisError LOGIN_*."""
        answered = self._consenting.answer(asked, browser, shown=shown)
        if isinstance(answered, AskConsent):
            return answered
        transaction, how = self._resume(answered.transaction), answered.authentication
        if shown is None:
            return self._refusals.refuse(transaction, SluisError(ErrorCode.CONSENT_REFUSED), how)
        return self._or_refused(
            transaction, lambda: self._release_or_ask(transaction, how, answered.reading, answered.held), how
        )

    def fail(self, expectation: Expectation, error: SluisError) -> Step:
        """An answer that says no ends the attempt; one that failed a check does not: the true one may still come."""
        if error.code in FOR_THE_SERVICE_ALONE:
            transaction = self._transactions.finish(expectation.attempt)
        else:
            transaction = self._transactions.peek(expectation.attempt, expectation.browser)
        self._resume(transaction)
        ours = error.code is ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT and transaction.request.service != NO_SERVICE
        if ours and transaction.idp is not None:
            error = self._asking.in_our_words(transaction, self._federation.identity_providers[transaction.idp], error)
        return self._refusals.refuse(transaction, error)

    def knows(self, service: ServiceId) -> bool:
        """Whether an unsolicited answer may name this service: OpenID Connect has no answer that nobody asked for."""
        known = self._federation.services.get(service)
        return known is not None and known.protocol is Protocol.SAML

    def finish_unsolicited(self, service: ServiceId, authentication: Authentication, browser: str) -> Step:
        """A verified answer that nobody asked for, of an identity provider whose entry allows it."""
        request = LoginRequest(service=service, reply="")
        transaction = self._transactions.new(
            request,
            browser=browser,
            reference=reference.current(),
            after_logout=self._sign_on.last_logout(browser),
        )
        return self._or_refused(transaction, lambda: self._release(transaction, authentication), authentication)

    def _answer_or_ask(self, transaction: Transaction) -> Step:
        request, browser = transaction.request, transaction.browser
        service = self._service(request.service)
        session = self._sign_on.session_for(request, service, browser)
        if session is None:
            return self._discover(replace(transaction, after_logout=self._sign_on.last_logout(browser)))
        idp = self._federation.identity_providers[session.idp]
        least = self._assurance.least(service, session.reading, idp)
        if self._assurance.is_met(idp, session.context, request, least):
            wished = self._assurance.is_met(idp, session.context, request, least, wishes=True)
            can_ask = self._assurance.judges(request, service) and self._assurance.words(idp, request, least)
            if wished or request.passive or not can_ask:
                return self._releasing.from_session(transaction, session)
        begun = replace(transaction, after_logout=self._sign_on.last_logout(browser))
        return self._asking.ask(replace(begun, level=least.context if least else ""), Way(idp.id))

    def _discover(self, transaction: Transaction) -> Step:
        request = transaction.request
        only = self._ways.only(request)
        if only is not None:
            self._check_not_busy(transaction, only)
            return self._asking.ask(transaction, only)
        hinted = self._hints.way(request) if self._hints is not None else None
        if hinted is not None:
            return self._asking.ask(replace(transaction, led=True), hinted)
        if request.passive:
            raise SluisError(ErrorCode.REQUEST_NO_PASSIVE, hint=_NOBODY)
        self._transactions.keep(transaction)
        return ChooseSchool(transaction.login)

    def _check_not_busy(self, transaction: Transaction, only: Way) -> None:
        """Whom the only identity provider cannot take now comes back to the choice of a school, and asks again there.

        Raises Busy; SluisError REQUEST_NO_PASSIVE where nobody may see a page.
        """
        try:
            self._limits.check_identity_provider(only.idp)
        except Busy as busy:
            if transaction.request.passive:
                raise SluisError(ErrorCode.REQUEST_NO_PASSIVE, hint=_NOBODY) from busy
            self._transactions.keep(transaction)
            busy.again = ChooseSchool(transaction.login)
            raise

    def _go_to(self, transaction: Transaction, way: Way) -> Redirect | PostForm:
        """To what was chosen: a form that somebody wrote, or an older page, may name a school that is not offered."""
        self._ways.check_agreed(transaction.request, way)
        return self._asking.ask(transaction, way)

    def _release(self, transaction: Transaction, authentication: Authentication) -> Step:
        """An answer of the school, or of a user-held identity: read, and released from.

        Whoever is refused is logged in there all the same, which a logout ends as well.
        """
        idp = self._federation.identity_providers[authentication.idp]
        reading = self._releases.read(authentication.attributes, idp, now=self._clock.now())
        try:
            return self._release_as(transaction, authentication, idp, reading)
        except SluisError:
            self._sign_on.remember_beside(transaction.browser, authentication, reading)
            raise

    def _release_as(
        self, transaction: Transaction, authentication: Authentication, idp: IdentityProvider, reading: Reading
    ) -> Step:
        self._sign_on.check_not_logged_out(transaction.browser, transaction.after_logout)
        service = self._service(transaction.request.service)
        least = self._assurance.least(service, reading, idp)
        if not self._assurance.is_met(idp, authentication.context, transaction.request, least):
            return self._asking.step_up(transaction, idp, least)
        held = HeldLogin(transaction.school) if idp.user_held and transaction.school else None
        return self._release_or_ask(transaction, authentication, reading, held)

    def _release_or_ask(
        self, transaction: Transaction, authentication: Authentication, reading: Reading, held: HeldLogin | None
    ) -> Step:
        """A release to the service, or first the question whether its person lets it go."""
        try:
            return self._releasing.after_login(transaction, authentication, reading, held)
        except ConsentNeeded as needed:
            if transaction.request.passive or held is None:
                raise
            held = replace(held, said=needed.outcome.said, by_link=needed.outcome.by_link)
            self._sign_on.remember_beside(transaction.browser, authentication, reading)
            return self._consenting.ask(Pending(transaction, authentication, reading, held))

    def _or_refused(
        self,
        transaction: Transaction,
        go_on: Callable[[], Step],
        authentication: Authentication | None = None,
    ) -> Step:
        try:
            return go_on()
        except SluisError as error:
            return self._refusals.refuse(transaction, error, authentication)

    def _resume(self, transaction: Transaction) -> Transaction:
        """Go on with a login that began under this configuration or an earlier one. Raises SluisError LOGIN_UNKNOWN."""
        reference.bind(transaction.reference)
        service = transaction.request.service
        legs.told(service=service, idp=transaction.idp or "")
        if service not in self._federation.services and service != NO_SERVICE:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN, cause="the service left the federation")
        return transaction

    def _service(self, service: ServiceId) -> Service:
        return self._federation.services[service]
