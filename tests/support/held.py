"""Time and randomness in the test's hand."""

from datetime import UTC, datetime, timedelta
from hashlib import shake_256


class HeldClock:
    """Stands still until the test moves it."""

    def __init__(self, at: datetime = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def forward(self, **duration: float) -> None:
        """Move by a timedelta's keywords: `forward(minutes=16)`."""
        self.at += timedelta(**duration)


class SeededRandomness:
    """Foreseeable, and never the same twice."""

    def __init__(self, seed: str = "") -> None:
        self._seed = seed
        self._count = 0

    def token(self) -> str:
        return self.bytes(20).hex()

    def bytes(self, count: int) -> bytes:
        self._count += 1
        return shake_256(f"{self._seed}:{self._count}".encode()).digest(count)
