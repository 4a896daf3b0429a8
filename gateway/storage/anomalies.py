"""The anomalies on SQL."""

from sqlalchemy import Engine

from gateway.storage import schema
from gateway.storage.contracts import AnomalyRow
from gateway.storage.engine import insert_or_leave
from gateway.storage.transaction import transaction


class SqlAnomalies:
    """Fulfils Anomalies."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = insert_or_leave(engine, schema.anomalies)

    def record(self, row: AnomalyRow) -> None:
        values = {
            "at": row.at,
            "day": row.at.date().isoformat(),
            "reference": row.reference,
            "kind": row.kind,
            "idp": row.idp,
            "school": row.school,
            "account": row.account or "",
        }
        with transaction(self._engine) as connection:
            connection.execute(self._insert, values)
