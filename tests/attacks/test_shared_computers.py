"""Somebody sits down at a computer where another person was logged in, and goes back to what waits there."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.errors import ErrorCode
from gateway.login.sso.logout import PersonAsked
from gateway.login.steps import AskConsent, Redirect, Refused
from tests.support.user_held import ADULT_AT_SCHOOL, NO_API, Mbo, mbo


@pytest.fixture
def roc(tmp_path: Path) -> Mbo:
    return replace(mbo(tmp_path), consents=False)


def log_out(roc: Mbo) -> None:
    with roc.op.app.test_request_context():
        roc.op.logouts.begin(roc.op.logouts.registry.of_browser(roc.op.browser), PersonAsked, roc.op.browser)


def waits(roc: Mbo) -> str:
    """The address of the page that asks somebody for their consent."""
    step = roc.by_eduid()
    assert isinstance(step, AskConsent)
    return f"/consent/{step.asked}"


def shown(roc: Mbo, path: str) -> str:
    with roc.op.app.test_request_context():
        return roc.op.consenting.question(path.rpartition("/")[2], roc.op.browser).shown


@pytest.mark.parametrize("logged_in_before", [True, False], ids=["logged in before", "never logged in before"])
def test_a_consent_that_waits_is_over_with_a_logout(roc: Mbo, logged_in_before: bool) -> None:
    """Neither are the person's data shown to who comes after them, nor can that one say yes in their place."""
    if logged_in_before:
        assert isinstance(roc.by_school(isAdult=("true",)), Redirect)
    path = waits(roc)
    said = shown(roc, path)
    rows = len(roc.op.world.records.ledger)
    log_out(roc)
    page = roc.op.app.test_client().get(path)
    assert page.status_code == 409
    assert "Mo" not in page.get_data(as_text=True)
    for form in ({"answer": "yes", "shown": said}, {"answer": "no"}):
        answer = roc.post(path, **form)
        assert answer.status_code == 409
        assert ErrorCode.LOGIN_LOGGED_OUT in answer.get_data(as_text=True)
    assert roc.op.world.consents.rows == {}
    assert len(roc.op.world.records.ledger) == rows


def test_a_logout_reaches_where_somebody_is_logged_in_who_only_got_to_the_consent(roc: Mbo) -> None:
    waits(roc)
    [beside] = roc.op.logouts.registry.beside(roc.op.browser)
    assert beside.idp == "eduid"
    log_out(roc)
    assert roc.op.logouts.registry.beside(roc.op.browser) == ()


def test_nor_is_a_login_at_the_school_left_behind_that_was_refused(roc: Mbo) -> None:
    """Else the next one to choose this school there is let in as the person before them, at a service that may."""
    refused = roc.by_school(eduPersonAffiliation=("student", "employee"))
    assert isinstance(refused, Refused)
    assert refused.error.code is ErrorCode.ROLE_CONTRADICTORY
    [beside] = roc.op.logouts.registry.beside(roc.op.browser)
    assert (beside.idp, beside.account) == ("roc", "mo@roc.example")
    log_out(roc)
    assert roc.op.logouts.registry.beside(roc.op.browser) == ()


def test_who_logs_in_after_a_logout_is_not_kept_from_it(roc: Mbo) -> None:
    assert isinstance(roc.by_school(isAdult=("true",)), Redirect)
    log_out(roc)
    path = waits(roc)
    assert "code=" in roc.post(path, answer="yes", shown=shown(roc, path)).headers["Location"]


def test_nor_is_who_takes_another_way_in_after_a_logout(tmp_path: Path) -> None:
    """A login that begins anew behind an error page begins after the logout, not before it."""
    roc = mbo(tmp_path, school=NO_API)
    assert isinstance(roc.by_school(isAdult=("true",)), Redirect)
    log_out(roc)
    refused: Any = roc.by_eduid()
    assert isinstance(refused, Refused)
    assert refused.error.code is ErrorCode.LINK_NEEDED
    assert refused.other_way is not None
    roc.choose(refused.other_way.login, held=False)
    step = roc.answer(ADULT_AT_SCHOOL)
    assert isinstance(step, Redirect), step
    assert "code=" in step.url


def test_nor_who_came_back_after_they_logged_out_in_another_tab(tmp_path: Path) -> None:
    roc = mbo(tmp_path)
    login = roc.begin()
    roc.choose(login, held=False)
    assert isinstance(roc.by_school(isAdult=("true",)), Redirect)
    asked = roc.op.schools.asked[-2]
    log_out(roc)
    late = roc.bring(asked, ADULT_AT_SCHOOL)
    assert isinstance(late, Refused)
    assert late.error.code is ErrorCode.LOGIN_LOGGED_OUT
    assert late.choose is not None
    roc.choose(late.choose, held=False)
    assert isinstance(roc.answer(ADULT_AT_SCHOOL), Redirect)
