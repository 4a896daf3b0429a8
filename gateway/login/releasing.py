"""The end of a login that a release comes of: decided, remembered for those that come later, answered."""

from dataclasses import replace

from gateway.attributes.canonical import Reading
from gateway.domain.clock import Clock
from gateway.federation.models import IdentityProvider
from gateway.federation.snapshot import Federation
from gateway.login.answering import Answers
from gateway.login.contracts import UsualSchool
from gateway.login.hints import Hints
from gateway.login.loops import LoopBrake
from gateway.login.messages import Authentication
from gateway.login.sso.session import Session
from gateway.login.sso.sign_on import SingleSignOn
from gateway.login.steps import PostForm, Redirect
from gateway.login.transactions import Transaction
from gateway.observability import legs, reference
from gateway.observability.legs import StepName
from gateway.observability.metrics import Metrics
from gateway.release.outcome import Outcome
from gateway.release.people import HeldLogin
from gateway.release.pipeline import Releases


class Releasing:
    """Ends logins so. What refuses one, or asks its person first, is for the dispatcher."""

    def __init__(
        self,
        *,
        federation: Federation,
        releases: Releases,
        answers: Answers,
        sign_on: SingleSignOn,
        brake: LoopBrake,
        clock: Clock,
        metrics: Metrics,
        hints: Hints | None,
    ) -> None:
        self._federation = federation
        self._releases = releases
        self._answers = answers
        self._sign_on = sign_on
        self._brake = brake
        self._clock = clock
        self._metrics = metrics
        self._hints = hints

    def after_login(
        self, transaction: Transaction, authentication: Authentication, reading: Reading, held: HeldLogin | None
    ) -> Redirect | PostForm:
        """What a service gets of it, and a session for those that come later.

        There is no session of a user-held identity: whether it may be used is decided anew at each login. Raises
        ConsentNeeded before anything is kept, or the SluisError that refuses.
        """
        idp = self._federation.identity_providers[authentication.idp]
        outcome = self._decide(transaction, idp, reading, held)
        visit = self._sign_on.remember(
            transaction.browser, authentication, reading, outcome.school, with_session=not idp.user_held
        )
        if self._hints is not None:
            chosen = UsualSchool(transaction.school, idp.user_held) if transaction.school else None
            self._hints.done(transaction.request.service, None if transaction.led else chosen, keep=transaction.keep)
        if held:
            held = replace(held, said=outcome.said, by_link=outcome.by_link)
        else:
            links, now = self._releases.links, self._clock.now()
            links.seen(idp, reading, outcome.eck_id, outcome.school, now=now, reference=reference.current())
        return self._answers.answer(transaction.request, reading, outcome, visit, authentication, held=held)

    def from_session(self, transaction: Transaction, session: Session) -> Redirect | PostForm:
        """The same without the school: decided and recorded anew, from what the session kept."""
        idp = self._federation.identity_providers[session.idp]
        outcome = self._decide(transaction, idp, session.reading)
        answer = self._answers.answer(transaction.request, session.reading, outcome, session.visit, session)
        self._sign_on.prolong(transaction.browser, session)
        self._metrics.session_login(transaction.request.service)
        return answer

    def _decide(
        self, transaction: Transaction, idp: IdentityProvider, reading: Reading, held: HeldLogin | None = None
    ) -> Outcome:
        service = self._federation.services[transaction.request.service]
        self._brake.check(transaction.browser, service.id, idp.id)
        with legs.step(StepName.DECISION, service=service.id, idp=idp.id):
            return self._releases.release(
                service=service,
                idp=idp,
                reading=reading,
                now=self._clock.now(),
                reference=reference.current(),
                held=held,
                person=transaction.request.person,
            )
