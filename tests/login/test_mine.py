"""A person sees what there is of their own, ends it and takes it along: theirs alone, in their own browser."""

import json
from pathlib import Path

import pytest
from lxml import html

from gateway.attributes.values import RawAttributes
from gateway.domain.attribute import Attribute
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.language import Language
from gateway.login.messages import Authentication
from gateway.login.steps import Refused, Step
from gateway.reports.texts import say
from tests.support.op_client import PASSWORD
from tests.support.user_held import (
    ADULT_AT_SCHOOL,
    AIMED,
    ECK_ID,
    EDUID,
    GLOBAL,
    NO_API,
    REQUESTER,
    ROC,
    ROC_IDP,
    SAID_BY_EDUID,
    Mbo,
    Sitting,
    mbo,
    refused,
)

SOMEBODY = {**ADULT_AT_SCHOOL, "uid": ("noor@roc.example",)}


@pytest.fixture
def roc(tmp_path: Path) -> Mbo:
    made = mbo(tmp_path, school=NO_API)
    Sitting(made).link()
    made.userinfo(made.answer(SAID_BY_EDUID))
    made.userinfo(made.by_school(isAdult=("true",)))
    return made


def log_in(roc: Mbo, said: dict[str, tuple[str, ...]], *, held: bool) -> str:
    """The address of the page that opens."""
    path = roc.my_page(said, **{"held" if held else "school": str(ROC.brin)})
    assert roc.op.schools.asked[-1][0] == (EDUID if held else ROC_IDP)
    return path


def text(roc: Mbo, path: str, language: str = "nl") -> str:
    answer = roc.op.app.test_client().get(path, query_string={"lang": language})
    assert answer.status_code == 200
    return " ".join(html.fromstring(answer.get_data()).find(".//main").text_content().split())


@pytest.mark.parametrize("held", [True, False], ids=["eduID", "school"])
def test_either_account_shows_the_link_and_what_went(held: bool, roc: Mbo) -> None:
    path = log_in(roc, SAID_BY_EDUID if held else ADULT_AT_SCHOOL, held=held)
    shown = text(roc, path)
    assert "Verbreek de koppeling met ROC Voorbeeld" in shown
    assert say(Language.NL, f"attribute.{Attribute.ECK_ID}") in shown
    assert shown.count("07-09-2026 ") >= 2
    assert ("Trek in voor" in shown) == held
    assert "End the link" in text(roc, path, "en")
    for value in (ECK_ID, AIMED, GLOBAL, "mo@roc.example"):
        assert value not in shown


def test_the_login_is_made_anew_and_opens_nothing_else(roc: Mbo) -> None:
    log_in(roc, SAID_BY_EDUID, held=True)
    _, request = roc.op.schools.asked[-1]
    assert request.force
    assert request.requesters == (REQUESTER,)
    before = len(roc.op.world.records.ledger)
    log_in(roc, ADULT_AT_SCHOOL, held=False)
    assert len(roc.op.world.records.ledger) == before
    roc.op.cookie.drop()
    assert roc.op.authorize().headers["Location"].startswith("/login/"), "there is no session"


