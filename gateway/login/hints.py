"""Hints about the school of the person who logs in. They skip the discovery page once, and decide nothing else.

A hint is as good as whoever wrote it, and anybody may have: it leads to a school that the page would offer too, and
whoever comes back without a login gets the page, with that school on top. The same holds for the usual school, which
the person chose to go to without the page: it leads there at every login, until one comes to nothing.
"""

from dataclasses import dataclass

from gateway.domain.brin import Brin
from gateway.domain.clock import Clock, dutch_day
from gateway.federation.models import ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.contracts import Hinted, Notified, Usual, UsualSchool
from gateway.login.messages import LoginRequest
from gateway.login.ways import Way, Ways


@dataclass(frozen=True, slots=True)
class Hints:
    """Of the service, of a link that somebody followed, of portals, and of the person at an earlier login."""

    federation: Federation
    clock: Clock
    notified: Notified
    hinted: Hinted
    usual: Usual

    def way(self, request: LoginRequest) -> Way | None:
        """The way that a hint shows; None when there is none, or when it was gone before.

        Of several the service's counts, then a portal's, which is younger than what the person once chose.
        """
        named = request.school or self.hinted.school(request.service)
        way = self._to_school(request, UsualSchool(named)) if named else None
        if way is None:
            way = Ways(federation=self.federation, clock=self.clock).notified(request, self.notified.idp())
            # Once: whoever comes back without a login may want another school.
            self.notified.forget()
        usual = None if way or named else self.usual.usual(request.service)
        return self._to_school(request, usual) if usual else way

    def school(self, service: ServiceId) -> Brin | None:
        """The school that a hint named, for the page to show first."""
        usual = self.usual.usual(service)
        return self.hinted.school(service) or (usual.brin if usual else None)

    def done(self, service: ServiceId, chosen: UsualSchool | None, *, keep: bool) -> None:
        """Somebody logged in: hints count no longer.

        `chosen` is the school that they chose themselves, where they did, `keep` whether they want to go there always.
        """
        self.notified.forget()
        self.hinted.forget(service)
        if chosen is not None and keep:
            self.usual.keep_usual(service, chosen)
        elif chosen is not None and self.usual.usual(service) not in (None, chosen):
            self.usual.forget_usual(service)

    def _to_school(self, request: LoginRequest, to: UsualSchool) -> Way | None:
        if request.choose:
            return None
        gone = self.hinted.gone(request.service, to.brin)
        if not request.passive:
            self.hinted.keep(request.service, to.brin, gone=True)
        return None if gone else self._open(request, to)

    def _open(self, request: LoginRequest, to: UsualSchool) -> Way | None:
        """The way there, if the page would offer it."""
        if to.held:
            idp = Ways(federation=self.federation, clock=self.clock).held(request).get(to.brin)
            return Way(idp.id, to.brin) if idp else None
        choice, at = self.federation.choice(to.brin), self.federation.at(to.brin)
        if choice is None or at is None or (request.idps and choice.idp not in request.idps):
            return None
        agreed = self.federation.agreed(request.service, dutch_day(self.clock.now()))[at]
        return Way(choice.idp, to.brin) if agreed else None
