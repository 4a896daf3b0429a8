"""Which rows of the ledger were followed by an answer, so that one that was not can be told from it.

A row is durable before its answer leaves, and a process may be killed in between. That an answer has left goes into
the ledger with the next row of the same writer, or after two seconds in a row of its own.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock, Timer

from gateway.domain.errors import SluisError
from gateway.storage.contracts import LedgerRow
from gateway.storage.ledger_chain import json_array

WITHIN = 2.0
"""Seconds after which answers that have left are written down at the latest."""
ANSWERED = "answered"
"""The outcome of a row that only says which answers have left."""
_SIZE = 1536
"""Bytes of a decision: more than most have, and so few that PostgreSQL packs nothing, which is from 2 kB on."""


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in the ledger."""

    writer: str
    number: int


_written: ContextVar[list[Place] | None] = ContextVar("rows written by this request", default=None)


class Answers:
    """Collects which answers have left until a row takes that along. `flush` is called when none came by."""

    def __init__(self, flush: Callable[[], None]) -> None:
        self._flush = flush
        self._left: list[Place] = []
        self._lock = Lock()
        self._timer: Timer | None = None

    def expect(self) -> list[Place]:
        """Begin a request: the list that its rows will be in."""
        places: list[Place] = []
        _written.set(places)
        return places

    def note(self, place: Place) -> None:
        """This request wrote a row. Outside a request nobody waits for an answer: it counts as answered."""
        places = _written.get()
        if places is not None:
            places.append(place)

    def take_back(self) -> None:
        """No answer of this request follows the row that it wrote last."""
        places = _written.get()
        if places:
            places.pop()

    def have_left(self, places: Sequence[Place]) -> None:
        """The answer that these rows were written for was handed to the network."""
        with self._lock:
            self._left.extend(places)
            if self._timer is None:
                self._timer = Timer(WITHIN, self._overdue)
                self._timer.daemon = True
                self._timer.start()

    def take(self) -> tuple[Place, ...]:
        """All that wait to be written down."""
        with self._lock:
            taken, self._left = tuple(self._left), []
        return taken

    def put_back(self, places: Sequence[Place]) -> None:
        """They could not be written down."""
        with self._lock:
            self._left[:0] = places

    @property
    def waiting(self) -> bool:
        """Whether there is something to write down."""
        return bool(self._left)

    def _overdue(self) -> None:
        with self._lock:
            self._timer = None
        # A ledger that cannot be written says so at the next login; what is taken back here waits for it.
        with suppress(SluisError):
            self._flush()


def answers_text(places: Sequence[Place], writer: str) -> str | None:
    """JSON for a row of this writer: numbers of rows of its own, `[writer, number]` for those of another."""
    if not places:
        return None
    listed = [str(one.number) if one.writer == writer else json_array((one.writer, one.number)) for one in places]
    return f"[{','.join(listed)}]"


def answered_places(text: str | None, writer: str) -> list[Place]:
    """The places that a row of this writer names."""
    listed = json.loads(text) if text else []
    return [Place(writer, one) if isinstance(one, int) else Place(one[0], one[1]) for one in listed]


def answers_row(at: datetime) -> LedgerRow:
    """A row that only says which answers have left."""
    return LedgerRow(at, "", "", "", None, None, ANSWERED, None, None, None, None, None, None, "{}")


def row_of_a_size(at: datetime) -> LedgerRow:
    """The same, which finds room only where the row of a release would: one that is short may find some in a page."""
    return replace(answers_row(at), decision=json.dumps({"room": "." * _SIZE}))
