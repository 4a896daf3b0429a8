"""One logout for all that a visit gave: whoever asks for it, every other party is told in its own protocol.

What can be told without the browser is told at once, all at a time; the browser is then sent to the others one after
another, the school last. No party that hangs keeps the rest waiting.
"""

from collections.abc import Mapping, Sequence

import structlog

from gateway.domain.clock import Clock
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.protocol import Protocol
from gateway.domain.randomness import Randomness
from gateway.federation.models import IdentityProvider, IdpId, Service, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.contracts import SessionCookie
from gateway.login.sso.leaving import Leaving, Plan
from gateway.login.sso.parties import EndsServiceSessions, EndsUpstreamSessions, Initiator, Kind, Target
from gateway.login.sso.registry import Given, Registry, Visit
from gateway.login.sso.telling import TELLING_SECONDS, Telling
from gateway.login.steps import Ending, LeaveNext, LoggedOut, PostForm, Redirect, Result, Step
from gateway.observability.metrics import Metrics

log = structlog.get_logger("sluis")

WHOLE_SECONDS = 5.0
"""How long a logout may take, whoever hangs; some of it for telling services without the browser."""
_LEAST_SECONDS = 0.5
_MOST_SECONDS = 2.0

PersonAsked = Initiator(Kind.PERSON)


