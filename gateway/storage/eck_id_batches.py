"""Batches of ECK iDs that are asked of Nummervoorziening: what was asked, for whom, and what came of it.

An answer can be fetched once. So it is kept, sealed with the school's key, in the transaction that says that it was
fetched, and goes into the vault after that, however often that is interrupted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

from sqlalchemy import Connection, Engine, and_, delete, exists, func, insert, select, update

from gateway.storage import schema
from gateway.storage.engine import utc
from gateway.storage.vault import Vault

LEASE_SECONDS = 600
"""How long whoever works on a batch has it alone."""
STAMPS = "stamps"
"""Stands where a batch has its sector, of one that asks for stampseudonyms, which are of none."""
_PURPOSE = "eck-id-answer"
_batches, _rows = schema.eck_id_batches, schema.eck_id_batch_rows


class State(StrEnum):
    """What is next for a batch."""

    READY = auto()
    """To be submitted."""
    SUBMITTING = auto()
    """Being submitted; found so later, nobody knows whether it was."""
    SUBMITTED = auto()
    """To be asked for."""
    RETRIEVED = auto()
    """To be kept in the vault."""
    DONE = auto()
    UNSURE = auto()
    """Perhaps submitted: a person decides whether it is submitted anew."""
    LOST = auto()
    """Its answer is gone, and it must be submitted anew."""
    REFUSED = auto()
    """It was not taken, and will not be as it is."""


OPEN = (State.READY, State.SUBMITTING, State.SUBMITTED, State.RETRIEVED)
WAIT_FOR_SOMEBODY = (State.UNSURE, State.LOST, State.REFUSED)


class Outcome(StrEnum):
    """What came of one learner."""

    KEPT = auto()
    FAILED = auto()
    """Nummervoorziening made nothing of what it was given."""
    UNANSWERED = auto()
    """The answer does not speak of this one."""
    UNREADABLE = auto()
    """What the answer says is nothing of this environment."""
    HELD = auto()
    """Another account of the school has this ECK iD, or stampseudonym."""
    CHANGED = auto()
    """The entry in the vault went, or has another stampseudonym or ECK iD by now."""


@dataclass(frozen=True, slots=True)
class BatchState:
    """One batch. `counts` are learners by what came of them; None: nothing yet."""

    id: int
    school: str
    sector: str
    state: State
    identifier: str | None
    made: datetime
    due: int
    tries: int
    trouble: str | None
    counts: Mapping[Outcome | None, int]

    @property
    def of_hashes(self) -> bool:
        """Whether it asks for stampseudonyms. The hashes that were submitted are kept nowhere."""
        return self.sector == STAMPS


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One learner in a batch, by number. `said` is what Nummervoorziening says of a failure."""

    number: int
    account: str
    mark: str | None
    outcome: Outcome | None
    said: str | None


