"""What is to be told to services until they say that they heard it: durable, sealed, taken by one process at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from gateway.domain.clock import Clock
from gateway.domain.randomness import Randomness
from gateway.storage import schema
from gateway.storage.sealing import CannotOpen, Sealer, SecretKey
from gateway.storage.transaction import transaction

MOST = 10_000
"""Letters that may wait; more are not kept: a service that was gone for long gets no flood when it is back."""
LEASE_SECONDS = 60
"""How long whoever took a letter has for it, before another process may take it."""

_table = schema.outbox
_column = schema.outbox.c


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing to tell a service. `tries` are those that failed."""

    id: str
    service: str
    content: bytes = field(repr=False)
    tries: int = 0


class SqlOutbox:
    """Fulfils Outbox. Every call raises SluisError STORE_UNAVAILABLE when the database does not answer.

    `topic` is what its letters are about: one outbox has no part in those of another.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        keys: Sequence[SecretKey],
        clock: Clock,
        randomness: Randomness,
        topic: str = "logout",
    ) -> None:
        self._engine = engine
        self._topic = topic
        self._sealer = Sealer(keys, randomness)
        self._clock = clock
        self._randomness = randomness

    def keep(self, service: str, contents: Sequence[bytes]) -> tuple[Letter, ...]:
        """Keep letters, which whoever keeps them tries to deliver first; those that are too many are not kept."""
        with transaction(self._engine) as connection:
            return self.keep_in(connection, service, contents, seconds=LEASE_SECONDS)

    def keep_in(
        self, connection: Connection, service: str, contents: Sequence[bytes], *, seconds: int
    ) -> tuple[Letter, ...]:
        """The same in a transaction that is under way; whoever comes after so many seconds tries first."""
        waiting = select(func.count()).select_from(_table).where(_column.topic == self._topic)
        room = MOST - (connection.scalar(waiting) or 0)
        letters = tuple(Letter(self._randomness.token(), service, one) for one in contents[: max(room, 0)])
        for one in letters:
            sealed = self._sealer.seal(one.content, purpose="outbox", key=one.id)
            row = {"id": one.id, "service": service, "sealed": sealed, "tries": 0, "due": self._now(seconds)}
            connection.execute(insert(_table).values(**row, topic=self._topic))
        return letters

    def take(self, *, most: int) -> tuple[Letter, ...]:
        """Letters whose time has come. Nobody else gets them while the lease lasts."""
        due = (_column.topic == self._topic, _column.due <= self._now())
        wanted = select(_table).where(*due).order_by(_column.due).limit(most)
        with transaction(self._engine) as connection:
            rows = connection.execute(wanted).all()
        if not rows:
            return ()
        with transaction(self._engine) as connection:
            taken = [
                row
                for row in rows
                if connection.execute(
                    update(_table)
                    .where(_column.id == row.id, _column.due == row.due)
                    .values(due=self._now(LEASE_SECONDS))
                ).rowcount
            ]
        opened = ((row, self._opened(row.id, row.sealed)) for row in taken)
        return tuple(Letter(row.id, row.service, content, row.tries) for row, content in opened if content is not None)

    def about(self, concerns: Callable[[bytes], bool]) -> tuple[Letter, ...]:
        """The letters of such content, whoever may be bringing them just now."""
        with transaction(self._engine) as connection:
            rows = connection.execute(select(_table).where(_column.topic == self._topic)).all()
        opened = ((row, self._opened(row.id, row.sealed)) for row in rows)
        return tuple(
            Letter(row.id, row.service, content, row.tries)
            for row, content in opened
            if content is not None and concerns(content)
        )

    def done(self, letter: Letter) -> None:
        """It was delivered, or given up."""
        with transaction(self._engine) as connection:
            connection.execute(delete(_table).where(_column.id == letter.id))

    def postpone(self, letter: Letter, *, seconds: int) -> None:
        """It could not be delivered; try it again so many seconds from now."""
        with transaction(self._engine) as connection:
            changed = {"due": self._now(seconds), "tries": letter.tries + 1}
            connection.execute(update(_table).where(_column.id == letter.id).values(changed))

    def waiting(self) -> int:
        """How many letters wait."""
        with transaction(self._engine) as connection:
            waiting = select(func.count()).select_from(_table).where(_column.topic == self._topic)
            return connection.scalar(waiting) or 0

    def _opened(self, letter: str, sealed: bytes) -> bytes | None:
        try:
            return self._sealer.open(sealed, purpose="outbox", key=letter)
        except CannotOpen:
            # Its key is gone: nobody can deliver it any more.
            self.done(Letter(letter, "", b""))
            return None

    def _now(self, later: int = 0) -> int:
        return int(self._clock.now().timestamp()) + later
