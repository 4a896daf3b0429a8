"""Account links in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.domain.link import LinkState
from gateway.storage.contracts import LinkRow


@dataclass
class HeldLinks:
    """Fulfils Links."""

    rows: dict[str, LinkRow] = field(default_factory=dict)

    def of_holder(self, holder: str, school: str) -> LinkRow | None:
        return next((one for one in self.rows.values() if (one.holder, one.school) == (holder, school)), None)

    def from_account(self, holder: str, at: str) -> tuple[LinkRow, ...]:
        return tuple(one for one in self.rows.values() if (one.holder, one.at) == (holder, at))

    def of_linked(self, linked: str) -> tuple[LinkRow, ...]:
        return tuple(one for one in self.rows.values() if one.linked == linked)

    def make(self, row: LinkRow, *, instead_of: Sequence[str] = ()) -> bool:
        left = {link: one for link, one in self.rows.items() if link not in instead_of}
        taken = any(
            (one.holder, one.school) == (row.holder, row.school) or (one.linked, one.kind) == (row.linked, row.kind)
            for one in left.values()
        )
        if not taken:
            self.rows = {**left, row.id: row}
        return not taken

    def change(self, row: LinkRow, *, was: LinkState) -> bool:
        if row.id not in self.rows or self.rows[row.id].state is not was:
            return False
        self.rows[row.id] = row
        return True

    def of_account(self, account: str) -> tuple[LinkRow, ...]:
        return tuple(one for one in self.rows.values() if account in (one.holder, one.linked))

    def revoke(self, links: Sequence[str]) -> int:
        return len([self.rows.pop(link) for link in links if link in self.rows])

    def approve(self, link: str, school: str, now: datetime) -> bool:
        """As `sluis links approve` does."""
        row = replace(self.rows[link], state=LinkState.LIVE, approved=now, approved_by=school, approval="T-1")
        return self.change(row, was=LinkState.PENDING)
