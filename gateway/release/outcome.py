"""What a decision comes to."""

from dataclasses import dataclass

from gateway.attributes.canonical import Reading
from gateway.domain.anomaly import Anomaly
from gateway.domain.eck_id import EckId
from gateway.federation.models import School
from gateway.pseudonyms.succession import Change
from gateway.pseudonyms.watch import NOTHING_SEEN, Sighting
from gateway.release.decision import Decision
from gateway.release.released import ReleasedAttributes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would go, and why; what `Releases.release` returns is in the ledger, and alone may leave.

    `said` is what a school answered about a user-held identity.
    """

    released: ReleasedAttributes
    school: School
    decision: Decision
    anomalies: tuple[Anomaly, ...] = ()
    """What is to be reported although the release goes."""
    change: Change | None = None
    """What the service knows the person by from this release on."""
    said: Reading | None = None
    by_link: bool = False
    eck_id: EckId | None = None
    """Of the account that somebody logged in with, whether or not the service sees it."""
    sighting: Sighting = NOTHING_SEEN