class Logouts:
    """Ends visits. `cookie` is the browser's of this request."""

    def __init__(
        self,
        *,
        federation: Federation,
        registry: Registry,
        leaving: Leaving,
        services: Mapping[Protocol, EndsServiceSessions],
        identity_providers: Mapping[Protocol, EndsUpstreamSessions],
        cookie: SessionCookie,
        clock: Clock,
        randomness: Randomness,
        metrics: Metrics,
    ) -> None:
        self._federation = federation
        self.registry = registry
        self._leaving = leaving
        self._telling = Telling(federation=federation, services=services, identity_providers=identity_providers)
        self._cookie = cookie
        self._clock = clock
        self._randomness = randomness
        self._metrics = metrics

    def begin(self, visit: Visit | None, initiator: Initiator, browser: str) -> Step:
        """End the visit, in the browser that asks; without one nothing was given that could be ended.

        A visit of another browser ends as well, but this one is sent nowhere for it: its person is not here.
        """
        itself = ServiceId(initiator.id) if initiator.kind is Kind.SERVICE and initiator.ended else None
        beside = self._end_beside(visit, initiator, browser)
        if visit is None and beside:
            visit = beside.pop()
        if visit is None:
            return self.said(initiator, ())
        if visit.browser != browser:
            return self._elsewhere(visit, initiator, itself)
        self._cookie.drop()
        others = {one: logins for one, logins in self._end(visit).items() if one != itself}
        has_school = initiator.kind is not Kind.IDP and visit.idp in self._federation.identity_providers
        upstream = {one.idp: one for one in (*beside, *([visit] if has_school else ()))}
        plan = self._plan(visit, initiator, others, tuple(upstream.values()))
        self._leaving.keep(plan)
        return self._next(plan)

    def end_behind(self, visits: Sequence[Visit], *, but: ServiceId | None = None) -> tuple[Result, ...]:
        """End visits without their browsers: whom only a browser could be sent to did not answer.

        `but` is a service that ended its own.
        """
        results: list[Result] = []
        for visit in visits:
            given = self._end(visit)
            told, _ = self._telling.tell({one: logins for one, logins in given.items() if one != but})
            endings = [(Kind.SERVICE, str(one), ending or Ending.NO_ANSWER) for one, ending in told.items()]
            results += self._results(endings)
        return tuple(results)

    def end_person(self, idp: IdpId, account: str) -> tuple[int, tuple[Result, ...]]:
        """At an operator's wish: end a person's visits, in whatever browser; how many, and what became of each party.

        The school's own session stays: only the browser could be sent there.
        """
        visits = self.registry.of_account(idp, account)
        results = self.end_behind(visits)
        if visits:
            results += self._results([(Kind.IDP, idp, Ending.NO_ANSWER)])
            self._note(Initiator(Kind.OPERATOR, idp), results)
        return len(visits), results

    def end_for_school(self, idp: IdpId, visits: Sequence[Visit]) -> None:
        """A school said without the browser that these have ended there."""
        if visits:
            self._note(Initiator(Kind.IDP, idp), self.end_behind(visits))

    def end_replaced(self, visit: Visit) -> None:
        """Take back what a visit gave that another person's took the place of, and tell whom that can be told."""
        given = self._given(visit)
        self._telling.revoke(given)
        self._telling.tell(given)

    def go_on(self, plan: str, browser: str) -> Step:
        """The browser is back, with an answer or without one. Raises SluisError LOGIN_UNKNOWN, LOGIN_OTHER_BROWSER."""
        found = self._leaving.find(plan)
        if found.browser != browser:
            raise SluisError(ErrorCode.LOGIN_OTHER_BROWSER)
        return self._next(found)

    def asked(self, request: str) -> Target:
        """Whom this message was sent to. Raises SluisError LOGOUT_UNEXPECTED."""
        plan, index = self._leaving.expected(request)
        return plan.targets[index]

    def answered(self, request: str, browser: str, *, ended: bool) -> Step:
        """A verified answer to a message that was sent. Raises SluisError LOGOUT_UNEXPECTED, LOGIN_OTHER_BROWSER."""
        plan, index = self._leaving.expected(request)
        if plan.browser != browser:
            raise SluisError(ErrorCode.LOGIN_OTHER_BROWSER)
        self._leaving.settle(plan, index, Ending.ENDED if ended else Ending.NO_ANSWER)
        # Not the next station itself: a page at the address of an answer could not be loaded again.
        return Redirect(f"/logout/{plan.id}")

    def _elsewhere(self, visit: Visit, initiator: Initiator, itself: ServiceId | None) -> Step:
        """End a visit of another browser than the one that asks."""
        results = self.end_behind([visit], but=itself)
        if initiator.kind is not Kind.IDP:
            results += self._results([(Kind.IDP, str(visit.idp), Ending.NO_ANSWER)])
        return self.said(initiator, results)

    def _plan(
        self,
        visit: Visit,
        initiator: Initiator,
        given: Mapping[ServiceId, Sequence[Given]],
        upstream: Sequence[Visit],
    ) -> Plan:
        """Tell whom can be told at once; the browser is still to be sent to the others.

        `upstream` are the visits of which the school is to be told.
        """
        told, reached = self._telling.tell(given, upstream)
        frames = {
            one: self._telling.frames(one, given[one]) for one, ending in told.items() if ending is not Ending.ENDED
        }
        told |= {one: Ending.ASKED for one, found in frames.items() if found and told[one] is Ending.IMPOSSIBLE}
        settled = [(Kind.SERVICE, str(one), ending) for one, ending in told.items() if ending is not None]
        targets = [self._target(Kind.SERVICE, one, given[one]) for one, ending in told.items() if ending is None]
        for one in upstream:
            if one.id in reached:
                targets.append(self._target(Kind.IDP, one.idp, (), visit=one.id))
            else:
                settled.append((Kind.IDP, str(one.idp), Ending.IMPOSSIBLE))
        return Plan(
            id=self._randomness.token(),
            browser=visit.browser,
            begun=self._clock.now().timestamp(),
            initiator=initiator,
            settled=tuple(settled),
            targets=tuple(targets),
            shared=visit.shared,
            frames=tuple(address for found in frames.values() for address in found),
        )

    def _next(self, plan: Plan) -> Step:
        left = [index for index in range(len(plan.targets)) if self._leaving.ending(plan, index) is None]
        for position, index in enumerate(left):
            target = plan.targets[index]
            party = self._telling.party(target.kind, target.id)
            if party is not None and self._leaving.go(plan, index):
                return LeaveNext(
                    self._sent(target, party), plan.id, party.names, self._patience(plan, len(left) - position)
                )
            self._leaving.settle(plan, index, Ending.NO_ANSWER)
        endings = [
            (target.kind, target.id, self._leaving.ending(plan, index) or Ending.NO_ANSWER)
            for index, target in enumerate(plan.targets)
        ]
        results = self._results([*plan.settled, *endings])
        again = not self._leaving.close(plan)
        return self.said(plan.initiator, results, shared=plan.shared, again=again, frames=plan.frames)

    def said(
        self,
        initiator: Initiator,
        results: tuple[Result, ...],
        *,
        shared: bool = False,
        again: bool = False,
        frames: tuple[str, ...] = (),
    ) -> Step:
        """The answer to whoever asked: at once when everything ended, behind a page that says what did not."""
        complete = _complete(results)
        party = self._telling.party(initiator.kind, initiator.id) if initiator.kind is not Kind.PERSON else None
        back = self._telling.reply(party, initiator.reply, complete=complete) if party is not None else None
        if not again:
            self._note(initiator, results)
        if complete and back is not None:
            return back
        return LoggedOut(party if isinstance(party, Service) else None, results, back, shared, frames)

    def _note(self, initiator: Initiator, results: Sequence[Result]) -> None:
        complete = _complete(results)
        log.info("logged_out", by=initiator.kind, party=initiator.id, complete=complete, told=len(results))
        self._metrics.logout(by=initiator.kind, outcome="complete" if complete else "partial")

    def _end(self, visit: Visit) -> dict[ServiceId, list[Given]]:
        """Nothing more comes of the visit from here on; only then is read what did."""
        self.registry.end(visit)
        given = self._given(visit)
        self._telling.revoke(given)
        return given

    def _given(self, visit: Visit) -> dict[ServiceId, list[Given]]:
        given: dict[ServiceId, list[Given]] = {}
        for one in self.registry.given(visit.id):
            if one.service in self._federation.services:
                given.setdefault(one.service, []).append(one)
        return given

    def _sent(self, target: Target, party: Service | IdentityProvider) -> Redirect | PostForm:
        if isinstance(party, Service):
            return self._telling.send_to_service(party, target.given, target.request)
        visit = self.registry.read(target.visit)
        if visit is None:
            raise SluisError(ErrorCode.LOGIN_UNKNOWN)
        return self._telling.send_to_school(party, visit, target.request)

    def _patience(self, plan: Plan, left: int) -> float:
        """Seconds to wait for the next party: what is left of the whole, shared by those that are left."""
        spent = self._clock.now().timestamp() - plan.begun
        return round(min(max((WHOLE_SECONDS - TELLING_SECONDS - spent) / left, _LEAST_SECONDS), _MOST_SECONDS), 1)

    def _target(self, kind: Kind, party: str, given: Sequence[Given], *, visit: str = "") -> Target:
        return Target(kind, party, self._randomness.token(), tuple(given), visit)

    def _end_beside(self, visit: Visit | None, initiator: Initiator, browser: str) -> list[Visit]:
        """End logins that no service asked for, in the browser that asks; those at other schools than the visit's.

        A school that logs somebody out means its own session alone.
        """
        if initiator.kind is Kind.IDP or (visit is not None and visit.browser != browser):
            return []
        ended = [one for one in self.registry.beside(browser) if self.registry.end_alone(one)]
        return [one for one in ended if visit is None or one.idp != visit.idp]

    def _results(self, endings: Sequence[tuple[Kind, str, Ending]]) -> tuple[Result, ...]:
        found = ((self._telling.party(kind, party), ending) for kind, party, ending in endings)
        return tuple(Result(party, ending) for party, ending in found if party is not None)


def _complete(results: Sequence[Result]) -> bool:
    return all(one.ending is Ending.ENDED for one in results)
