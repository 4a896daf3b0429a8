"""A pairwise identifier that was given out while the ECK iD of an account was gone says of which it took the place."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
serves = "0014"
"""Gateways before it do without the column: they go on with that identifier when the ECK iD is back."""


def upgrade() -> None:
    """Add the column."""
    op.add_column("subjects", sa.Column("after", sa.String(64)))
