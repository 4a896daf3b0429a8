"""What lies in the database by a key."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Column, Engine, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.key_waits import Dependents
from gateway.parts import lasting_engine
from gateway.settings.loader import Settings
from gateway.storage import schema
from gateway.storage.sealing import sealed_with

NOTHING = Dependents(0, 0, 0, 0)
UNKNOWN = Dependents(None, None, None, None)


def dependents_of(settings: Settings, ring: str, key_id: str) -> Dependents:
    """How much of the lasting records names this key; those of SAML and of OpenID Connect are not named there."""
    if ring not in ("pseudonyms", "ledger", "sealing"):
        return NOTHING
    try:
        engine = lasting_engine(settings)
        try:
            if ring == "pseudonyms":
                return replace(NOTHING, subjects=_count(engine, schema.subjects, key_id))
            if ring == "ledger":
                return replace(NOTHING, chains=_count(engine, schema.ledger_writers, key_id))
            schools = _sealed(engine, schema.vault_schools.c.sealed_key, key_id) + _count(
                engine, schema.known_as, key_id
            )
            return replace(NOTHING, schools=schools, links=_sealed(engine, schema.account_links.c.sealed, key_id))
        finally:
            engine.dispose()
    except (SQLAlchemyError, ValueError, OSError, ImportError):
        return UNKNOWN


def _sealed(engine: Engine, column: Column[Any], key_id: str) -> int:
    """Values in this column that were sealed with this key."""
    with engine.connect() as connection:
        return sum(sealed_with(row[0]) == key_id for row in connection.execute(select(column)))


def _count(engine: Engine, table: Table, key_id: str) -> int:
    with engine.connect() as connection:
        found = connection.execute(select(func.count()).select_from(table).where(table.c.key_id == key_id)).scalar()
    return int(found or 0)
