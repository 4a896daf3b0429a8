"""The vault among 2.4 million entries, on SQLite and on PostgreSQL: CPU that a look-up adds to a login; and an import.

Whoever is not looked up needs no content: those rows are made by the database itself, in the order of its index, and
what counts is how deep that is.
"""

import os
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sqlalchemy import Engine, text

from gateway.domain.eck_id import TEST_SEGMENTS
from gateway.domain.randomness import SystemRandomness
from gateway.domain.sector import Sector
from gateway.federation.models import IdpId
from gateway.pseudonyms.vault_file import Line, VaultFile
from gateway.pseudonyms.vault_import import VaultImport
from gateway.storage import migrate
from gateway.storage.bounded_connection import without_haste
from gateway.storage.engine import open_engine
from gateway.storage.vault import Vault
from gateway.storage.vault_entry import VaultEntry
from tests.bench.ledger import database_urls
from tests.support.releasing import KEY, SCHOOL, TODAY
from tests.support.vault import SEALING

_ENTRIES = int(os.environ.get("BENCH_VAULT_ENTRIES", "2400000"))
_ROWS = int(os.environ.get("BENCH_VAULT_ROWS", "100000"))
_LINES = int(os.environ.get("BENCH_VAULT_LINES", "0"))
"""Lines of a file that is looked at and not written, as `--dry-run` does; ten million take an hour."""
_ROUNDS, _LOOKUPS = 10, 500
_FILLER = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
    "INSERT INTO vault_entries (account, school, sealed) "
    "SELECT printf('%08x', i * :step) || :rest, printf('S%05d', i % 7000), x'00' FROM n",
    "postgresql": "INSERT INTO vault_entries (account, school, sealed) "
    "SELECT lpad(to_hex(i * :step), 8, '0') || :rest, 'S' || lpad((i % 7000)::text, 5, '0'), '\\x00'::bytea "
    "FROM generate_series(0::bigint, :last) AS n(i)",
}


def measure() -> dict[str, object]:
    """Both databases; PostgreSQL where its wheel is."""
    return {"vault": {f"{name}_{key}": value for name, url in database_urls() for key, value in measured(url).items()}}


def measured(url: str, *, entries: int = _ENTRIES, rows: int = _ROWS, rounds: int = _ROUNDS) -> dict[str, float]:
    """Of an empty database: CPU of a look-up, seconds of an import, and the memory by which it grew meanwhile."""
    engine = open_engine(url, directory=Path())
    migrate.upgrade(engine)
    vault = Vault(engine, keys=(SEALING,), lookup=KEY, randomness=SystemRandomness())
    _fill(engine, entries)
    accounts = [f"{number * (2**32 // _LOOKUPS):08x}" + "5" * 56 for number in range(_LOOKUPS)]
    vault.put([[_entry(number, account) for number, account in enumerate(accounts)]], at_once=True)
    spent = []
    for _ in range(rounds + 1):
        begun = time.process_time()
        for number, account in enumerate(accounts):
            assert vault.find(account, _school(number), today=TODAY) is not None
        spent.append((time.process_time() - begun) * 1000 / _LOOKUPS)
    found = {"lookup_ms": round(statistics.median(spent[1:]), 3), **_taken("import", vault, rows, written=True)}
    if _LINES and engine.dialect.name == "sqlite":
        found |= _taken(f"{_LINES}_lines", vault, _LINES, written=False)
    engine.dispose()
    return found


def _fill(engine: Engine, entries: int) -> None:
    with engine.begin() as connection:
        without_haste(connection)
        made = {"last": entries - 1, "step": 2**32 // entries, "rest": "0" * 56}
        connection.execute(text(_FILLER[engine.dialect.name]), made)


def _entry(number: int, account: str) -> VaultEntry:
    value = f"https://ketenid.nl/pilot/{number:0128x}"
    return VaultEntry(
        account=account, school=_school(number), eck_ids={Sector.PO: value}, checked=date(2026, 8, 20), adult=False
    )


def _school(number: int) -> str:
    return f"S{number % 500:05}"


def _taken(name: str, vault: Vault, rows: int, *, written: bool) -> dict[str, float]:
    lines = (f"pupil-{number},99XA,https://ketenid.nl/pilot/{number:0128x},no\n" for number in range(rows))
    with tempfile.TemporaryFile() as file:
        file.write(b"account,school,eck_id,adult\n")
        file.writelines(line.encode() for line in lines)
        reader = VaultFile({SCHOOL.brin: SCHOOL}, TEST_SEGMENTS)

        def read() -> Iterator[Line]:
            file.seek(0)
            return reader.lines(file, as_json=False)

        begun, used, held = time.perf_counter(), time.process_time(), _peak_mb()
        taking = VaultImport(vault, IdpId("po"), KEY, read)
        assert taking.examine(lambda number, wrong: None).good == rows
        assert not written or taking.write(at_once=True) == rows
        return {
            f"{name}_s": round(time.perf_counter() - begun, 1),
            f"{name}_cpu_s": round(time.process_time() - used, 1),
            f"{name}_grew_mb": round(_peak_mb() - held, 1),
        }


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
