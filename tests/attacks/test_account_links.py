"""Nobody links an account that they did not prove, in this sitting, in this browser, by a message made for it."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdpId
from gateway.login.messages import AuthenticationRequest
from gateway.login.steps import AskToLink, Redirect, Step
from tests.support.user_held import (
    ADULT_AT_SCHOOL,
    EDUID,
    NO_API,
    ROC,
    ROC_IDP,
    SAID_BY_EDUID,
    Mbo,
    Sitting,
    mbo,
)

ATTACKER = {**SAID_BY_EDUID, "urn:oasis:names:tc:SAML:attribute:subject-id": ("attacker@eduid.nl",)}


@pytest.fixture
def roc(tmp_path: Path) -> Mbo:
    return mbo(tmp_path, school=NO_API)


def in_browser(roc: Mbo, browser: str) -> None:
    roc.op.browser = browser


def delivered(
    roc: Mbo, asked: tuple[IdpId, AuthenticationRequest], said: dict[str, tuple[str, ...]]
) -> Step | ErrorCode:
    """An answer to this request, brought by the browser of now."""
    try:
        return roc.bring(asked, said)
    except SluisError as error:
        return error.code


def test_a_victim_who_is_sent_into_the_attackers_flow_at_the_school(roc: Mbo) -> None:
    """The attacker proves their own eduID, and has the victim bring the school's answer."""
    in_browser(roc, "attacker")
    sitting = Sitting(roc, login=roc.begin())
    sitting.start()
    assert isinstance(sitting.prove(ATTACKER), Redirect)
    asked = roc.op.schools.asked[-1]
    assert asked[0] == ROC_IDP
    in_browser(roc, "victim")
    assert delivered(roc, asked, ADULT_AT_SCHOOL) is ErrorCode.LOGIN_OTHER_BROWSER
    assert roc.op.world.links.rows == {}


def test_an_attackers_answer_of_eduid_brought_by_the_victim(roc: Mbo) -> None:
    in_browser(roc, "attacker")
    attacker = Sitting(roc, login=roc.begin())
    attacker.start()
    asked = roc.op.schools.asked[-1]
    in_browser(roc, "victim")
    assert delivered(roc, asked, ATTACKER) is ErrorCode.LOGIN_OTHER_BROWSER


def test_the_question_of_another_browser(roc: Mbo) -> None:
    in_browser(roc, "victim")
    sitting = Sitting(roc).begin()
    sitting.to_question()
    in_browser(roc, "attacker")
    assert "Zelfgekozen" not in sitting.get()
    for answer in ("yes", "replace", "no"):
        assert sitting.say(answer).status_code == 400
    assert roc.op.world.links.rows == {}
    in_browser(roc, "victim")
    assert sitting.say("yes").status_code == 303


def test_a_form_of_another_site_neither_begins_nor_confirms(roc: Mbo) -> None:
    sitting = Sitting(roc).begin()
    client = roc.op.app.test_client()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        begun = client.post(f"/login/{sitting.login}/link", data={"school": str(ROC.brin)}, headers=headers)
        assert begun.status_code == 400
    sitting.to_question()
    for headers in ({"Sec-Fetch-Site": "same-site"}, {"Referer": "https://evil.example/"}):
        assert client.post(sitting.page, data={"answer": "yes"}, headers=headers).status_code == 400
    assert roc.op.world.links.rows == {}


def test_two_tabs_do_not_mix(roc: Mbo) -> None:
    """Each answer goes to the flow that it was asked for: one tab's eduID never meets the other's school account."""
    one, other = Sitting(roc, login=roc.begin()), Sitting(roc, login=roc.begin())
    one.start()
    of_one = roc.op.schools.asked[-1]
    other.start()
    of_other = roc.op.schools.asked[-1]
    assert isinstance(delivered(roc, of_other, ATTACKER), Redirect)
    of_other_account = roc.op.schools.asked[-1]
    assert isinstance(delivered(roc, of_one, SAID_BY_EDUID), Redirect)
    of_one_account = roc.op.schools.asked[-1]
    asked_of_one = delivered(roc, of_one_account, ADULT_AT_SCHOOL)
    assert isinstance(asked_of_one, AskToLink)
    asked_of_other = delivered(roc, of_other_account, {**ADULT_AT_SCHOOL, "uid": ("other@roc.example",)})
    assert isinstance(asked_of_other, AskToLink)
    assert asked_of_one.linking != asked_of_other.linking
    one.page, other.page = f"/link/{asked_of_one.linking}", f"/link/{asked_of_other.linking}"
    assert one.say("yes").status_code == other.say("yes").status_code == 303
    pairs = {(row.holder, row.linked) for row in roc.op.world.links.rows.values()}
    assert len(pairs) == len({holder for holder, _ in pairs}) == len({linked for _, linked in pairs}) == 2
    assert refused_code(roc.by_eduid()) is None


