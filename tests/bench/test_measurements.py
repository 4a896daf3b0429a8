"""That `make bench` can be run, and what must be flat is; how fast it is, no test says."""

from pathlib import Path

from gateway.release.plan import plan_of
from gateway.storage.engine import open_engine
from gateway.storage.ledger_verification import verify
from tests.bench import decision, ledger, pages, vault
from tests.support.ledger import LEDGER_KEY


def test_a_thousand_schools_on_the_same_terms_share_one_plan():
    plan_of.cache_clear()
    assert decision.spent(1000) > 0
    assert plan_of.cache_info().currsize == 1


def test_the_rows_that_are_measured_are_rows_of_a_sound_ledger(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/lasting.sqlite"
    found = ledger.measured(url, rounds=1, at_once=64)
    assert min(found.values()) > 0
    engine = open_engine(url, directory=tmp_path)
    verdict = verify(engine, (LEDGER_KEY,))
    engine.dispose()
    assert verdict.flaws == ()


def test_the_vault_that_is_measured_finds_whom_it_looks_up(tmp_path: Path):
    found = vault.measured(f"sqlite:///{tmp_path}/lasting.sqlite", entries=2000, rows=200, rounds=1)
    assert found["lookup_ms"] > 0


def test_no_page_weighs_more_than_a_bad_line_carries_in_a_second(tmp_path: Path):
    client = pages.served(tmp_path)
    for path in pages.PATHS.values():
        assert 1000 < pages.weight(client, path) <= pages.MOST_BYTES, path
