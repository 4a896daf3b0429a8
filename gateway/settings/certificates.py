"""The gateway's own certificates, and when they end: peers may hold it to the date."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain.key_ring import KeyState
from gateway.settings.problems import Place, Problem, warning

WARN_BEFORE = (timedelta(days=7), timedelta(days=30), timedelta(days=90))
"""How long before the end somebody should know, the most urgent first."""


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate that the gateway publishes, of which key, and where that stands."""

    kind: str
    id: str
    state: KeyState
    ends: datetime
    place: Place

    def stage(self, now: datetime) -> timedelta | None:
        """The narrowest of WARN_BEFORE that it is in, zero when it has ended; None while there is time."""
        left = self.ends - now
        if left <= timedelta():
            return timedelta()
        return next((stage for stage in WARN_BEFORE if left <= stage), None)


def check_certificates(certificates: Iterable[OwnCertificate], now: datetime) -> Iterator[Problem]:
    """A warning for each that has ended, or ends within 90, 30 or 7 days. One that is on its way out needs none."""
    for one in certificates:
        stage = one.stage(now)
        if stage is None or one.state is KeyState.PREVIOUS:
            continue
        if not stage:
            yield warning(one.place, f"the certificate ended on {one.ends:%Y-%m-%d}", _instead(one))
        else:
            yield warning(
                one.place, f"the certificate ends on {one.ends:%Y-%m-%d}, within {stage.days} days", _instead(one)
            )


def _instead(one: OwnCertificate) -> str:
    if one.state is KeyState.NEXT:
        return f"retire {one.id}, and announce a fresh key behind it"
    return f"announce its successor: a key in state next in {one.kind}"
