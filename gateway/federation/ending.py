"""How many agreements end soon, have ended, or are suspended: for health and metrics, which name no party."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date

from gateway.domain.clock import Clock, dutch_day
from gateway.federation.dates import SOON
from gateway.federation.models import Agreement
from gateway.federation.snapshot import Federation

ENDING, ENDED, SUSPENDED = "ending", "ended", "suspended"


def agreement_counts(federation: Federation, today: date) -> Mapping[str, int]:
    """Agreements by what is the matter with them, with 0 where nothing is; `ending` is within 30 days."""
    counted = Counter(one for agreement in federation.agreements for one in _matters(agreement, today))
    return {one: counted[one] for one in (ENDING, ENDED, SUSPENDED)}


def agreement_warnings(federation: Federation, clock: Clock) -> Callable[[], Mapping[str, str]]:
    """For health: how many end soon. Which, `sluis check` says."""

    def warnings() -> Mapping[str, str]:
        ending = agreement_counts(federation, dutch_day(clock.now()))[ENDING]
        return {"agreements": f"{ending} end within 30 days; `sluis check` says which"} if ending else {}

    return warnings


def _matters(agreement: Agreement, today: date) -> list[str]:
    matters = [] if agreement.suspended is None else [SUSPENDED]
    until = agreement.valid_until
    if until is not None and until < today:
        matters.append(ENDED)
    elif until is not None and until < today + SOON:
        matters.append(ENDING)
    return matters
