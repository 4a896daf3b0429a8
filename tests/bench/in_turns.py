"""Logins in turns with the bare cryptography of one, so that both find the machine in the same state."""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.bare_crypto import cpu_ms, one_login
from tests.bench.parties import IDP_KEY
from tests.bench.worker import Worker

LOGINS = int(os.environ.get("BENCH_LOGINS", "2000"))


@dataclass(frozen=True)
class Turns:
    """CPU milliseconds of the gateway a login, those of the bare cryptography, and how long each login took."""

    spent: float
    crypto: float
    walls: list[float]

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many of a hundred logins were over."""
        return round(statistics.quantiles(self.walls, n=100)[percent - 1], 2)

    def figures(self) -> dict[str, object]:
        """What every measurement of logins says."""
        return {
            "cpu_ms_per_login": round(self.spent, 2),
            "ratio_to_crypto": round(self.spent / self.crypto, 2),
            "crypto_ms": round(self.crypto, 2),
            "p50_ms": self.percentile(50),
            "p95_ms": self.percentile(95),
        }


def in_turns(login: Callable[[], object], response: bytes, worker: Worker, times: int = LOGINS) -> Turns:
    """Measure so many logins. `response` is a message of the size and shape that the cryptography is done on."""
    bare = one_login(response, IDP_KEY.private_key)
    before, walls, bare_ms = worker.cpu_ms(), [], []
    for _ in range(times):
        begun = time.perf_counter()
        login()
        walls.append((time.perf_counter() - begun) * 1000)
        bare_ms.append(cpu_ms(bare))
    return Turns((worker.cpu_ms() - before) / times, statistics.mean(bare_ms), walls)
