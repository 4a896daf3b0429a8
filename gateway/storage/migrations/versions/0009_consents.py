"""What people who come with an identity of their own let go to a service."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "consents",
        sa.Column("account", sa.String(64)),
        sa.Column("service", sa.String(64)),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "service", name="pk_consents"),
    )
    op.create_index("ix_consents_at", "consents", ["at"])
