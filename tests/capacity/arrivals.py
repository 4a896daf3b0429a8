"""A Monday morning, simulated: pupils come by a curve, cores answer in order, who waits too long is told to come again.

Discrete events, seeded. Who is turned away when their turn comes, at a small cost, the gateway's own rule decides
(`gateway.web.waiting`); their page tries again by itself.
"""

import heapq
import itertools
import math
import random
import statistics
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto

from gateway.web.waiting import Patience

QUARTER = 900.0
"""Seconds, in which the mean is what the gateway is built for."""
_STEP = 1.0


@dataclass(frozen=True, slots=True)
class Morning:
    """Who comes, and what answers. Times in seconds."""

    logins_per_s: float
    """The mean of the first quarter of an hour."""
    cores: int
    login_seconds: float
    """Of CPU, for a login's two requests together."""
    start_share: float
    """Of that, what the first of them takes."""
    peak: float = 1.5
    """How many times the mean come at the top of the curve."""
    start_waits: float = 2.0
    other_waits: float = 10.0
    turned_away_share: float = 1 / 30
    """Of a login's CPU, what it takes to turn a request away."""
    again: tuple[float, float] = (5.0, 20.0)
    at_school: tuple[float, float] = (25.0, 0.6)
    """Median, and the spread of its logarithm."""


@dataclass
class Told:
    """What became of them."""

    logins: int = 0
    waits: list[float] = field(default_factory=list)
    """Of each request that was answered."""
    turned_away_after: list[float] = field(default_factory=list)
    """How long those had waited who were turned away."""
    busy_pages: int = 0
    told_busy: int = 0
    """People who saw a busy page at least once."""
    in_late: int = 0
    """People whose login took the gateway and its busy pages more than half a minute."""
    busiest: float = 0.0
    """Share of the cores' time in the busiest minute."""

    @property
    def p99_wait_ms(self) -> float:
        """Milliseconds in the queue."""
        return statistics.quantiles(self.waits, n=100)[98] * 1000


class _Kind(Enum):
    START = auto()
    ANSWER = auto()


@dataclass(slots=True)
class _Pupil:
    kind: _Kind = _Kind.START
    came: float = 0.0
    lost: float = 0.0
    """Seconds of waiting, busy pages included."""
    busy_pages: int = 0
    answered: bool = False
    """Whether the last request was, and not turned away."""


def rate(morning: Morning, at: float) -> float:
    """Pupils a second: up steeply as the bell rings, down slowly; the mean over the quarter is what is said."""
    rising, level = QUARTER / 6, morning.peak * morning.logins_per_s
    if at < rising:
        return level * at / rising
    return level * math.exp(-(at - rising) / _falls(morning.peak))


def _falls(peak: float) -> float:
    """The seconds in which the rate falls to a third, so that the mean is right (bisection)."""
    rising, wanted = QUARTER / 6, QUARTER / peak
    low, high = 1.0, 100_000.0
    for _ in range(60):
        middle = (low + high) / 2
        area = rising / 2 + middle * (1 - math.exp(-(QUARTER - rising) / middle))
        low, high = (middle, high) if area < wanted else (low, middle)
    return low


def simulated(morning: Morning, *, seed: int) -> Told:
    """The quarter, and as long after it as somebody is not in yet."""
    dice, told, numbers = random.Random(seed), Told(), itertools.count()
    events: list[tuple[float, int, _Pupil | None]] = []
    for at in _arrivals(morning, dice):
        heapq.heappush(events, (at, next(numbers), _Pupil()))
        told.logins += 1
    queue: deque[_Pupil] = deque()
    now, free, minutes = 0.0, morning.cores, [0.0] * 600
    patience = Patience(
        frozenset(), timedelta(seconds=morning.start_waits), timedelta(seconds=morning.other_waits), lambda: now
    )

    def serve() -> None:
        nonlocal free
        while free and queue:
            pupil, free = queue.popleft(), free - 1
            spent = _turn(morning, pupil, now, patience, dice, told)
            minutes[min(int(now / 60), 599)] += spent
            heapq.heappush(events, (now + spent, next(numbers), None))
            if (comes := _next(morning, pupil, now + spent, dice, told)) is not None:
                heapq.heappush(events, (comes, next(numbers), pupil))

    while events:
        now, _, pupil = heapq.heappop(events)
        if pupil is None:
            free += 1
        else:
            pupil.came = now
            queue.append(pupil)
        serve()
    told.busiest = max(minutes) / (60 * morning.cores)
    return told


def _arrivals(morning: Morning, dice: random.Random) -> list[float]:
    """Moments at which somebody comes: Poisson, second by second."""
    found: list[float] = []
    for second in range(int(QUARTER)):
        at, mean = float(second), rate(morning, second + _STEP / 2)
        while mean > 0 and (at := at + dice.expovariate(mean)) < second + _STEP:
            found.append(at)
    return found


def _turn(morning: Morning, pupil: _Pupil, now: float, patience: Patience, dice: random.Random, told: Told) -> float:
    """CPU seconds for the request whose turn it is; it is turned away when it waited too long."""
    waited, start = now - pupil.came, pupil.kind is _Kind.START
    pupil.lost += waited
    pupil.answered = not patience.too_long(waited, start=start)
    if not pupil.answered:
        pupil.busy_pages += 1
        told.busy_pages += 1
        told.turned_away_after.append(waited)
        return morning.login_seconds * morning.turned_away_share
    told.waits.append(waited)
    share = morning.start_share if start else 1 - morning.start_share
    return morning.login_seconds * share * (0.5 + dice.expovariate(2.0))


def _next(morning: Morning, pupil: _Pupil, now: float, dice: random.Random, told: Told) -> float | None:
    """When this pupil's next request comes, if any."""
    if not pupil.answered:
        pause = dice.uniform(*morning.again)
        pupil.lost += pause
        return now + pause
    if pupil.kind is _Kind.START:
        pupil.kind = _Kind.ANSWER
        median, spread = morning.at_school
        return now + dice.lognormvariate(math.log(median), spread)
    told.told_busy += pupil.busy_pages > 0
    told.in_late += pupil.lost > 30
    return None
