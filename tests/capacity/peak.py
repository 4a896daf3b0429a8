"""The arrival peak at one core of many, at several loads: where more share a queue, less is waited."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.capacity.arrivals import Morning, Told, simulated
from tests.capacity.sizes import Costs

LOADS = (0.5, 0.6, 0.7, 0.75, 0.8)
"""How busy the cores are on average in the first quarter of an hour."""
CORES = 1
LONG_WAIT_MS = 250
SEED = 830


@dataclass(frozen=True, slots=True)
class Peak:
    """What became of those who came."""

    load: float
    busiest_percent: int
    p99_wait_ms: int
    told_busy_percent: float
    late_percent: float
    busy_pages_each: float

    @classmethod
    def at(cls, load: float, figures: Mapping[str, Any]) -> "Peak":
        """By simulation."""
        told = simulated(morning(load, figures), seed=SEED)
        return cls(
            load,
            round(told.busiest * 100),
            round(told.p99_wait_ms),
            _percent(told.told_busy, told),
            _percent(told.in_late, told),
            round(told.busy_pages / told.logins, 2),
        )


def morning(load: float, figures: Mapping[str, Any]) -> Morning:
    """One core's part of the country."""
    seconds = Costs.measured(figures).gateway_ms / 1000
    return Morning(CORES * load / seconds, CORES, seconds, float(figures["start_share"]))


def peaks(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """At all loads, as they are kept."""
    return [asdict(Peak.at(load, figures)) for load in LOADS]


def best(rows: Sequence[Mapping[str, Any]]) -> float:
    """The highest load at which nobody was told to come again, nor waited for long."""
    return max(float(row["load"]) for row in rows if not row["told_busy_percent"] and row["p99_wait_ms"] < LONG_WAIT_MS)


def _percent(count: int, told: Told) -> float:
    return round(count * 100 / told.logins, 1)
