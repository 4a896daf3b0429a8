"""The ledger, the anomalies and the subjects."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_APPEND_ONLY_SQLITE = """
CREATE TRIGGER ledger_{event} BEFORE {event} ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""
_APPEND_ONLY_POSTGRESQL = (
    """
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$
""",
    """
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()
""",
)


def upgrade() -> None:
    """Create the tables, and have the database itself refuse changes of the ledger."""
    op.create_table(
        "ledger",
        sa.Column("id", _ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("idp", sa.String(64), nullable=False),
        sa.Column("school", sa.String(6)),
        sa.Column("role", sa.String(16)),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("code", sa.String(64)),
        sa.Column("agreement", sa.String(200)),
        sa.Column("attribute_set", sa.Integer),
        sa.Column("policy", sa.String(64)),
        sa.Column("subject_kind", sa.String(16)),
        sa.Column("subject_hash", sa.String(64)),
        sa.Column("decision", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
    )
    op.create_index("ix_ledger_reference", "ledger", ["reference"])
    op.create_index("ix_ledger_school_at", "ledger", ["school", "at"])
    op.create_table(
        "anomalies",
        sa.Column("id", _ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("idp", sa.String(64), nullable=False),
        sa.Column("school", sa.String(6)),
        sa.Column("account", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_anomalies"),
        sa.UniqueConstraint("day", "kind", "idp", "account", name="uq_anomalies_day"),
    )
    op.create_table(
        "subjects",
        sa.Column("account", sa.String(64)),
        sa.Column("service", sa.String(64)),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "service", name="pk_subjects"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(_APPEND_ONLY_SQLITE.format(event=event))
    else:
        for statement in _APPEND_ONLY_POSTGRESQL:
            op.execute(statement)
