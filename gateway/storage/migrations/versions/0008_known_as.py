"""By what identifier a service that wants to hear of successions knows an account; letters about more than logouts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table; the letters that wait are about logouts."""
    op.create_table(
        "known_as",
        sa.Column("account", sa.String(64)),
        sa.Column("service", sa.String(64)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("former", sa.LargeBinary),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("account", "service", name="pk_known_as"),
    )
    op.create_index("ix_known_as_changed", "known_as", ["changed"])
    op.add_column("outbox", sa.Column("topic", sa.String(16), nullable=False, server_default="logout"))
