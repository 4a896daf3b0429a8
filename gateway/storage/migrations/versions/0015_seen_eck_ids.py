"""What was seen of each account's ECK iD, as a keyed hash, so that what is odd about it is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
serves = "0014"
"""Gateways before it do without the table."""


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "seen_eck_ids",
        sa.Column("account", sa.String(64)),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("sector", sa.String(8), nullable=False),
        sa.Column("mark", sa.String(64)),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("odd", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_seen_eck_ids"),
    )
    op.create_index("ix_seen_eck_ids_mark", "seen_eck_ids", ["mark"])
