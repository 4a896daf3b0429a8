"""Whoever comes with eduID is shown what goes, to the letter, and nothing goes before they say yes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode
from gateway.domain.language import Language
from gateway.domain.purpose import Purpose
from gateway.federation.models import AttributeSet
from gateway.login.steps import AskConsent, Redirect, Step
from gateway.reports.texts import say
from tests.support.jose import CLIENT
from tests.support.op_client import CALLBACK, PURPOSES
from tests.support.user_held import EDUID_IDP, ROC, SAID_BY_EDUID, SAID_BY_SCHOOL, Mbo, mbo

VALUES = {Attribute.GIVEN_NAME: "Mo", Attribute.ROLE: "student", Attribute.SCHOOL: "99YA"}


@pytest.fixture
def roc(tmp_path: Path) -> Mbo:
    return replace(mbo(tmp_path), consents=False)


def asked(step: Step) -> str:
    assert isinstance(step, AskConsent), step
    return f"/consent/{step.asked}"


def page(roc: Mbo, path: str, language: str = "nl") -> html.HtmlElement:
    answer = roc.op.app.test_client().get(path, query_string={"lang": language})
    assert answer.status_code == 200
    return html.fromstring(answer.get_data())


def rows(shown: html.HtmlElement) -> dict[str, tuple[str, str]]:
    found = {}
    for row in shown.iterfind(".//tbody/tr"):
        name, value, why = (" ".join(cell.text_content().split()) for cell in row)
        found[name] = (value, why)
    return found


def answer(roc: Mbo, path: str, said: str, shown: str | None = None, site: str = "same-origin") -> Any:
    if shown is None:
        shown = page(roc, path).xpath("string(//input[@name='shown']/@value)")
    form = {"answer": said, "shown": shown}
    return roc.op.app.test_client().post(path, data=form, headers={"Sec-Fetch-Site": site})


def code_of(response: Any) -> str:
    location = response.headers["Location"]
    assert location.startswith(CALLBACK)
    return dict(part.split("=") for part in location.partition("?")[2].split("&"))["code"]


def test_nothing_goes_before_a_yes_and_then_what_was_shown(roc: Mbo) -> None:
    path = asked(roc.by_eduid())
    assert roc.op.world.records.ledger == []
    shown = rows(page(roc, path))
    names = {say(Language.NL, f"attribute.{one}"): one for one in Attribute}
    assert {names[name] for name in shown} == {Attribute.ECK_ID, *VALUES}
    for attribute, value in VALUES.items():
        assert shown[say(Language.NL, f"attribute.{attribute}")] == (
            value,
            PURPOSES[attribute].text(Language.NL),
        )
    assert SAID_BY_SCHOOL["eckid"][0] not in html.tostring(page(roc, path)).decode()
    done = answer(roc, path, "yes")
    [row] = [one for one in roc.op.world.records.ledger if one.outcome == "released"]
    got = roc.userinfo(Redirect(done.headers["Location"]))
    assert row.decision.count('"released-') + 1 == len(shown)
    assert (got["given_name"], got["eduperson_affiliation"], got["school_brin"]) == ("Mo", ["student"], "99YA")
    assert got["eckid"] == SAID_BY_SCHOOL["eckid"][0]


def test_it_says_who_gets_it_by_which_agreement_in_either_language(roc: Mbo) -> None:
    path = asked(roc.by_eduid())
    text = page(roc, path).text_content()
    for words in ("Uitgeverij Voorbeeld", "ROC Voorbeeld", "A-9", "eduID"):
        assert words in text
    assert "May this go to" in page(roc, path, "en").text_content()


def test_the_answer_is_remembered_until_the_set_changes(roc: Mbo) -> None:
    answer(roc, asked(roc.by_eduid()), "yes")
    assert isinstance(roc.by_eduid(), Redirect)
    world = roc.op.world
    world.service = replace(
        world.service, attribute_sets={1: AttributeSet(1, {**PURPOSES, Attribute.SCHOOL_NAME: Purpose.ACCESS})}
    )
    roc.op.load()
    path = asked(roc.by_eduid())
    assert say(Language.NL, f"attribute.{Attribute.SCHOOL_NAME}") in rows(page(roc, path))
    answer(roc, path, "yes")
    assert isinstance(roc.by_eduid(), Redirect)


def test_a_set_that_becomes_smaller_is_another_set(roc: Mbo) -> None:
    answer(roc, asked(roc.by_eduid()), "yes")
    roc.api.fields["given_name"] = []
    path = asked(roc.by_eduid())
    assert say(Language.NL, "attribute.given_name") not in rows(page(roc, path))


def test_what_one_school_says_is_not_what_another_one_says(roc: Mbo) -> None:
    """Somebody who studies at two schools is asked about each: a consent is about what they were shown."""
    other = replace(ROC, brin=Brin("99YB"), names={Language.NL: "ROC Elders"}, domains=("elders.example",))
    world, both = roc.op.world, frozenset({ROC.brin, other.brin})
    world.agreements = tuple(replace(one, schools=both) for one in world.agreements)
    roc.op.more_idps, roc.op.more_schools = (replace(EDUID_IDP, schools=both),), (ROC, other)
    roc.op.load()
    answer(roc, asked(roc.by_eduid()), "yes")
    roc.api.fields |= {"eckid": [f"{SAID_BY_SCHOOL['eckid'][0][:-1]}d"], "schac_home_organization": ["elders.example"]}
    roc.api.fields["eduperson_scoped_affiliation"] = ["student@elders.example"]
    login = roc.begin()
    with roc.op.app.test_request_context():
        roc.op.dispatcher.choose(login, other.brin, roc.op.browser, held=True)
    path = asked(roc.answer(SAID_BY_EDUID))
    assert "ROC Elders" in page(roc, path).text_content()


def test_a_yes_to_another_set_than_would_go_now_asks_again(roc: Mbo) -> None:
    path = asked(roc.by_eduid())
    before = page(roc, path).xpath("string(//input[@name='shown']/@value)")
    world = roc.op.world
    fewer = {name: purpose for name, purpose in PURPOSES.items() if name is not Attribute.GIVEN_NAME}
    world.service = replace(world.service, attribute_sets={1: AttributeSet(1, fewer)})
    roc.op.load()
    again = answer(roc, path, "yes", shown=before)
    assert again.headers["Location"] == path
    assert world.consents.rows == {}
    assert "code=" in answer(roc, path, "yes").headers["Location"]


def test_a_no_leads_back_to_the_service_with_the_right_status(roc: Mbo) -> None:
    path = asked(roc.by_eduid())
    back = answer(roc, path, "no").headers["Location"]
    assert back.startswith(CALLBACK)
    assert "error=access_denied" in back
    assert "state=the" in back
    [row] = roc.op.world.records.ledger
    assert (row.outcome, row.code, row.school) == ("refused", "consent_refused", "99YA")
    assert answer(roc, path, "yes", shown="").status_code == 400
    asked(roc.by_eduid())


def test_one_answer_counts(roc: Mbo) -> None:
    path = asked(roc.by_eduid())
    shown = page(roc, path).xpath("string(//input[@name='shown']/@value)")
    assert "code=" in answer(roc, path, "yes", shown).headers["Location"]
    assert answer(roc, path, "yes", shown).status_code == 400
    assert roc.op.app.test_client().get(path).status_code == 400


def test_a_form_of_another_site_is_no_answer(roc: Mbo) -> None:
    path = asked(roc.by_eduid())
    shown = page(roc, path).xpath("string(//input[@name='shown']/@value)")
    assert answer(roc, path, "yes", shown, site="cross-site").status_code == 400
    assert roc.op.world.consents.rows == {}


def test_another_browser_neither_sees_nor_answers(roc: Mbo) -> None:
    path = asked(roc.by_eduid())
    roc.op.browser = "another"
    response = roc.op.app.test_client().get(path)
    assert response.status_code == 400
    assert "Mo" not in response.get_data(as_text=True)
    assert answer(roc, path, "yes", shown="x").status_code == 400


def test_who_must_not_see_a_page_is_told_so(roc: Mbo) -> None:
    """A passive login without consent goes back to the service at once."""
    back = roc.op.authorize(prompt="none", login_hint="eduid")
    assert "eduid.example" in back.headers["Location"]
    step = roc.answer(SAID_BY_EDUID)
    assert isinstance(step, Redirect)
    assert "error=consent_required" in step.url
    assert "code=" not in step.url


def test_what_is_fetched_later_stands_on_the_consent_too(roc: Mbo) -> None:
    code = code_of(answer(roc, asked(roc.by_eduid()), "yes"))
    roc.op.world.consents.rows.clear()
    tokens = roc.op.exchange(code)
    fetched = roc.op.userinfo((tokens.json or {})["access_token"])
    assert fetched.status_code == 401, (fetched.status_code, fetched.json)
    assert "eckid" not in fetched.get_data(as_text=True)


def test_a_pupil_of_the_school_is_not_asked(roc: Mbo) -> None:
    assert isinstance(roc.by_school(isAdult=("true",)), Redirect)


def test_the_school_is_asked_once_for_a_login_that_waited(roc: Mbo) -> None:
    path = asked(roc.by_eduid())
    roc.userinfo(Redirect(answer(roc, path, "yes").headers["Location"]))
    assert len(roc.api.asked) == 1


def test_a_party_that_left_meanwhile_has_a_page(roc: Mbo) -> None:
    path = asked(roc.by_eduid())
    roc.op.more_idps = ()
    roc.op.load()
    assert roc.op.app.test_client().get(path).status_code == 400
    assert CLIENT not in roc.op.app.test_client().get(path).get_data(as_text=True)


def test_an_agreement_that_ended_meanwhile_refuses(roc: Mbo) -> None:
    path = asked(roc.by_eduid())
    shown = page(roc, path).xpath("string(//input[@name='shown']/@value)")
    [agreement] = roc.op.world.agreements
    roc.op.world.agreements = (replace(agreement, suspended="stop"),)
    roc.op.load()
    response = answer(roc, path, "yes", shown)
    assert response.status_code == 403
    assert ErrorCode.AGREEMENT_SUSPENDED in response.get_data(as_text=True)
    assert roc.op.world.consents.rows == {}