class SqlEckIdBatches:
    """On SQL. Every call raises SQLAlchemyError when the database does not answer."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def make(
        self,
        school: str,
        sector: str,
        accounts: Sequence[str],
        now: datetime,
        *,
        state: State = State.READY,
        due: int = 0,
    ) -> tuple[int, int] | None:
        """A new batch of the accounts that no open batch has: its id, and how many; None when there is none left."""
        waiting = exists().where(_batches.c.id == _rows.c.batch, _batches.c.state.in_((*OPEN, *WAIT_FOR_SOMEBODY)))
        with self._engine.begin() as connection:
            under_way = set(
                connection.scalars(
                    select(_rows.c.account).where(_rows.c.account.in_(accounts), _rows.c.outcome.is_(None), waiting)
                )
            )
            wanted = [one for one in accounts if one not in under_way]
            if not wanted:
                return None
            made = {"school": school, "sector": sector, "state": state, "made": now, "due": due, "tries": 0}
            key = connection.execute(insert(_batches).values(made)).inserted_primary_key
            assert key is not None
            rows = [{"batch": key[0], "number": number, "account": one} for number, one in enumerate(wanted)]
            connection.execute(insert(_rows), rows)
        return key[0], len(wanted)

    def take(self, now: int) -> BatchState | None:
        """An open batch whose time has come; nobody else gets it while the lease lasts."""
        due = select(_batches.c.id, _batches.c.due).where(_batches.c.state.in_(OPEN), _batches.c.due <= now)
        with self._engine.begin() as connection:
            for row in connection.execute(due.order_by(_batches.c.due, _batches.c.id)).all():
                mine = update(_batches).where(_batches.c.id == row.id, _batches.c.due == row.due)
                if connection.execute(mine.values(due=now + LEASE_SECONDS)).rowcount:
                    return self._one(connection, row.id)
        return None

    def next_due(self) -> int | None:
        """When the next open batch has its turn; None: there is none."""
        with self._engine.connect() as connection:
            due: int | None = connection.scalar(select(func.min(_batches.c.due)).where(_batches.c.state.in_(OPEN)))
        return due

    def find(self, batch: int) -> BatchState | None:
        """One, by its id."""
        with self._engine.connect() as connection:
            return self._one(connection, batch)

    def all(self) -> Iterator[BatchState]:
        """The newest first."""
        with self._engine.connect() as connection:
            for one in connection.scalars(select(_batches.c.id).order_by(_batches.c.id.desc())).all():
                found = self._one(connection, one)
                if found is not None:
                    yield found

    def rows(self, batch: int) -> Sequence[BatchRow]:
        """Its learners."""
        with self._engine.connect() as connection:
            found = connection.execute(select(_rows).where(_rows.c.batch == batch).order_by(_rows.c.number)).all()
        return [
            BatchRow(row.number, row.account, row.mark, Outcome(row.outcome) if row.outcome else None, row.said)
            for row in found
        ]

    def set(self, batch: int, state: State, *, due: int, tries: int = 0, trouble: str | None = None) -> None:
        """What is next for it, and when."""
        changed = {"state": state, "due": due, "tries": tries, "trouble": trouble}
        with self._engine.begin() as connection:
            connection.execute(update(_batches).where(_batches.c.id == batch).values(changed))

    def withdraw(self, batch: int) -> None:
        """Forget one that Nummervoorziening has not taken."""
        with self._engine.begin() as connection:
            connection.execute(delete(_rows).where(_rows.c.batch == batch))
            connection.execute(delete(_batches).where(_batches.c.id == batch))

    def give_up(self, batch: int) -> None:
        """No answer comes for those who have none: they can be asked for in another batch."""
        with self._engine.begin() as connection:
            unanswered = update(_rows).where(_rows.c.batch == batch, _rows.c.outcome.is_(None))
            connection.execute(unanswered.values(outcome=Outcome.UNANSWERED))
            done = {"state": State.DONE, "due": 0, "tries": 0}
            connection.execute(update(_batches).where(_batches.c.id == batch).values(done))

    def submitting(self, batch: int, marks: Mapping[int, str], *, due: int) -> None:
        """It is about to be submitted with these stampseudonyms, known by their marks; the others have changed."""
        with self._engine.begin() as connection:
            waiting = (_rows.c.batch == batch, _rows.c.outcome.is_(None))
            numbers = connection.scalars(select(_rows.c.number).where(*waiting)).all()
            for number in numbers:
                said = {"mark": marks[number]} if number in marks else {"outcome": Outcome.CHANGED}
                connection.execute(update(_rows).where(_rows.c.batch == batch, _rows.c.number == number).values(said))
            state = {"state": State.SUBMITTING, "due": due}
            connection.execute(update(_batches).where(_batches.c.id == batch).values(state))

    def submitted(self, batch: int, identifier: str, *, due: int) -> None:
        """Nummervoorziening has it under this identifier."""
        changed = {"state": State.SUBMITTED, "identifier": identifier, "due": due, "tries": 0, "trouble": None}
        with self._engine.begin() as connection:
            connection.execute(update(_batches).where(_batches.c.id == batch).values(changed))

    def retrieved(self, batch: BatchState, values: Mapping[int, str], failed: Mapping[int, str]) -> None:
        """Its answer, in one transaction: values sealed, and what is said of those that failed."""
        with self._engine.begin() as connection:
            sealer = self._vault.sealer(connection, batch.school)
            waiting = (_rows.c.batch == batch.id, _rows.c.outcome.is_(None))
            for number in connection.scalars(select(_rows.c.number).where(*waiting)).all():
                said: dict[str, object] = {"outcome": Outcome.UNANSWERED}
                if number in values:
                    place = f"{batch.id}:{number}"
                    said = {"sealed": sealer.seal(values[number].encode(), purpose=_PURPOSE, key=place)}
                elif number in failed:
                    said = {"outcome": Outcome.FAILED, "said": failed[number][:200]}
                here = and_(_rows.c.batch == batch.id, _rows.c.number == number)
                connection.execute(update(_rows).where(here).values(said))
            state = {"state": State.RETRIEVED, "tries": 0, "trouble": None}
            connection.execute(update(_batches).where(_batches.c.id == batch.id).values(state))

    def answers(self, batch: BatchState) -> Iterator[tuple[BatchRow, str]]:
        """What was retrieved and is not in the vault yet."""
        with self._engine.begin() as connection:
            sealer = self._vault.sealer(connection, batch.school)
            here = (_rows.c.batch == batch.id, _rows.c.sealed.is_not(None))
            found = connection.execute(select(_rows).where(*here).order_by(_rows.c.number)).all()
        for row in found:
            value = sealer.open(row.sealed, purpose=_PURPOSE, key=f"{batch.id}:{row.number}").decode()
            yield BatchRow(row.number, row.account, row.mark, None, None), value

    def settle(self, batch: int, number: int, outcome: Outcome) -> None:
        """What came of one; its answer is kept here no longer."""
        here = and_(_rows.c.batch == batch, _rows.c.number == number)
        with self._engine.begin() as connection:
            connection.execute(update(_rows).where(here).values(outcome=outcome, sealed=None))

    @staticmethod
    def _one(connection: Connection, batch: int) -> BatchState | None:
        row = connection.execute(select(_batches).where(_batches.c.id == batch)).one_or_none()
        if row is None:
            return None
        counted = select(_rows.c.outcome, func.count()).where(_rows.c.batch == batch).group_by(_rows.c.outcome)
        counts = {Outcome(one[0]) if one[0] else None: one[1] for one in connection.execute(counted)}
        return BatchState(
            id=row.id,
            school=row.school,
            sector=row.sector,
            state=State(row.state),
            identifier=row.identifier,
            made=utc(row.made),
            due=row.due,
            tries=row.tries,
            trouble=row.trouble,
            counts=counts,
        )


def delete_made_before(connection: Connection, moment: datetime) -> None:
    """Forget old batches that nobody waits for, in a transaction that is under way."""
    over = (_batches.c.made < moment, _batches.c.state.not_in(OPEN))
    gone = select(_batches.c.id).where(*over)
    connection.execute(delete(_rows).where(_rows.c.batch.in_(gone)))
    connection.execute(delete(_batches).where(*over))
