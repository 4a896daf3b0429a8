"""A document of a provider that is read anew: nobody waits long for one that hangs while an older copy will do."""

from dataclasses import dataclass, field
from threading import Event

import pytest

from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.http import HttpFailed
from gateway.oidc.rp import fetched
from gateway.oidc.rp.fetched import COOL_DOWN, FRESH, STALE, Fetched
from gateway.oidc.rp.json_documents import DocumentRejected
from tests.support.held import HeldClock


@dataclass
class Provider:
    """Answers with the number of the question, when it may."""

    may: Event = field(default_factory=Event)
    trouble: Exception | None = None
    asked: int = 0

    def answer(self) -> int:
        self.asked += 1
        number = self.asked
        assert self.may.wait(60)
        if self.trouble is not None:
            raise self.trouble
        return number


@pytest.fixture
def provider() -> Provider:
    made = Provider()
    made.may.set()
    return made


def read_once(provider: Provider) -> tuple[Fetched[int], HeldClock]:
    clock = HeldClock()
    document = Fetched(provider.answer, clock=clock)
    assert document.get() == 1
    return document, clock


def settle(document: Fetched[int]) -> None:
    """What is under way comes to its end."""
    with document._lock:
        return


def test_one_that_hangs_is_waited_for_a_moment_and_serves_who_comes_next(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, clock = read_once(provider)
    monkeypatch.setattr(fetched, "PATIENCE", 0.01)
    clock.forward(seconds=FRESH.total_seconds())
    provider.may.clear()
    assert [document.get() for _ in range(3)] == [1, 1, 1]
    assert provider.asked == 2, "one asks"
    provider.may.set()
    settle(document)
    assert document.get() == 2


def test_one_that_answers_at_once_is_read_at_once(provider: Provider) -> None:
    document, clock = read_once(provider)
    clock.forward(seconds=FRESH.total_seconds())
    assert document.get() == 2


def test_what_is_not_in_the_copy_is_waited_for(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    document, clock = read_once(provider)
    monkeypatch.setattr(fetched, "PATIENCE", 0.0)
    clock.forward(seconds=COOL_DOWN.total_seconds())
    assert document.renewed() == 2


@pytest.mark.parametrize(
    "trouble", [HttpFailed("silent"), DocumentRejected("no JSON"), SluisError(ErrorCode.IDP_UNREACHABLE)]
)
def test_the_copy_serves_until_it_is_stale_whatever_goes_wrong(provider: Provider, trouble: Exception) -> None:
    document, clock = read_once(provider)
    provider.trouble = trouble
    clock.forward(seconds=FRESH.total_seconds())
    assert document.get() == 1
    settle(document)
    clock.forward(seconds=(STALE - FRESH).total_seconds())
    with pytest.raises(type(trouble)):
        document.get()
    assert provider.asked == 3
