"""Tables of the lasting records. No attribute value and no local id stands in any of them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

_ROW_ID = BigInteger().with_variant(Integer, "sqlite")

ledger = Table(
    "ledger",
    metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("reference", String(16), nullable=False),
    Column("service", String(64), nullable=False),
    Column("idp", String(64), nullable=False),
    Column("school", String(6)),
    Column("role", String(16)),
    Column("outcome", String(16), nullable=False),
    Column("code", String(64)),
    Column("agreement", String(200)),
    Column("attribute_set", Integer),
    Column("policy", String(64)),
    Column("subject_kind", String(16)),
    Column("subject_hash", String(64)),
    Column("decision", Text, nullable=False),
    Column("writer", String(32), nullable=False, server_default=""),
    Column("number", BigInteger, nullable=False, server_default="0"),
    Column("answers", Text),
    Column("subject_salt", String(32)),
    Column("subject_mark", String(64)),
    Column("previous", String(64), nullable=False, server_default=""),
    Column("hash", String(64), nullable=False, server_default=""),
    Index("ix_ledger_school_at", "school", "at"),
    Index("ix_ledger_writer_number", "writer", "number", unique=True),
)
"""The chain: see `gateway.storage.ledger_chain`. Rows of before there was one have the empty string for a writer."""

ledger_writers = Table(
    "ledger_writers",
    metadata,
    Column("writer", String(32), primary_key=True),
    Column("serial", Integer, nullable=False, unique=True),
    Column("key_id", String(32), nullable=False),
    Column("began", DateTime(timezone=True), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("head", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
    Column("purged", BigInteger, nullable=False, server_default="0"),
    Column("purged_head", String(64), nullable=False, server_default=""),
    Column("purge_seal", String(64), nullable=False, server_default=""),
)

anomalies = Table(
    "anomalies",
    metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("day", String(10), nullable=False),
    Column("reference", String(16), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("idp", String(64), nullable=False),
    Column("school", String(6)),
    Column("account", String(64), nullable=False),
    Column("resolved", DateTime(timezone=True)),
    UniqueConstraint("day", "kind", "idp", "account"),
)

subjects = Table(
    "subjects",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("service", String(64), primary_key=True),
    Column("key_id", String(32), nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("anchor", String(64)),
    Column("after", String(64)),
)

known_as = Table(
    "known_as",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("service", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("mark", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("former", LargeBinary),
    Column("reference", String(16), nullable=False),
    Column("changed", DateTime(timezone=True), nullable=False),
    Column("key_id", String(32), nullable=False),
    Index("ix_known_as_changed", "changed"),
    Index("ix_known_as_reference", "reference"),
)
"""By what identifier a service that wants to hear of successions knows an account: sealed, and its keyed hash.

`former` is the identifier before it, sealed, until the service has heard; `reference` is the login that brought the
change, `key_id` what sealed both.
"""

vault_schools = Table(
    "vault_schools",
    metadata,
    Column("school", String(6), primary_key=True),
    Column("sealed_key", LargeBinary, nullable=False),
)
"""The key of each school's entries, sealed: without this row nothing of the school can be read any more."""

vault_entries = Table(
    "vault_entries",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("school", String(6), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("until", Date),
    Index("ix_vault_entries_school", "school"),
    Index("ix_vault_entries_until", "until"),
)

vault_marks = Table(
    "vault_marks",
    metadata,
    Column("school", String(6), primary_key=True),
    Column("mark", String(64), primary_key=True),
    Column("account", String(64), nullable=False),
    Index("ix_vault_marks_account", "account"),
)
"""Keyed hashes of the ECK iDs that a school's accounts have: one has one account there."""

eck_id_batches = Table(
    "eck_id_batches",
    metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("school", String(6), nullable=False),
    Column("sector", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("identifier", String(255)),
    Column("made", DateTime(timezone=True), nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("trouble", String(32)),
)
"""Batches at Nummervoorziening: see `gateway.storage.eck_id_batches`; `due` in seconds since 1970."""

eck_id_batch_rows = Table(
    "eck_id_batch_rows",
    metadata,
    Column("batch", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("account", String(64), nullable=False),
    Column("mark", String(64)),
    Column("outcome", String(16)),
    Column("said", String(200)),
    Column("sealed", LargeBinary),
    Index("ix_eck_id_batch_rows_account", "account"),
)
"""Whose ECK iDs a batch asks for; `mark` is the keyed hash of the stampseudonym, `sealed` an answer not yet kept."""

eck_id_lists = Table(
    "eck_id_lists",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("content", Text, nullable=False),
    Column("fetched", DateTime(timezone=True), nullable=False),
)
"""The chains and the sectors that Nummervoorziening said it has."""

seen_eck_ids = Table(
    "seen_eck_ids",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("school", String(6), nullable=False),
    Column("sector", String(8), nullable=False),
    Column("mark", String(64)),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("odd", Boolean, nullable=False),
    Index("ix_seen_eck_ids_mark", "mark"),
)
"""What was seen last of each account's ECK iD, as a keyed hash; no `mark`: it had none."""

account_links = Table(
    "account_links",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("holder", String(64), nullable=False),
    Column("linked", String(64), nullable=False),
    Column("school", String(6), nullable=False),
    Column("made", DateTime(timezone=True), nullable=False),
    Column("seen", DateTime(timezone=True), nullable=False),
    Column("until", Date, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", String(6)),
    Column("approved", DateTime(timezone=True)),
    Column("approved_by", String(6)),
    Column("approval", String(40)),
    Column("told", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("holder", "school"),
    UniqueConstraint("linked", "kind"),
    Index("ix_account_links_school", "school"),
    Index("ix_account_links_until", "until"),
)
"""An account comes to a school by one link, and is come to by one of each kind: see `gateway.storage.links`."""

consents = Table(
    "consents",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("service", String(64), primary_key=True),
    Column("what", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_consents_at", "at"),
)
"""What somebody with an identity of their own lets go to a service: names of attributes, no value."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("service", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("topic", String(16), nullable=False, server_default="logout"),
    Index("ix_outbox_due", "due"),
)
"""What services are still to be told, of logouts or of successions; `due` in seconds since 1970."""

schema_serves = Table("schema_serves", metadata, Column("version", String(32), primary_key=True))
"""Versions of the schema whose gateways go on working on this one: see `gateway.storage.migrate`."""