def test_it_can_be_taken_along(roc: Mbo) -> None:
    path = log_in(roc, SAID_BY_EDUID, held=True)
    answer = roc.op.app.test_client().get(f"{path}/data.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    data = json.loads(answer.get_data())
    assert [one["standing"] for one in data["links"]] == ["live"]
    assert [one["service"] for one in data["consents"]] == ["klas"]
    assert data["consents"][0]["attributes"] == ["eck_id", "role", "school"]
    assert data["releases"][0]["attributes"]
    assert not any(value in answer.get_data(as_text=True) for value in (ECK_ID, AIMED, GLOBAL))


@pytest.mark.parametrize("held", [True, False], ids=["eduID", "school"])
def test_either_account_ends_the_link(held: bool, roc: Mbo) -> None:
    path = log_in(roc, SAID_BY_EDUID if held else ADULT_AT_SCHOOL, held=held)
    [link] = roc.op.world.links.rows
    assert roc.post(path, link=link).headers["Location"] == path
    assert roc.op.world.links.rows == {}
    assert "Er is niets gekoppeld" in text(roc, path)
    assert refused(roc.by_eduid()).error.code is ErrorCode.LINK_NEEDED


def test_a_consent_is_withdrawn_and_asked_for_again(roc: Mbo) -> None:
    path = log_in(roc, SAID_BY_EDUID, held=True)
    roc.post(path, consent="klas")
    assert roc.op.world.consents.rows == {}
    roc.consents = False
    assert type(roc.by_eduid()).__name__ == "AskConsent"


def test_everything_is_erased_after_a_second_yes(roc: Mbo) -> None:
    path = log_in(roc, ADULT_AT_SCHOOL, held=False)
    roc.post(path, erase="yes")
    assert len(roc.op.world.links.rows) == 1
    roc.post(path, erase="yes", sure="yes")
    assert roc.op.world.links.rows == {}
    assert roc.op.world.consents.rows == {}


def test_another_person_sees_and_ends_nothing(roc: Mbo) -> None:
    path = log_in(roc, SOMEBODY, held=False)
    shown = text(roc, path)
    assert "Er is niets gekoppeld" in shown
    assert "ging er niets naar een leermiddel" in shown
    [link] = roc.op.world.links.rows
    roc.post(path, link=link)
    roc.post(path, consent="klas")
    roc.post(path, erase="yes", sure="yes")
    assert link in roc.op.world.links.rows
    assert len(roc.op.world.consents.rows) == 1


def test_another_browser_opens_nothing(roc: Mbo) -> None:
    path = log_in(roc, SAID_BY_EDUID, held=True)
    roc.op.browser = "another"
    client = roc.op.app.test_client()
    for answer in (client.get(path), client.get(f"{path}/data.json"), roc.post(path, erase="yes", sure="yes")):
        assert answer.status_code == 400
        assert "klas" not in answer.get_data(as_text=True)
    assert len(roc.op.world.links.rows) == 1


def test_a_form_of_another_site_does_nothing(roc: Mbo) -> None:
    path = log_in(roc, SAID_BY_EDUID, held=True)
    [link] = roc.op.world.links.rows
    assert roc.post(path, site="cross-site", link=link).status_code == 400
    assert roc.post("/me", site="cross-site", school=str(ROC.brin)).status_code == 400
    assert link in roc.op.world.links.rows


def test_the_page_closes_by_itself_and_by_its_button(roc: Mbo) -> None:
    path = log_in(roc, SAID_BY_EDUID, held=True)
    assert roc.post(path, close="yes").headers["Location"] == "/"
    assert roc.op.app.test_client().get(path).status_code == 400
    path = log_in(roc, SAID_BY_EDUID, held=True)
    roc.op.clock.forward(seconds=901)
    assert roc.op.app.test_client().get(path).status_code == 400


def test_a_login_that_fails_has_a_page_without_a_service(roc: Mbo) -> None:
    roc.post("/me", school=str(ROC.brin))
    _, request = roc.op.schools.asked[-1]
    with roc.op.app.test_request_context():
        expectation = roc.op.dispatcher.expect(request.attempt, roc.op.browser)
        for code in (ErrorCode.RESPONSE_EXPIRED, ErrorCode.IDP_NO_AUTHENTICATION_CONTEXT):
            step: Step = roc.op.dispatcher.fail(expectation, SluisError(code))
            assert isinstance(step, Refused)
            assert step.service is None
    assert "reference" in roc.page(step)


def test_whose_account_is_not_told_opens_nothing(roc: Mbo) -> None:
    roc.post("/me", school=str(ROC.brin))
    idp, request = roc.op.schools.asked[-1]
    nobody = {name: values for name, values in ADULT_AT_SCHOOL.items() if name != "uid"}
    with roc.op.app.test_request_context():
        expectation = roc.op.dispatcher.expect(request.attempt, roc.op.browser)
        authentication = Authentication(idp, RawAttributes(tuple(nobody.items())), PASSWORD, roc.op.clock.now())
        step = roc.op.dispatcher.finish(expectation, authentication)
    assert refused(step).error.code is ErrorCode.ACCOUNT_MISSING


@pytest.mark.parametrize("form", [{"school": "99ZZ"}, {"held": "99ZZ"}, {"school": "x"}, {}], ids=str)
def test_a_school_that_was_not_offered(form: dict[str, str], roc: Mbo) -> None:
    assert roc.post("/me", **form).status_code == 400


def test_the_page_to_log_in_offers_schools_and_eduid(roc: Mbo) -> None:
    shown = text(roc, "/me")
    assert "ROC Voorbeeld: inloggen met eduID" in shown
    found = roc.op.app.test_client().get("/me?q=voorbeeld").get_data(as_text=True)
    assert 'value="99YA"' in found
    nothing = roc.op.app.test_client().get("/me?q=elders").get_data(as_text=True)
    assert 'role="status"' in nothing


def test_a_party_that_left_closes_the_page(roc: Mbo) -> None:
    path = log_in(roc, SAID_BY_EDUID, held=True)
    roc.op.more_idps = ()
    roc.op.load()
    assert roc.op.app.test_client().get(path).status_code == 400