def refused_code(step: Step) -> ErrorCode | None:
    return getattr(getattr(step, "error", None), "code", None)


@pytest.mark.parametrize("side", ["holder", "account"])
def test_an_answer_that_is_brought_twice(side: str, roc: Mbo) -> None:
    sitting = Sitting(roc).begin()
    sitting.start()
    asked = roc.op.schools.asked[-1]
    first = delivered(roc, asked, SAID_BY_EDUID)
    assert isinstance(first, Redirect)
    if side == "account":
        asked = roc.op.schools.asked[-1]
        assert isinstance(delivered(roc, asked, ADULT_AT_SCHOOL), AskToLink)
    assert delivered(roc, asked, ATTACKER) is ErrorCode.LOGIN_FINISHED


def test_one_side_alone_makes_no_question(roc: Mbo) -> None:
    """The address of a flow whose second login is still to come."""
    sitting = Sitting(roc).begin()
    sitting.start()
    sitting.prove(SAID_BY_EDUID)
    flow = flow_of(roc)
    page = roc.op.app.test_client().get(f"/link/{flow}")
    assert page.status_code == 400
    assert sitting.post(f"/link/{flow}", answer="yes").status_code == 400
    assert roc.op.world.links.rows == {}


def flow_of(roc: Mbo) -> str:
    """As the gateway itself knows it."""
    _, request = roc.op.schools.asked[-1]
    return roc.op.dispatcher._transactions.peek(request.attempt, roc.op.browser).errand.partition(":")[0]


def test_a_login_for_a_service_proves_no_side(roc: Mbo) -> None:
    """A login at the school beside the flow, in the same browser, leaves it where it was."""
    sitting = Sitting(roc).begin()
    sitting.start()
    sitting.prove(SAID_BY_EDUID)
    flow = flow_of(roc)
    roc.userinfo(roc.by_school(isAdult=("true",)))
    assert roc.op.app.test_client().get(f"/link/{flow}").status_code == 400


def test_a_login_of_before_the_sitting_is_not_fresh(roc: Mbo) -> None:
    """Whoever left a session at eduID open on a shared computer is not linked by the next: it must be made anew."""
    sitting = Sitting(roc).begin()
    roc.op.clock.forward(seconds=300)
    sitting.start()
    _, request = roc.op.schools.asked[-1]
    expectation = roc.op.dispatcher.expect(request.attempt, roc.op.browser)
    assert expectation.fresh_since is not None
    assert roc.op.clock.now() - expectation.fresh_since < timedelta(seconds=1)
    sitting.prove(SAID_BY_EDUID)
    _, request = roc.op.schools.asked[-1]
    assert roc.op.dispatcher.expect(request.attempt, roc.op.browser).fresh_since is not None


def test_a_flow_that_was_never_begun(roc: Mbo) -> None:
    for name in ("0" * 40, "x" * 500, "é"):
        assert roc.op.app.test_client().get(f"/link/{name}").status_code == 400


def test_a_school_account_on_both_sides(roc: Mbo) -> None:
    """A choice of the school where eduID is asked for begins nothing."""
    login = roc.begin(login_hint=None)
    assert Sitting(roc, login=login).post(f"/login/{login}/link", school="99ZZ").status_code == 400
    assert Sitting(roc, login=login).post(f"/login/{login}/link", school="not a BRIN").status_code == 400
    assert [idp for idp, _ in roc.op.schools.asked if idp == EDUID] == []
