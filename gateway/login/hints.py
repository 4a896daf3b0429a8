"""Hints about the school of the person who logs in. They skip the discovery page once, and decide nothing else.

A hint is as good as whoever wrote it, and anybody may have: it leads to a school that the page would offer too, and
whoever comes back without a login gets the page, with that school on top.
"""

from dataclasses import dataclass

from gateway.domain.brin import Brin
from gateway.domain.clock import Clock, dutch_day
from gateway.federation.models import ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.contracts import Hinted, Notified
from gateway.login.messages import LoginRequest
from gateway.login.ways import Way, Ways


@dataclass(frozen=True, slots=True)
class Hints:
    """Of the service, of a link that somebody followed, and of portals."""

    federation: Federation
    clock: Clock
    notified: Notified
    hinted: Hinted

    def way(self, request: LoginRequest) -> Way | None:
        """The way that a hint shows; None when there is none, or when it was gone before."""
        way = self._to_school(request)
        if way is None:
            way = Ways(federation=self.federation, clock=self.clock).notified(request, self.notified.idp())
            # Once: whoever comes back without a login may want another school.
            self.notified.forget()
        return way

    def school(self, service: ServiceId) -> Brin | None:
        """The school that a hint named, for the page to show first."""
        return self.hinted.school(service)

    def done(self, service: ServiceId) -> None:
        """Somebody logged in: hints count no longer."""
        self.notified.forget()
        self.hinted.forget(service)

    def _to_school(self, request: LoginRequest) -> Way | None:
        school = request.school or self.hinted.school(request.service)
        if school is None or request.choose:
            return None
        gone = self.hinted.gone(request.service, school)
        if not request.passive:
            self.hinted.keep(request.service, school, gone=True)
        choice, at = self.federation.choice(school), self.federation.at(school)
        if gone or choice is None or at is None or (request.idps and choice.idp not in request.idps):
            return None
        agreed = self.federation.agreed(request.service, dutch_day(self.clock.now()))[at]
        return Way(choice.idp, school) if agreed else None
