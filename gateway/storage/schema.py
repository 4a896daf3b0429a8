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
_INSTANT = DateTime(timezone=True)
_CONFIGURED = String(64)
"""The id of an entry of the configuration."""
_BRIN = String(6)
_SECTOR = String(8)
_WORD = String(16)
"""One of a vocabulary."""
_REFERENCE = String(16)
"""Of a login."""
_KEY_ID = String(32)
_HASH = String(64)
"""SHA-256 in hexadecimal, keyed wherever it stands for somebody."""

ledger = Table(
    "ledger",
    metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("at", _INSTANT, nullable=False),
    Column("reference", _REFERENCE, nullable=False),
    Column("service", _CONFIGURED, nullable=False),
    Column("idp", _CONFIGURED, nullable=False),
    Column("school", _BRIN),
    Column("role", _WORD),
    Column("outcome", _WORD, nullable=False),
    Column("code", String(64)),
    Column("agreement", String(200)),
    Column("attribute_set", Integer),
    Column("policy", String(64)),
    Column("subject_kind", _WORD),
    Column("subject_hash", _HASH),
    Column("decision", Text, nullable=False),
    Column("writer", String(32), nullable=False, server_default=""),
    Column("number", BigInteger, nullable=False, server_default="0"),
    Column("answers", Text),
    Column("subject_salt", String(32)),
    Column("subject_mark", _HASH),
    Column("previous", _HASH, nullable=False, server_default=""),
    Column("hash", _HASH, nullable=False, server_default=""),
    Index("ix_ledger_school_at", "school", "at"),
    Index("ix_ledger_writer_number", "writer", "number", unique=True),
)
"""The chain: see `gateway.storage.ledger_chain`. Rows of before there was one have the empty string for a writer."""

ledger_writers = Table(
    "ledger_writers",
    metadata,
    Column("writer", String(32), primary_key=True),
    Column("serial", Integer, nullable=False, unique=True),
    Column("key_id", _KEY_ID, nullable=False),
    Column("began", _INSTANT, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("head", _HASH, nullable=False),
    Column("seal", _HASH, nullable=False),
    Column("purged", BigInteger, nullable=False, server_default="0"),
    Column("purged_head", _HASH, nullable=False, server_default=""),
    Column("purge_seal", _HASH, nullable=False, server_default=""),
)

anomalies = Table(
    "anomalies",
    metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("at", _INSTANT, nullable=False),
    Column("day", String(10), nullable=False),
    Column("reference", _REFERENCE, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("idp", _CONFIGURED, nullable=False),
    Column("school", _BRIN),
    Column("account", _HASH, nullable=False),
    Column("resolved", _INSTANT),
    UniqueConstraint("day", "kind", "idp", "account"),
)

subjects = Table(
    "subjects",
    metadata,
    Column("account", _HASH, primary_key=True),
    Column("service", _CONFIGURED, primary_key=True),
    Column("key_id", _KEY_ID, nullable=False),
    Column("since", _INSTANT, nullable=False),
    Column("anchor", _HASH),
    Column("after", _HASH),
)

known_as = Table(
    "known_as",
    metadata,
    Column("account", _HASH, primary_key=True),
    Column("service", _CONFIGURED, primary_key=True),
    Column("kind", _WORD, nullable=False),
    Column("mark", _HASH, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("former", LargeBinary),
    Column("reference", _REFERENCE, nullable=False),
    Column("changed", _INSTANT, nullable=False),
    Column("key_id", _KEY_ID, nullable=False),
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
    Column("school", _BRIN, primary_key=True),
    Column("sealed_key", LargeBinary, nullable=False),
)
"""The key of each school's entries, sealed: without this row nothing of the school can be read any more."""

vault_entries = Table(
    "vault_entries",
    metadata,
    Column("account", _HASH, primary_key=True),
    Column("school", _BRIN, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("until", Date),
    Index("ix_vault_entries_school", "school"),
    Index("ix_vault_entries_until", "until"),
)

vault_marks = Table(
    "vault_marks",
    metadata,
    Column("school", _BRIN, primary_key=True),
    Column("mark", _HASH, primary_key=True),
    Column("account", _HASH, nullable=False),
    Index("ix_vault_marks_account", "account"),
)
"""Keyed hashes of the ECK iDs that a school's accounts have: one has one account there."""

eck_id_batches = Table(
    "eck_id_batches",
    metadata,
    Column("id", _ROW_ID, primary_key=True, autoincrement=True),
    Column("school", _BRIN, nullable=False),
    Column("sector", _SECTOR, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("identifier", String(255)),
    Column("made", _INSTANT, nullable=False),
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
    Column("account", _HASH, nullable=False),
    Column("mark", _HASH),
    Column("outcome", _WORD),
    Column("said", String(200)),
    Column("sealed", LargeBinary),
    Index("ix_eck_id_batch_rows_account", "account"),
)
"""Whose ECK iDs a batch asks for; `mark` is the keyed hash of the stampseudonym, `sealed` an answer not yet kept."""

eck_id_lists = Table(
    "eck_id_lists",
    metadata,
    Column("kind", _WORD, primary_key=True),
    Column("content", Text, nullable=False),
    Column("fetched", _INSTANT, nullable=False),
)
"""The chains and the sectors that Nummervoorziening said it has."""

seen_eck_ids = Table(
    "seen_eck_ids",
    metadata,
    Column("account", _HASH, primary_key=True),
    Column("school", _BRIN, nullable=False),
    Column("sector", _SECTOR, nullable=False),
    Column("mark", _HASH),
    Column("since", _INSTANT, nullable=False),
    Column("odd", Boolean, nullable=False),
    Index("ix_seen_eck_ids_mark", "mark"),
)
"""What was seen last of each account's ECK iD, as a keyed hash; no `mark`: it had none."""

account_links = Table(
    "account_links",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", _WORD, nullable=False),
    Column("state", _WORD, nullable=False),
    Column("holder", _HASH, nullable=False),
    Column("linked", _HASH, nullable=False),
    Column("school", _BRIN, nullable=False),
    Column("made", _INSTANT, nullable=False),
    Column("seen", _INSTANT, nullable=False),
    Column("until", Date, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", _BRIN),
    Column("approved", _INSTANT),
    Column("approved_by", _BRIN),
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
    Column("account", _HASH, primary_key=True),
    Column("service", _CONFIGURED, primary_key=True),
    Column("what", Text, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Index("ix_consents_at", "at"),
)
"""What somebody with an identity of their own lets go to a service: names of attributes, no value."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("service", _CONFIGURED, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("topic", _WORD, nullable=False, server_default="logout"),
    Index("ix_outbox_due", "due"),
)
"""What services are still to be told, of logouts or of successions; `due` in seconds since 1970."""

schema_serves = Table("schema_serves", metadata, Column("version", String(32), primary_key=True))
"""Versions of the schema whose gateways go on working on this one: see `gateway.storage.migrate`."""
