"""Logins under way that another version of the gateway kept."""

import json
from pathlib import Path

import pytest

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdpId, ServiceId
from gateway.login.messages import LoginRequest
from gateway.login.transactions import Transactions
from gateway.storage.sqlite_store import SqliteStore
from tests.support.held import HeldClock, SeededRandomness
from tests.support.releasing import NOW

BROWSER = "b" * 32
REQUEST = LoginRequest(service=ServiceId("rekentuin"), reply={})


@pytest.mark.parametrize(
    "kept", [b"[]", b"{}", b"not json", b"\xff", json.dumps(["login", "R1", BROWSER, 1.0, None, "rekentuin"]).encode()]
)
def test_one_in_another_form_is_begun_again_and_no_traceback(kept: bytes, tmp_path: Path) -> None:
    clock = HeldClock(NOW)
    store = SqliteStore(tmp_path / "store.sqlite", clock=clock)
    transactions = Transactions(store=store, clock=clock, randomness=SeededRandomness(1), seconds=900)
    begun = transactions.new(REQUEST, browser=BROWSER, reference="R1")
    attempt = transactions.attempt(begun, IdpId("regenboog"))
    store.put(f"login:{begun.login}", kept, seconds=900)
    store.put(f"attempt:{attempt}", kept, seconds=900)
    for use in (
        lambda: transactions.find(begun.login, BROWSER),
        lambda: transactions.peek(attempt, BROWSER),
        lambda: transactions.finish(attempt),
    ):
        with pytest.raises(SluisError) as caught:
            use()
        assert caught.value.code is ErrorCode.LOGIN_UNKNOWN
