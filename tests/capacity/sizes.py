"""From what one login costs to what many take: cores, servers, memory, disk. Plain arithmetic, with its units."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PUPILS = 2_400_000
LOGINS_PER_S = 1_000
"""The mean of the first quarter of an hour of a Monday."""
QUARTER_S = 900
REFERENCE_CRYPTO_MS = 2.1
"""What the bare cryptography of a login takes on the core for which the gateway's targets are said."""
STORES_LOAD = 0.5
"""How busy a store may be: it has no busy page."""
SCHOOL_DAYS = 200
PARTS = ("gateway", "redis", "postgresql")


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU milliseconds of one login, by part, on a core whose bare cryptography takes `crypto_ms`."""

    gateway_ms: float
    redis_ms: float
    postgresql_ms: float
    crypto_ms: float

    @classmethod
    def measured(cls, figures: Mapping[str, Any]) -> "Costs":
        """On two cores, as most run."""
        return cls(*(float(figures[f"two_cores_{part}_ms"]) for part in PARTS), float(figures["two_cores_crypto_ms"]))

    def on(self, crypto_ms: float) -> "Costs":
        """On a core that is faster or slower at everything alike."""
        times = crypto_ms / self.crypto_ms
        return Costs(*(getattr(self, f"{part}_ms") * times for part in PARTS), crypto_ms)


def cores(cpu_ms: float, load: float, logins_per_s: float = LOGINS_PER_S) -> int:
    """Cores that so many logins keep as busy as `load` says."""
    return math.ceil(logins_per_s * cpu_ms / 1000 / load)


def redis_gb(kb_per_login: float) -> float:
    """What Redis holds when every pupil has logged in once in the time for which a session may last."""
    return PUPILS * kb_per_login / 1e6


def database_gb_a_year(kb_per_login: float) -> float:
    """What one login of every pupil on each school day adds to PostgreSQL."""
    return PUPILS * SCHOOL_DAYS * kb_per_login / 1e6
