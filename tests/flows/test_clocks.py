"""Clocks of schools and services that are off: a minute is forgiven, in logins and logouts; more is not believed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from gateway.demo.people import MBO
from gateway.domain.clock import Clock
from tests.support.browser_like import Jar, Tab
from tests.support.demo import Demo, running_demo
from tests.support.leaving import go_on


@dataclass
class Off:
    """A clock that is some seconds away from the true one."""

    true: Clock
    by: timedelta = timedelta()

    def now(self) -> datetime:
        return self.true.now() + self.by


@dataclass(frozen=True)
class Apart:
    demo: Demo
    parties: Off


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    clocks: list[Off] = []

    def off(clock: Clock) -> Off:
        clocks.append(Off(clock))
        return clocks[0]

    with running_demo(tmp_path_factory.mktemp("clocks"), seen_by_parties=off) as demo:
        yield Apart(demo, clocks[0])


@pytest.mark.parametrize("seconds", [-55, 55])
def test_within_a_minute_nobody_notices(apart: Apart, seconds: int) -> None:
    demo, jar = apart.demo, Jar()
    apart.parties.by = timedelta(seconds=seconds)
    assert "You are in" in demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Fenna").press("Verder").text
    assert "You are in" in demo.tab(jar).open(demo.service("leesplein") + "/login").press("Verder").text
    tab = go_on(demo.tab(jar).open(demo.service("leesplein") + "/logout"))
    assert "Success" in tab.text
    assert "PartialLogout" not in tab.text
    assert "You are logged in here" not in demo.tab(jar).open(demo.service("rekentuin") + "/").text


def test_a_school_that_is_ahead_by_minutes_is_not_believed(apart: Apart) -> None:
    apart.parties.by = timedelta()
    tab = apart.demo.to_school(apart.demo.tab(), "rekentuin", "De Regenboog")
    apart.parties.by = timedelta(minutes=5)
    tab.press("Fenna").press("Continue")
    assert tab.status == 403
    assert "response_too_early" in tab.body


@pytest.mark.parametrize("minutes", [-12, 5])
def test_a_logout_request_of_another_time_ends_nothing(apart: Apart, minutes: int) -> None:
    demo, jar = apart.demo, Jar()
    apart.parties.by = timedelta()
    demo.log_in(demo.tab(jar), "rekentuin", "De Regenboog", "Fenna").press("Verder")
    demo.tab(jar).open(demo.service("leesplein") + "/login").press("Verder")
    apart.parties.by = timedelta(minutes=minutes)
    tab = demo.tab(jar).open(demo.service("leesplein") + "/logout")
    assert (tab.status, "logout_stale" in tab.body) == (400, True)
    apart.parties.by = timedelta()
    assert "NoPassive" not in demo.tab(jar).open(demo.service("leesplein") + "/login?IsPassive=true").press().text


def begun_to_link(demo: Demo) -> Tab:
    """A guest, at the school at which they log in."""
    tab = demo.tab().open(demo.gateway + "/link").press(MBO.name)
    return tab.press("Petteflat College", kind="guest")


@pytest.mark.parametrize("seconds", [-55, 55])
def test_accounts_are_linked_within_a_minute(apart: Apart, seconds: int) -> None:
    """Both logins must be made anew, which their moments say, by clocks of others."""
    apart.parties.by = timedelta(seconds=seconds)
    tab = begun_to_link(apart.demo)
    for _ in ("here", "there"):
        tab.press("Lotte").press("Continue")
    assert tab.title == "Koppel Vuurtoren mbo aan je account bij Petteflat College"
    tab.press("Nee, koppel niet")


@pytest.mark.parametrize(("minutes", "code"), [(-3, "response_not_fresh"), (5, "response_too_early")])
@pytest.mark.parametrize("side", [0, 1], ids=["here", "there"])
def test_by_a_login_of_another_time_no_account_is_linked(apart: Apart, side: int, minutes: int, code: str) -> None:
    apart.parties.by = timedelta()
    tab = begun_to_link(apart.demo)
    for _ in range(side):
        tab.press("Lotte").press("Continue")
    apart.parties.by = timedelta(minutes=minutes)
    tab.press("Lotte").press("Continue")
    assert tab.status == 403
    assert code in tab.body
