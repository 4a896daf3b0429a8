"""The vault at rest: sealed with a key of each school, found again, shredded."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text, update

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.sector import Sector
from gateway.storage import schema
from gateway.storage.engine import open_engine
from gateway.storage.sealing import CannotOpen, SecretKey
from gateway.storage.vault import HeldByAnother, Vault
from gateway.storage.vault_entry import VaultEntry
from tests.support.vault import SEALING, database, vault_in

TODAY = date(2026, 9, 7)
NEW = SecretKey("s2", b"the sealing key that comes after, long enough.")
FENNA = VaultEntry(account="f" * 64, school="99XA", eck_ids={Sector.PO: "eck-fenna"}, checked=date(2026, 8, 20))
DAAN = VaultEntry(account="d" * 64, school="99XB", eck_ids={Sector.VO: "eck-daan"}, until=date(2026, 9, 30))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as made:
        yield made


@pytest.fixture
def vault(engine: Engine) -> Vault:
    made = vault_in(engine)
    assert made.put([[FENNA], [DAAN]], at_once=True) == 2
    return made


WHOLE = VaultEntry(
    account="e" * 64, school="99XA", stampseudonym="stamp-emma", adult=True, branch="99XA01", checked=date(2026, 8, 20)
)


def found(vault: Vault, entry: VaultEntry) -> VaultEntry | None:
    return vault.find(entry.account, entry.school, today=TODAY)


def test_what_was_put_is_found_whole(vault):
    assert found(vault, FENNA) == FENNA
    assert found(vault, DAAN) == DAAN


def test_a_stampseudonym_of_age_and_a_branch_come_back_too(vault):
    vault.put([[WHOLE]], at_once=True)
    assert found(vault, WHOLE) == WHOLE
    twin = VaultEntry(account="a" * 64, school="99XA", stampseudonym="stamp-emma")
    assert vault.held_by_others([twin]) == {twin.account}
    assert "emma" not in repr(found(vault, WHOLE))


def test_the_file_says_nothing(vault, engine, tmp_path):
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"eck-" not in raw
    assert b"2026-08-20" not in raw


def test_an_entry_moved_to_another_account_does_not_open(vault, engine):
    with engine.begin() as connection:
        connection.execute(
            update(schema.vault_entries).where(schema.vault_entries.c.school == "99XA").values(account="e" * 64)
        )
    with pytest.raises(SluisError) as caught:
        vault.find("e" * 64, "99XA", today=TODAY)
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


def test_a_second_time_writes_over_and_frees_the_eck_id_of_before(vault):
    changed = VaultEntry(account=FENNA.account, school="99XA", eck_ids={Sector.PO: "eck-new"})
    vault.put([[changed]], at_once=True)
    assert found(vault, FENNA) == changed
    other = VaultEntry(account="e" * 64, school="99XA", eck_ids={Sector.PO: "eck-fenna"})
    assert vault.held_by_others([other]) == set()


def test_one_eck_id_has_one_account_at_a_school(vault):
    twin = VaultEntry(account="e" * 64, school="99XA", eck_ids=FENNA.eck_ids)
    elsewhere = VaultEntry(account="e" * 64, school="99XB", eck_ids=FENNA.eck_ids)
    assert vault.held_by_others([twin, FENNA]) == {twin.account}
    assert vault.held_by_others([elsewhere]) == set()


def test_of_two_who_write_one_eck_id_at_once_the_later_writes_nothing(vault):
    """Both looked before either wrote."""
    twin = VaultEntry(account="e" * 64, school="99XA", eck_ids=FENNA.eck_ids)
    other = VaultEntry(account="a" * 64, school="99XA", eck_ids={Sector.PO: "eck-other"})
    with pytest.raises(HeldByAnother) as caught:
        vault.put([[other, twin]], at_once=True)
    assert caught.value.accounts == {twin.account}
    assert vault.counts(today=TODAY) == {"99XA": 1, "99XB": 1}
    assert found(vault, FENNA) == FENNA
    stamped = VaultEntry(account="b" * 64, school="99XA", stampseudonym="stamp")
    vault.put([[stamped]], at_once=True)
    assert not vault.learn(stamped, Sector.PO, "eck-fenna")
    assert found(vault, stamped) == stamped


def test_an_entry_is_removed_only_while_it_is_as_somebody_saw_it(vault):
    assert not vault.delete_if(FENNA.account, "99XA", lambda now: now.until is not None)
    assert found(vault, FENNA) == FENNA
    assert not vault.delete_if("e" * 64, "99XA", lambda _: True)
    assert vault.delete_if(FENNA.account, "99XA", lambda now: now == FENNA)
    assert found(vault, FENNA) is None


def test_what_is_written_between_the_look_and_the_removal_stays(vault):
    newer = VaultEntry(account=FENNA.account, school="99XA", eck_ids={Sector.PO: "eck-newer"})

    def written_meanwhile(now: VaultEntry) -> bool:
        vault.put([[newer]], at_once=True)
        return now == FENNA

    assert not vault.delete_if(FENNA.account, "99XA", written_meanwhile)
    assert found(vault, FENNA) == newer
    twin = VaultEntry(account="e" * 64, school="99XA", eck_ids=newer.eck_ids)
    assert vault.held_by_others([twin]) == {twin.account}


def test_all_or_nothing(vault):
    def batches() -> Iterator[list[VaultEntry]]:
        yield [VaultEntry(account="e" * 64, school="99XA", eck_ids={Sector.PO: "eck-emma"})]
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="gone"):
        vault.put(batches(), at_once=True)
    assert vault.counts(today=TODAY) == {"99XA": 1, "99XB": 1}
    with pytest.raises(OSError, match="gone"):
        vault.put(batches(), at_once=False)
    assert vault.counts(today=TODAY) == {"99XA": 2, "99XB": 1}


def test_a_shredded_school_is_gone_also_from_a_copy(vault, engine):
    with engine.connect() as connection:
        copies = connection.execute(select(schema.vault_entries)).mappings().all()
    assert vault.shred("99XA") == 1
    assert found(vault, FENNA) is None
    assert found(vault, DAAN) == DAAN
    vault.put([[VaultEntry(account="e" * 64, school="99XA", eck_ids={Sector.PO: "eck-emma"})]], at_once=True)
    with engine.begin() as connection:
        for copy in copies:
            if copy["school"] == "99XA":
                connection.execute(schema.vault_entries.insert().values(**copy))
    with pytest.raises(SluisError):
        found(vault, FENNA)


def test_new_sealing_keys_seal_anew_a_school_at_a_time(vault, engine):
    rotating = vault_in(engine, NEW, SEALING)
    begun = rotating.reseal()
    assert next(begun) == "99XA"
    assert found(rotating, FENNA) == FENNA
    assert list(rotating.reseal()) == ["99XA", "99XB"]
    alone = vault_in(engine, NEW)
    assert (found(alone, FENNA), found(alone, DAAN)) == (FENNA, DAAN)
    with pytest.raises(CannotOpen):
        list(vault_in(engine, SEALING).reseal())


def test_without_its_key_an_entry_is_an_error_and_not_absent(vault, engine):
    with pytest.raises(SluisError) as caught:
        found(vault_in(engine, NEW), FENNA)
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE


def test_a_database_that_is_gone(tmp_path):
    engine = open_engine("sqlite:///nowhere.sqlite", directory=tmp_path)
    with pytest.raises(SluisError) as caught:
        found(vault_in(engine), FENNA)
    assert caught.value.code is ErrorCode.STORE_UNAVAILABLE
    engine.dispose()


def test_an_account_is_removed_at_every_school(vault):
    vault.put([[VaultEntry(account=FENNA.account, school="99XB", eck_ids={Sector.VO: "eck-too"})]], at_once=True)
    assert vault.delete(FENNA.account) == 2
    assert vault.counts(today=TODAY) == {"99XB": 1}
    assert vault.delete(FENNA.account) == 0
