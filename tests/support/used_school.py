"""A ledger with the logins of a school in it, written as the gateway writes them, and the report of it."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Engine

from gateway.domain.anomaly import Anomaly
from gateway.domain.brin import Brin
from gateway.domain.language import Language
from gateway.federation.snapshot import Federation
from gateway.reports.of_school import Sources, report_of_school
from gateway.reports.school import Period, SchoolReport
from gateway.settings.models.anomalies import AnomalyRules
from gateway.storage import migrate
from gateway.storage.anomalies import SqlAnomalies
from gateway.storage.contracts import AnomalyRow, LedgerRow
from gateway.storage.engine import open_engine
from gateway.storage.sealing import SecretKey
from tests.support.ledger import LEDGER_KEY, sql_ledger
from tests.support.small_federation import small_federation

MONDAY = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
LATER = datetime(2026, 10, 2, 12, 0, tzinfo=UTC)
SEPTEMBER = Period(date(2026, 9, 1), date(2026, 9, 30))
OTHER_KEY = SecretKey("l2", b"the next ledger key of the tests, long enough")
ECK_ID = {"eck_id": {"rule": "identifier-eck-id"}}
FALLBACK = {"eck_id": {"rule": "identifier-replaced"}, "provisional_id": {"rule": "identifier-fallback"}}
NAME = {"given_name": {"rule": "released-base"}}
NO_NAME = {"given_name": {"rule": "stopped-not-sent"}}
INITIAL = {"surname": {"rule": "released-base", "reduction": "initial"}}


def account(person: int) -> str:
    return sha256(f"person {person}".encode()).hexdigest()


@dataclass
class UsedSchool:
    """Writes rows of the Regenboog; each has a reference of its own unless it is given one."""

    engine: Engine
    federation: Federation = field(default_factory=small_federation)
    kept: timedelta = timedelta(days=730)
    key: SecretKey = LEDGER_KEY
    rows: list[LedgerRow] = field(default_factory=list)
    _count: int = 0

    def row(self, person: int | None, decision: dict[str, dict[str, str]], **changes: object) -> None:
        self._count += 1
        kind = "eck_id" if decision.get("eck_id", {}).get("rule") == "identifier-eck-id" else "provisional"
        made = LedgerRow(
            at=MONDAY,
            reference=f"R{self._count:09}",
            service="rekentuin",
            idp="po",
            school="99XA",
            role="student",
            outcome="released",
            code=None,
            agreement="A-1",
            attribute_set=1,
            policy="2026.2",
            subject_kind=kind,
            subject_hash=account(person) if person is not None else None,
            decision=json.dumps(decision, separators=(",", ":")),
        )
        self.rows.append(replace(made, **changes))

    def released(self, people: range, decision: dict[str, dict[str, str]], times: int = 1, **changes: object) -> None:
        for person in people:
            for _ in range(times):
                self.row(person, decision, **changes)

    def refused(self, people: range, code: str, **changes: object) -> None:
        nothing = {"role": None, "subject_kind": None, "agreement": None, "attribute_set": None}
        for person in people:
            self.row(person, {}, outcome="refused", code=code, **{**nothing, **changes})

    def odd(self, people: range, kind: Anomaly, *, at: datetime = MONDAY, school: str | None = "99XA") -> None:
        """Something was wrong with the identifiers of these people at a login."""
        records = SqlAnomalies(self.engine)
        for person in people:
            records.record(AnomalyRow(at, "R1", kind, "po", school, sha256(f"account {person}".encode()).hexdigest()))

    def write(self) -> None:
        with closing(sql_ledger(self.engine, key=self.key)) as ledger:
            for row in self.rows:
                ledger.append(row)
        self.rows.clear()

    def report(self, *, period: Period = SEPTEMBER, brin: str = "99XA", now: datetime = LATER) -> SchoolReport:
        self.write()
        found = report_of_school(
            Sources(self.engine, self.federation, self.kept, AnomalyRules().by_kind),
            Brin(brin),
            period,
            now=now,
            language=Language.EN,
        )
        assert found is not None
        return found


@contextmanager
def used_school(directory: Path) -> Iterator[UsedSchool]:
    engine = open_engine("sqlite:///lasting.sqlite", directory=directory)
    migrate.upgrade(engine)
    yield UsedSchool(engine)
    engine.dispose()
