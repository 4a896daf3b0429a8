"""Links between accounts of two schools, which a school approves for a minor; and links that have stopped."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("account_links", sa.Column("at", sa.String(6)))
    op.add_column("account_links", sa.Column("approved", sa.DateTime(timezone=True)))
    op.add_column("account_links", sa.Column("approved_by", sa.String(6)))
    op.add_column("account_links", sa.Column("approval", sa.String(40)))
    op.add_column("account_links", sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.false()))
