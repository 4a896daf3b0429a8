"""An index of the ledger that nothing looked anything up by, and that every login paid for."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Drop it."""
    op.drop_index("ix_ledger_reference", "ledger")
