"""The vault: what a school's administration says of its accounts, sealed with a key of the school."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "vault_schools",
        sa.Column("school", sa.String(6)),
        sa.Column("sealed_key", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("school", name="pk_vault_schools"),
    )
    op.create_table(
        "vault_entries",
        sa.Column("account", sa.String(64)),
        sa.Column("school", sa.String(6)),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("until", sa.Date),
        sa.PrimaryKeyConstraint("account", "school", name="pk_vault_entries"),
    )
    op.create_index("ix_vault_entries_school", "vault_entries", ["school"])
    op.create_index("ix_vault_entries_until", "vault_entries", ["until"])
    op.create_table(
        "vault_marks",
        sa.Column("school", sa.String(6)),
        sa.Column("mark", sa.String(64)),
        sa.Column("account", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("school", "mark", name="pk_vault_marks"),
    )
    op.create_index("ix_vault_marks_account", "vault_marks", ["account"])
