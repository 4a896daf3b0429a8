"""Consents in memory."""

from dataclasses import dataclass, field

from gateway.storage.contracts import ConsentRow


@dataclass
class HeldConsents:
    """Fulfils Consents."""

    rows: dict[tuple[str, str], ConsentRow] = field(default_factory=dict)

    def find(self, account: str, service: str) -> ConsentRow | None:
        return self.rows.get((account, service))

    def keep(self, row: ConsentRow) -> None:
        self.rows[row.account, row.service] = row

    def of_account(self, account: str) -> tuple[ConsentRow, ...]:
        return tuple(row for (of, _), row in self.rows.items() if of == account)

    def withdraw(self, account: str, service: str) -> bool:
        return self.rows.pop((account, service), None) is not None
