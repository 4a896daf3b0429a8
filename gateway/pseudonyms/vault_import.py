"""Taking a file into the vault: look at all of it first, then write; the memory that it takes does not grow with it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import TypeVar

from gateway.federation.models import IdpId
from gateway.pseudonyms.vault_file import Line
from gateway.storage.sealing import SecretKey
from gateway.storage.vault import Vault
from gateway.storage.vault_entry import VaultEntry

_AT_A_TIME = 1000
_DOUBLED = "the same account at the same school stands in an earlier line"
_SHARED = "an earlier line has this ECK iD, or stampseudonym, for another account of the school"
_HELD = "the vault has this ECK iD, or stampseudonym, for another account of the school; remove that one first"

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True)
class Examined:
    """How many lines are good, and how many are not."""

    good: int
    bad: int


class VaultImport:
    """One file of one identity provider. `lines` begins to read it anew each time that it is called."""

    def __init__(self, vault: Vault, idp: IdpId, account_key: SecretKey, lines: Callable[[], Iterator[Line]]) -> None:
        self._vault = vault
        self._idp = idp
        self._account_key = account_key
        self._lines = lines

    def examine(self, tell: Callable[[int, str], None]) -> Examined:
        """Count, and tell of each bad line by its number. Raises NoVaultFile."""
        good = bad = 0
        for line, entry, wrong in self._examined():
            if entry is None:
                bad += 1
                tell(line.number, wrong)
            else:
                good += 1
        return Examined(good, bad)

    def write(self, *, at_once: bool) -> int:
        """Write the good lines; how many. `at_once` is for a file that has no bad one.

        Raises NoVaultFile, or HeldByAnother when somebody else wrote meanwhile.
        """
        good = (entry for _, entry, _ in self._examined() if entry is not None)
        return self._vault.put(_batches(good), at_once=at_once)

    def _examined(self) -> Iterator[tuple[Line, VaultEntry | None, str]]:
        with closing(SeenBefore()) as seen:
            for batch in _batches(self._lines()):
                entries = {line.number: self._hashed(line) for line in batch if line.entry}
                held = self._vault.held_by_others(list(entries.values()))
                for line in batch:
                    entry = entries.get(line.number)
                    if entry is None:
                        yield line, None, line.wrong
                    else:
                        wrong = seen.before(entry) or (_HELD if entry.account in held else "")
                        yield line, None if wrong else entry, wrong

    def _hashed(self, line: Line) -> VaultEntry:
        found = line.entry
        assert found is not None
        return found.entry(self._idp, self._account_key)


class SeenBefore:
    """What earlier lines had, in a file without a name that the system removes."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("CREATE TABLE seen (what BLOB PRIMARY KEY) WITHOUT ROWID")
        self._connection.execute("BEGIN")

    def close(self) -> None:
        self._connection.close()

    def before(self, entry: VaultEntry) -> str:
        """What is wrong with it beside earlier lines; it counts as seen from now on."""
        if not self.is_new(f"{entry.school}:{entry.account}"):
            return _DOUBLED
        # all are looked at, so that each counts as seen
        new = [self.is_new(f"{entry.school}:{value.rpartition('/')[2]}") for value in entry.identifiers()]
        return "" if all(new) else _SHARED

    def is_new(self, what: str) -> bool:
        """Whether nothing had this text before; it counts as seen from now on."""
        known = blake2b(what.encode(), digest_size=16).digest()
        return self._connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (known,)).rowcount == 1


def _batches(items: Iterator[ItemT]) -> Iterator[list[ItemT]]:
    while batch := list(islice(items, _AT_A_TIME)):
        yield batch
