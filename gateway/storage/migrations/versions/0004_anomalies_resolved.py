"""When somebody dealt with an anomaly."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Those that are there are open."""
    op.add_column("anomalies", sa.Column("resolved", sa.DateTime(timezone=True)))
