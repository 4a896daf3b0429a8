"""The chain of the ledger: writers, numbers, hashes; what may be purged and erased, and nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEPT = (
    "id", "at", "reference", "service", "idp", "school", "role", "outcome", "code", "agreement", "attribute_set",
    "policy", "subject_kind", "decision", "writer", "number", "answers", "subject_mark", "previous", "hash",
)  # fmt: skip
_ERASES = "NEW.subject_hash IS NULL AND NEW.subject_salt IS NULL AND " + " AND ".join(
    f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in _KEPT
)
_PURGED = "OLD.number <= COALESCE((SELECT purged FROM ledger_writers WHERE writer = OLD.writer), 0)"
_GOES_ON = (
    "NEW.writer = OLD.writer AND NEW.serial = OLD.serial AND NEW.number >= OLD.number AND NEW.purged >= OLD.purged"
)

_GUARDS = (
    ("ledger", "UPDATE", _ERASES, "the ledger is append-only"),
    ("ledger", "DELETE", _PURGED, "the ledger is append-only"),
    ("ledger_writers", "UPDATE", _GOES_ON, "the ledger is append-only"),
    ("ledger_writers", "DELETE", "1 = 0", "the ledger is append-only"),
)


def upgrade() -> None:
    """Give the ledger its chain; rows that are there stay, as those of a writer without a name."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    _drop_guards(on_sqlite=on_sqlite)
    for column in (
        sa.Column("writer", sa.String(32), nullable=False, server_default=""),
        sa.Column("number", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("answers", sa.Text),
        sa.Column("subject_salt", sa.String(32)),
        sa.Column("subject_mark", sa.String(64)),
        sa.Column("previous", sa.String(64), nullable=False, server_default=""),
        sa.Column("hash", sa.String(64), nullable=False, server_default=""),
    ):
        op.add_column("ledger", column)
    op.execute("UPDATE ledger SET number = id")
    op.create_index("ix_ledger_writer_number", "ledger", ["writer", "number"], unique=True)
    op.create_table(
        "ledger_writers",
        sa.Column("writer", sa.String(32)),
        sa.Column("serial", sa.Integer, nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("purged", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("purged_head", sa.String(64), nullable=False, server_default=""),
        sa.Column("purge_seal", sa.String(64), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("writer", name="pk_ledger_writers"),
        sa.UniqueConstraint("serial", name="uq_ledger_writers_serial"),
    )
    op.execute(
        "INSERT INTO ledger_writers (writer, serial, key_id, began, number, head, seal) "
        "SELECT '', 0, '', MIN(at), MAX(id), '', '' FROM ledger HAVING COUNT(*) > 0"
    )
    for guard in _GUARDS:
        _guard(*guard, on_sqlite=on_sqlite)
    if not on_sqlite:
        for table in ("ledger", "ledger_writers"):
            op.execute(
                f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
            )


def _drop_guards(*, on_sqlite: bool) -> None:
    if on_sqlite:
        op.execute("DROP TRIGGER ledger_UPDATE")
        op.execute("DROP TRIGGER ledger_DELETE")
    else:
        op.execute("DROP TRIGGER ledger_append_only ON ledger")


def _guard(table: str, event: str, allowed: str, said: str, *, on_sqlite: bool) -> None:
    name = f"{table}_{event.lower()}"
    if on_sqlite:
        condition = allowed.replace("IS NOT DISTINCT FROM", "IS")
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN NOT ({condition}) "
            f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NOT ({allowed}) THEN RAISE EXCEPTION '{said}'; END IF; "
        f"RETURN {'OLD' if event == 'DELETE' else 'NEW'}; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
