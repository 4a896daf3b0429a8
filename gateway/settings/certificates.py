"""The gateway's own certificates, and when they end: peers may hold it to the date."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from gateway.domain.key_ring import KeyState
from gateway.settings.models.keys import KeyEntry, SamlKey
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
        """As the function of this name."""
        return stage(self.ends, now)


def stage(ends: datetime, now: datetime) -> timedelta | None:
    """The narrowest of WARN_BEFORE that the end lies in, zero when it has come; None while there is time."""
    left = ends - now
    if left <= timedelta():
        return timedelta()
    return next((within for within in WARN_BEFORE if left <= within), None)


def own_certificate_ends(directory: Path, entry: KeyEntry) -> datetime | None:
    """When the certificate of a key ends; None for one that has none, or whose file cannot be read."""
    if not isinstance(entry, SamlKey):
        return None
    try:
        return x509.load_pem_x509_certificate((directory / entry.certificate).read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None


def check_certificates(certificates: Iterable[OwnCertificate], now: datetime) -> Iterator[Problem]:
    """A warning for each that has ended, or ends within 90, 30 or 7 days. One that is on its way out needs none."""
    for one in certificates:
        left = one.stage(now)
        if left is None or one.state is KeyState.PREVIOUS:
            continue
        if not left:
            yield warning(one.place, f"the certificate ended on {one.ends:%Y-%m-%d}", _instead(one))
        else:
            yield warning(
                one.place, f"the certificate ends on {one.ends:%Y-%m-%d}, within {left.days} days", _instead(one)
            )


def _instead(one: OwnCertificate) -> str:
    if one.state is KeyState.NEXT:
        return f"retire {one.id}, and announce a fresh key behind it"
    return f"announce its successor: `sluis keys new DIR {one.kind}`"
