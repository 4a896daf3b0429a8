"""What went of one person, as they may see it themselves: when, to which service, and the names of what went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from gateway.storage import schema
from gateway.storage.engine import utc
from gateway.storage.ledger_chain import Chains
from gateway.storage.sealing import SecretKey
from gateway.storage.transaction import transaction

_ledger = schema.ledger.c


@dataclass(frozen=True, slots=True)
class OwnRelease:
    """One row of the ledger. `decision` is its record (`gateway.release.record`)."""

    at: datetime
    reference: str
    service: str
    decision: str


class OwnReleases:
    """Reads the ledger by person. `keys` are the ledger keys: it knows a person by a hash of each."""

    def __init__(self, engine: Engine, keys: Sequence[SecretKey]) -> None:
        self._engine = engine
        self._chains = Chains(keys)

    def of(self, accounts: Sequence[str], school: str, *, since: datetime, most: int) -> tuple[OwnRelease, ...]:
        """The last releases of these accounts at a school, the newest first.

        Found by school and time, which have an index: a person has none. Raises SluisError STORE_UNAVAILABLE.
        """
        known = [one for account in accounts for one in self._chains.subjects(account)]
        wanted = (
            select(_ledger.at, _ledger.reference, _ledger.service, _ledger.decision)
            .where(
                _ledger.school == school,
                _ledger.at >= since,
                _ledger.subject_hash.in_(known),
                _ledger.outcome == "released",
            )
            .order_by(_ledger.at.desc(), _ledger.id.desc())
            .limit(most)
        )
        with transaction(self._engine) as connection:
            rows = connection.execute(wanted).all()
        return tuple(OwnRelease(utc(one.at), one.reference, one.service, one.decision) for one in rows)
