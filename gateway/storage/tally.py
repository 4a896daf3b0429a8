"""How often something came in this minute, over all workers and replicas, without asking the store each time.

Each process counts for itself, and puts its counts in the store by the batch: so it learns what all have counted. The
nearer the limit, the smaller the batch, down to one. What is far from its limit costs a look in a dictionary.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from gateway.domain.clock import Clock
from gateway.domain.errors import SluisError
from gateway.storage.contracts import ShortLivedStore

MINUTE = 60
MOST_NAMES = 20_000
"""Names that one process counts in a minute: the addresses of a country's schools. More are let through."""
_BATCHES = 32
"""What is left until the limit is put in the store in so many batches."""


@dataclass(slots=True)
class _Count:
    """`put`: what all had counted when this process last put its own; `here`: what it counted since."""

    put: int = 0
    here: int = 0
    told: bool = False


class Tally:
    """Counts names in whole minutes of the clock. One for each kind and process; its threads share it.

    `most` says how often a name may come in a minute; None: as often as it likes. Processes may go over a limit by a
    thirty-second part each, since what they counted last is not yet in the store. When the store does not answer,
    `alone` is told, and each process holds what it sees itself to the limit. `over` hears of each name, once a minute
    and process, that came too often.
    """

    def __init__(
        self,
        kind: str,
        *,
        most: Callable[[str], int | None],
        store: ShortLivedStore,
        clock: Clock,
        alone: Callable[[], None],
        over: Callable[[str], None],
    ) -> None:
        self._kind = kind
        self._most = most
        self._store = store
        self._clock = clock
        self._alone = alone
        self._over = over
        self._turn = threading.Lock()
        self._minute = 0
        self._counts: dict[str, _Count] = {}

    def one_more(self, name: str) -> int:
        """Count one; 0 when there was room for it, else the whole seconds until there is room again."""
        most = self._most(name)
        if most is None:
            return 0
        now, minute = self._time()
        with self._turn:
            count = self._of(name, minute)
            if count is None:
                return 0
            full, due = count.put + count.here >= most, 0
            if not full:
                count.here += 1
                if count.here * _BATCHES >= most - count.put:
                    due, count.here = count.here, 0
                    count.put += due
        if due:
            full = self._put(count, f"limit:{self._kind}:{name}:{minute}", due) > most
        if not full:
            return 0
        if not count.told:
            count.told = True
            self._over(name)
        return (minute + 1) * MINUTE - now

    def look(self, name: str) -> int:
        """The same, and nothing is counted."""
        most = self._most(name)
        if most is None:
            return 0
        now, minute = self._time()
        with self._turn:
            count = self._counts.get(name) if minute == self._minute else None
        full = count is not None and count.put + count.here >= most
        return (minute + 1) * MINUTE - now if full else 0

    def _time(self) -> tuple[int, int]:
        """Now, and the minute that it is in."""
        now = int(self._clock.now().timestamp())
        return now, now // MINUTE

    def _of(self, name: str, minute: int) -> _Count | None:
        """What was counted of a name in this minute; None when there is no room for more names."""
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        count = self._counts.get(name)
        if count is None and len(self._counts) < MOST_NAMES:
            count = self._counts[name] = _Count()
        return count

    def _put(self, count: _Count, key: str, due: int) -> int:
        """Put a batch in the store; what all have counted, as far as this process knows."""
        try:
            total = self._store.count(key, due, seconds=2 * MINUTE)
        except SluisError:
            self._alone()
            return count.put
        with self._turn:
            count.put = max(count.put, total)
        return total
