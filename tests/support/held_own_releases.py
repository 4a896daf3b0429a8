"""What went of a person, from a ledger in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.storage.own_releases import OwnRelease
from tests.support.releasing import Records


@dataclass
class HeldOwnReleases:
    """As OwnReleases, for accounts as they are: the ledger in memory hashes nothing."""

    records: Records

    def of(self, accounts: Sequence[str], school: str, *, since: datetime, most: int) -> tuple[OwnRelease, ...]:
        rows = [
            row
            for row in reversed(self.records.ledger)
            if row.outcome == "released" and row.school == school and row.at >= since and row.subject_hash in accounts
        ]
        return tuple(OwnRelease(row.at, row.reference, row.service, row.decision) for row in rows[:most])
