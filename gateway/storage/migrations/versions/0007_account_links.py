"""Two accounts that one person proved to have."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "account_links",
        sa.Column("id", sa.String(64)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("linked", sa.String(64), nullable=False),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account_links"),
        sa.UniqueConstraint("holder", "school", name="uq_account_links_holder"),
        sa.UniqueConstraint("linked", "kind", name="uq_account_links_linked"),
    )
    op.create_index("ix_account_links_school", "account_links", ["school"])
    op.create_index("ix_account_links_until", "account_links", ["until"])
