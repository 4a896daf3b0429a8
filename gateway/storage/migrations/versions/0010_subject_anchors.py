"""An account may take the place of another: its subjects are derived from the one before."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """None: from the account itself."""
    op.add_column("subjects", sa.Column("anchor", sa.String(64)))
