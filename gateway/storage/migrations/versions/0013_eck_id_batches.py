"""ECK iDs are asked for by batch, and what there is at Nummervoorziening is remembered."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables."""
    row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "eck_id_batches",
        sa.Column("id", row_id, autoincrement=True),
        sa.Column("school", sa.String(6), nullable=False),
        sa.Column("sector", sa.String(8), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("identifier", sa.String(255)),
        sa.Column("made", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("trouble", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_eck_id_batches"),
    )
    op.create_table(
        "eck_id_batch_rows",
        sa.Column("batch", sa.BigInteger),
        sa.Column("number", sa.Integer),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("mark", sa.String(64)),
        sa.Column("outcome", sa.String(16)),
        sa.Column("said", sa.String(200)),
        sa.Column("sealed", sa.LargeBinary),
        sa.PrimaryKeyConstraint("batch", "number", name="pk_eck_id_batch_rows"),
    )
    op.create_index("ix_eck_id_batch_rows_account", "eck_id_batch_rows", ["account"])
    op.create_table(
        "eck_id_lists",
        sa.Column("kind", sa.String(16)),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("fetched", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_eck_id_lists"),
    )
