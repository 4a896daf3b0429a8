"""Which gateways may go on working on this schema, for those that are older than it."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
serves = "0014"
"""Gateways before it do not read the table, and refuse a schema that is not theirs."""


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "schema_serves",
        sa.Column("version", sa.String(32)),
        sa.PrimaryKeyConstraint("version", name="pk_schema_serves"),
    )
