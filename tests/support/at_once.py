"""Two accounts of a school that show one ECK iD for the first time at the same instant, each at a replica."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from threading import Barrier, Event

from sqlalchemy import Engine

from gateway.domain.anomaly import Anomaly, Rule
from gateway.domain.errors import ErrorCode, SluisError
from gateway.storage.contracts import LedgerRow, Seen
from gateway.storage.ledger import SqlLedger
from gateway.storage.seen_eck_ids import SqlSeenEckIds
from tests.support.ledger import sql_ledger
from tests.support.releasing import KEY, SENT, Records, World, world

ACCOUNTS = ("fenna77@regenboog.example", "twin@regenboog.example")
_PATIENCE = 120


@dataclass
class Meeting:
    """Fulfils Ledger: waits for the other when it is decided what is kept of the account, and when that is kept."""

    ledger: SqlLedger
    decided: Callable[[], object]
    kept: Callable[[], object]

    def append(self, row: LedgerRow, *, seen: Seen | None = None) -> None:
        if seen is not None:
            self.decided()
        self.ledger.append(row, seen=seen)
        if seen is not None:
            self.kept()

    def take_back(self) -> None:
        self.ledger.take_back()


@dataclass
class AtOnce:
    """A school on the records of an engine, and the rule for an ECK iD that two accounts share."""

    engine: Engine
    rule: Rule

    def __post_init__(self) -> None:
        self.records = Records()

    @property
    def kinds(self) -> list[str]:
        return [row.kind for row in self.records.anomalies]

    def in_turn(self) -> list[ErrorCode | None]:
        """Each account logs in, one after the other."""
        with closing(sql_ledger(self.engine)) as ledger:
            return [self._login(account, Meeting(ledger, bool, bool)) for account in ACCOUNTS]

    def both_before_either_looks_again(self) -> list[ErrorCode | None]:
        decided, kept = Barrier(2, timeout=_PATIENCE), Barrier(2, timeout=_PATIENCE)
        with ExitStack() as stack:
            meetings = [Meeting(self._ledger(stack), decided.wait, kept.wait) for _ in ACCOUNTS]
            return self._run(meetings)

    def one_is_through_before_the_other_is_kept(self) -> list[ErrorCode | None]:
        decided, through = Barrier(2, timeout=_PATIENCE), Event()

        def after_the_first() -> None:
            decided.wait()
            assert through.wait(_PATIENCE)

        with ExitStack() as stack:
            first = Meeting(self._ledger(stack), decided.wait, bool)
            second = Meeting(self._ledger(stack), after_the_first, bool)
            return self._run([first, second], through)

    def _ledger(self, stack: ExitStack) -> SqlLedger:
        return stack.enter_context(closing(sql_ledger(self.engine)))

    def _run(self, meetings: list[Meeting], through: Event | None = None) -> list[ErrorCode | None]:
        def login(number: int) -> ErrorCode | None:
            try:
                return self._login(ACCOUNTS[number], meetings[number])
            finally:
                if number == 0 and through is not None:
                    through.set()

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(login, range(2)))

    def _login(self, account: str, ledger: Meeting) -> ErrorCode | None:
        given: World = world()
        given.records, given.ledger = self.records, ledger
        given.seen = SqlSeenEckIds(self.engine, KEY)
        given.rules = {**given.rules, Anomaly.ECK_ID_SHARED: self.rule}
        rows = ledger.ledger.answers.expect()
        try:
            given.release({**SENT, "uid": (account,)})
        except SluisError as error:
            return error.code
        finally:
            assert len(rows) == 1, "one row of the ledger has an answer"
        return None


def check_reported(engine: Engine) -> None:
    """Reported, of whichever comes last, and at every login from then on."""
    school = AtOnce(engine, Rule.REPORT)
    assert school.one_is_through_before_the_other_is_kept() == [None, None]
    assert school.kinds == ["eck_id_shared"]
    assert school.in_turn() == [None, None]
    assert school.kinds == ["eck_id_shared"] * 2


def check_held(engine: Engine) -> None:
    """Nobody knows which was first: neither is, until somebody says whose it is."""
    school = AtOnce(engine, Rule.HOLD)
    held = ErrorCode.ECK_ID_HELD
    assert school.both_before_either_looks_again() == [held, held]
    assert school.kinds == ["eck_id_shared"] * 2
    assert school.in_turn() == [held, held]
