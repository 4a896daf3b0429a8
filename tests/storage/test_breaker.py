"""The circuit breaker, with its clock in the test's hand."""

from datetime import timedelta

import pytest

from gateway.storage.breaker import Breaker
from tests.support.held import HeldClock


@pytest.fixture
def told() -> list[bool]:
    return []


@pytest.fixture
def breaker(clock: HeldClock, told: list[bool]) -> Breaker:
    return Breaker(clock=clock, failures=3, pause=timedelta(seconds=1), told=told.append)


def _open(breaker: Breaker) -> None:
    for _ in range(3):
        assert breaker.lets_through()
        breaker.failed()


def test_it_opens_after_three_failures_in_a_row_and_says_so_once(breaker: Breaker, told: list[bool]):
    _open(breaker)
    breaker.failed()

    assert not breaker.lets_through()
    assert told == [True]


def test_a_success_in_between_begins_the_count_anew(breaker: Breaker, told: list[bool]):
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()

    assert breaker.lets_through()
    assert told == []


def test_after_the_pause_one_goes_ahead_as_probe(breaker: Breaker, clock: HeldClock):
    _open(breaker)
    clock.forward(seconds=0.9)
    assert not breaker.lets_through()
    clock.forward(seconds=0.1)

    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]


def test_a_probe_that_succeeds_closes_it(breaker: Breaker, clock: HeldClock, told: list[bool]):
    _open(breaker)
    clock.forward(seconds=1)
    assert breaker.lets_through()
    breaker.succeeded()

    assert [breaker.lets_through() for _ in range(3)] == [True, True, True]
    assert told == [True, False]


def test_a_probe_that_fails_leaves_it_open_for_another_pause(breaker: Breaker, clock: HeldClock, told: list[bool]):
    _open(breaker)
    clock.forward(seconds=1)
    assert breaker.lets_through()
    clock.forward(seconds=0.5)
    breaker.failed()
    clock.forward(seconds=0.9)

    assert not breaker.lets_through()
    clock.forward(seconds=0.1)
    assert breaker.lets_through()
    assert told == [True]


def test_a_probe_that_never_comes_back_is_followed_by_another(breaker: Breaker, clock: HeldClock):
    _open(breaker)
    clock.forward(seconds=1)
    assert breaker.lets_through()
    clock.forward(seconds=1)

    assert breaker.lets_through()


def test_a_clock_that_is_set_back_does_not_keep_it_open(breaker: Breaker, clock: HeldClock):
    _open(breaker)
    clock.forward(hours=-1)

    assert breaker.lets_through()
