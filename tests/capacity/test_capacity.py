"""The page of capacity is what its figures give, and the simulation behind it does what a gateway does."""

import random
import statistics
from dataclasses import asdict, replace

import pytest

from tests.bench import capacity
from tests.capacity import arrivals
from tests.capacity.arrivals import QUARTER, Morning, rate, simulated
from tests.capacity.page import PAGE, figures, written
from tests.capacity.peak import LOADS, Peak
from tests.capacity.sizes import Costs, cores, database_gb_a_year, redis_gb

SMALL = Morning(logins_per_s=4, cores=2, login_seconds=0.2, start_share=0.4)


def test_the_page_is_what_its_figures_give() -> None:
    assert PAGE.read_text("utf-8") == written(figures())


def test_its_figures_are_of_a_soak_in_which_nothing_went_wrong() -> None:
    soak = figures()["soak"]
    assert [soak[name] for name in ("errors", "rows_missing", "rows_too_many", "ledger_flaws", "log_errors")] == [0] * 5
    assert soak["rows_unanswered"] == 0
    assert abs(soak["memory_bytes_per_login"]) < 500


def test_the_simulated_peak_can_be_had_again() -> None:
    found = figures()
    [kept] = [row for row in found["peaks"] if row["load"] == LOADS[0]]
    assert asdict(Peak.at(LOADS[0], found["capacity"])) == kept


@pytest.mark.parametrize("peak", [1.2, 1.5, 3.0])
def test_the_curve_brings_as_many_as_it_says(peak: float) -> None:
    morning = replace(SMALL, peak=peak)
    coming = sum(rate(morning, second + 0.5) for second in range(int(QUARTER)))
    assert coming == pytest.approx(morning.logins_per_s * QUARTER, rel=0.01)
    assert max(rate(morning, second) for second in range(int(QUARTER))) == pytest.approx(peak * 4, rel=0.01)


def test_everybody_gets_in_and_with_more_cores_sooner() -> None:
    told = [simulated(replace(SMALL, cores=count), seed=7) for count in (1, 2, 4)]
    assert len({one.logins for one in told}) == 1
    assert all(len(one.waits) == 2 * one.logins for one in told), "two requests each, however often they came again"
    assert [one.busy_pages for one in told] == sorted((one.busy_pages for one in told), reverse=True)
    assert told[0].busy_pages > 0
    assert (told[2].busy_pages, told[2].in_late) == (0, 0)
    assert max(told[0].waits) <= SMALL.other_waits, "nobody is answered who has waited too long"


def test_under_twice_what_it_can_carry_as_many_get_in_and_the_others_know_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds, login_seconds = 300, 0.02
    carried, dice = seconds / login_seconds, random.Random(7)
    come = [dice.uniform(0, seconds) for _ in range(int(2 * carried))]
    monkeypatch.setattr(arrivals, "_arrivals", lambda *_: come)
    told = simulated(Morning(1, 1, login_seconds, 0.3, again=(1e6, 1e9)), seed=7)
    assert told.logins - told.told_busy >= 0.9 * carried
    assert statistics.quantiles(told.turned_away_after, n=20)[18] < 0.75
    assert max(told.turned_away_after) < 2.1


def test_sizes_are_arithmetic() -> None:
    costs = Costs(gateway_ms=9.0, redis_ms=0.6, postgresql_ms=0.9, crypto_ms=3.0)
    assert costs.on(2.0) == Costs(6.0, pytest.approx(0.4), pytest.approx(0.6), 2.0)
    assert cores(10.0, 0.5) == 20
    assert cores(10.1, 0.5) == 21
    assert redis_gb(5.0) == pytest.approx(12.0)
    assert database_gb_a_year(2.0) == pytest.approx(960.0)


def test_the_phases_of_the_measurement_name_what_the_page_needs() -> None:
    phase = capacity._Phase(2, 10.0, 400, {"gateway_ms": 12.0, "redis_ms": 1.0, "postgresql_ms": 1.0}, 6.0, 3.0)
    assert phase.figures() == {
        "logins_per_s": 40.0,
        "gateway_ms": 12.0,
        "redis_ms": 1.0,
        "postgresql_ms": 1.0,
        "parties_ms": 6.0,
        "crypto_ms": 3.0,
        "ratio_to_crypto": 4.0,
        "busy_share": 0.4,
    }
