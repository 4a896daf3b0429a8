"""What is kept of a request for whoever traces logins; and that nothing is where nobody does."""

from collections.abc import Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry

from gateway.domain.errors import ErrorCode, SluisError
from gateway.observability import legs, reference
from gateway.observability.durations import Durations
from gateway.observability.legs import THE_LEG, Leg, StepName
from tests.support.held import HeldClock


class Tick:
    """A clock that goes a second on at each look, and counts them."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return float(self.looks)


@pytest.fixture
def tick() -> Tick:
    return Tick()


@pytest.fixture
def begin(clock: HeldClock, tick: Callable[[], float]) -> Iterator[Callable[[], None]]:
    def begun() -> None:
        reference.bind("7KQ2M9X4TB")
        legs.begin(clock.now(), tick)

    yield begun
    legs.end()
    reference.bind("")


def ended() -> Leg:
    leg = legs.end()
    assert leg is not None
    return leg


def test_steps_stand_within_each_other_and_calls_of_stores_within_them(begin: Callable[[], None], tick: Tick):
    begin()
    durations = Durations(CollectorRegistry(), tick)
    call = durations.of_store("ledger", "append")
    with legs.step(StepName.DECISION, service="leesplein", idp="zon"), legs.step(StepName.ATTRIBUTE_API), call():
        pass
    with call():
        pass
    leg = ended()
    assert [(one.name, one.within) for one in leg.steps] == [
        ("release decision", THE_LEG),
        ("attribute api of school", 0),
        ("ledger append", 1),
        ("ledger append", THE_LEG),
    ]
    assert (leg.steps[0].service, leg.steps[0].idp) == ("leesplein", "zon")
    moments = [(one.since, one.until) for one in leg.steps]
    assert moments == [(2, 7), (3, 6), (4, 5), (8, 9)]
    assert (leg.since, leg.until) == (1, 10)


@pytest.mark.parametrize(
    ("error", "code", "kind", "failed"),
    [
        (SluisError(ErrorCode.AGREEMENT_MISSING, hint="of Fenna"), "agreement_missing", "", False),
        (SluisError(ErrorCode.STORE_UNAVAILABLE), "store_unavailable", "", True),
        (ValueError("Fenna"), "", "ValueError", True),
    ],
)
def test_of_an_exception_nothing_is_kept_but_its_code_or_kind(
    begin: Callable[[], None], error: Exception, code: str, kind: str, failed: bool
):
    begin()
    with pytest.raises(type(error)), legs.step(StepName.DECISION):
        raise error
    with legs.step(StepName.ANSWER):
        pass
    leg = ended()
    [first, second] = leg.steps
    assert (first.code, first.error, first.failed) == (code, kind, failed)
    assert second.within == THE_LEG, "what comes after an exception does not stand within what it ended"
    assert "Fenna" not in repr(leg)


def test_a_request_is_of_a_login_when_it_begins_one_or_goes_on_with_one(begin: Callable[[], None]):
    begin()
    assert not ended().is_of_login, "a page, or a look at the health"
    begin()
    legs.told(service="leesplein")
    legs.told(service="", idp="zon")
    first = ended()
    assert first.is_of_login
    assert first.begins_login
    assert first.told == {"service": "leesplein", "idp": "zon"}
    begin()
    reference.bind("4TBM9X7KQ2")
    later = ended()
    assert later.is_of_login
    assert not later.begins_login
    assert later.reference == "4TBM9X7KQ2"


def test_where_nobody_traces_nothing_is_kept_and_no_clock_is_looked_at(tick: Tick):
    assert legs.end() is None
    durations = Durations(CollectorRegistry(), tick)
    with durations.of_store("ledger", "append")():
        pass
    assert tick.looks == 2, "as many as the metric needs"
    one, other = legs.step(StepName.DECISION, service="leesplein"), legs.step(StepName.ANSWER)
    assert one is other, "nothing is made for it"
    with one:
        legs.told(service="leesplein")
    assert tick.looks == 2
    assert legs.end() is None
