"""A student links eduID to their account at school: proves both in one sitting, says yes, and is known by either."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.domain.clock import dutch_midnight
from gateway.domain.errors import ErrorCode, SluisError
from gateway.domain.fallback import Fallback
from gateway.domain.user_held import UserHeld
from gateway.federation.at_eduid import SchoolAtEduid
from gateway.login.steps import AskToLink, Redirect
from tests.support.jose import CLIENT
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

OF_EDUID = (AIMED, GLOBAL, "Zelfgekozen", "Achternaam", "prive@mail.example", "elders.example")
OTHER_ECK_ID = "https://ketenid.nl/pilot/" + "0d" * 64
OTHER_EDUID = {**SAID_BY_EDUID, "urn:oasis:names:tc:SAML:attribute:subject-id": ("another@eduid.nl",)}


@pytest.fixture
def roc(tmp_path: Path) -> Mbo:
    return mbo(tmp_path, school=NO_API)


@pytest.fixture
def sitting(roc: Mbo) -> Sitting:
    return Sitting(roc)


def anomalies(roc: Mbo) -> list[str]:
    return [one.kind for one in roc.op.world.records.anomalies]


def test_after_linking_the_service_gets_by_eduid_the_eck_id_and_the_sub_of_the_school(
    roc: Mbo, sitting: Sitting
) -> None:
    sitting.link()
    by_eduid = roc.userinfo(roc.answer(SAID_BY_EDUID))
    by_school = roc.userinfo(roc.by_school(isAdult=("true",)))
    assert by_eduid["eckid"] == by_school["eckid"] == ECK_ID
    assert by_eduid["sub"] == by_school["sub"]
    assert not any(value in str(by_eduid) for value in OF_EDUID)
    again = roc.userinfo(roc.by_eduid())
    assert again == by_eduid


def test_of_the_school_only_who_where_and_what_goes(roc: Mbo, sitting: Sitting) -> None:
    """A name that a school said months ago is none that goes today."""
    sitting.link()
    got = roc.userinfo(roc.answer(SAID_BY_EDUID))
    assert "given_name" not in got
    assert (got["eduperson_affiliation"], got["school_brin"]) == (["student"], "99YA")
    assert got["eckid"] == ECK_ID


def test_both_sides_are_asked_to_log_in_anew(roc: Mbo, sitting: Sitting) -> None:
    sitting.begin().to_question()
    (first, of_holder), (second, of_account) = roc.op.schools.asked[-2:]
    assert (first, second) == (EDUID, ROC_IDP)
    assert of_holder.force
    assert of_account.force
    assert of_holder.requesters == (REQUESTER, CLIENT)


def test_the_page_says_what_it_does_for_which_services_and_until_when(roc: Mbo, sitting: Sitting) -> None:
    sitting.begin().to_question()
    page = sitting.get()
    for words in ("ROC Voorbeeld", "Zelfgekozen", "Mo", "Uitgeverij Voorbeeld", "07-09-2027", "180 dagen"):
        assert words in page
    assert ECK_ID not in page
    assert "mo@roc.example" not in page
    english = roc.op.app.test_client().get(sitting.page, query_string={"lang": "en"}).get_data(as_text=True)
    assert "Yes, link them" in english


def test_no_keeps_nothing_and_the_login_asks_for_a_school(roc: Mbo, sitting: Sitting) -> None:
    sitting.begin().to_question()
    assert sitting.say("no").headers["Location"] == f"/login/{sitting.login}/school"
    assert roc.op.world.links.rows == {}
    assert sitting.say("yes").status_code == 400


def test_a_minor_cannot_link(roc: Mbo, sitting: Sitting) -> None:
    step = refused(sitting.begin().to_question(account={**ADULT_AT_SCHOOL, "isAdult": ("false",)}))
    assert step.error.code is ErrorCode.USER_HELD_MINOR
    assert step.back is not None
    assert roc.op.world.links.rows == {}


def test_who_the_school_no_longer_calls_of_age_does_not_get_in_by_the_link(roc: Mbo, sitting: Sitting) -> None:
    sitting.link()
    roc.userinfo(roc.by_school(isAdult=()))
    assert refused(roc.by_eduid()).error.code is ErrorCode.USER_HELD_MINOR


def test_without_eck_id_the_service_knows_the_person_by_one_name_either_way(tmp_path: Path) -> None:
    roc = mbo(tmp_path, school=NO_API, fallback=Fallback.PROVISIONAL)
    without = {name: values for name, values in ADULT_AT_SCHOOL.items() if name != "eckId"}
    Sitting(roc).link(account=without)
    by_eduid = roc.userinfo(roc.answer(SAID_BY_EDUID))
    roc.choose(roc.begin(), held=False)
    by_school = roc.userinfo(roc.answer(without))
    assert by_eduid["sub"] == by_school["sub"]
    assert not any(value in str(by_eduid) for value in OF_EDUID)


class TestTime:
    def test_a_link_ends_unless_its_owner_logs_in_at_school(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        roc.op.clock.forward(seconds=timedelta(days=150).total_seconds())
        roc.userinfo(roc.by_school(isAdult=("true",)))
        [row] = roc.op.world.links.rows.values()
        assert (row.until - row.made.date()).days == 515
        roc.op.clock.forward(seconds=timedelta(days=366).total_seconds())
        step = refused(roc.by_eduid())
        assert step.error.code is ErrorCode.LINK_NEEDED

    def test_what_the_school_said_long_ago_is_not_believed(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        roc.op.clock.forward(seconds=timedelta(days=181).total_seconds())
        step = refused(roc.by_eduid())
        assert step.error.code is ErrorCode.LINK_STALE
        assert step.other_way is not None
        assert not step.other_way.link
        assert "Log in bij ROC Voorbeeld" in roc.page(step)
        roc.userinfo(roc.by_school(isAdult=("true",)))
        assert roc.userinfo(roc.by_eduid())["eckid"] == ECK_ID

    def test_to_the_second_of_its_last_dutch_day(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        [row] = roc.op.world.links.rows.values()
        last = dutch_midnight(row.until + timedelta(days=1)) - timedelta(seconds=1)
        roc.op.world.links.rows[row.id] = replace(row, seen=last)
        roc.op.clock.forward(seconds=(last - roc.op.clock.now()).total_seconds())
        assert roc.userinfo(roc.by_eduid())["eckid"] == ECK_ID
        roc.op.clock.forward(seconds=1)
        assert refused(roc.by_eduid()).error.code is ErrorCode.LINK_NEEDED

    def test_the_school_is_believed_to_the_second(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        [row] = roc.op.world.links.rows.values()
        roc.op.clock.forward(seconds=(row.seen + timedelta(days=180) - roc.op.clock.now()).total_seconds())
        assert roc.userinfo(roc.by_eduid())["eckid"] == ECK_ID
        roc.op.clock.forward(seconds=1)
        assert refused(roc.by_eduid()).error.code is ErrorCode.LINK_STALE

    def test_one_that_ended_is_linked_anew(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        roc.op.clock.forward(seconds=timedelta(days=400).total_seconds())
        sitting.link()
        assert len(roc.op.world.links.rows) == 1
        assert roc.userinfo(roc.answer(SAID_BY_EDUID))["eckid"] == ECK_ID

    def test_a_sitting_that_lasts_too_long_has_a_page(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.begin().to_question()
        roc.op.clock.forward(seconds=901)
        assert sitting.say("yes").status_code == 400
        assert roc.op.world.links.rows == {}


class TestAnotherEckId:
    def test_the_link_is_suspended_and_reported_and_its_owner_told(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        assert roc.userinfo(roc.by_school(isAdult=("true",), eckId=(OTHER_ECK_ID,)))["eckid"] == OTHER_ECK_ID
        assert anomalies(roc) == ["link_suspended"]
        step = refused(roc.by_eduid())
        assert step.error.code is ErrorCode.LINK_SUSPENDED
        assert "staat stil" in roc.page(step)

    def test_it_stays_so_whatever_the_school_says_later(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        roc.by_school(isAdult=("true",), eckId=(OTHER_ECK_ID,))
        roc.by_school(isAdult=("true",))
        assert refused(roc.by_eduid()).error.code is ErrorCode.LINK_SUSPENDED

    def test_one_that_comes_later_is_none_that_changed(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path, school=NO_API)
        without = {name: values for name, values in ADULT_AT_SCHOOL.items() if name != "eckId"}
        Sitting(roc).link(account=without)
        assert refused(roc.answer(SAID_BY_EDUID)).error.code is ErrorCode.ECK_ID_REQUIRED
        roc.userinfo(roc.by_school(isAdult=("true",)))
        assert roc.userinfo(roc.by_eduid())["eckid"] == ECK_ID
        assert anomalies(roc) == []


class TestTwoOfThem:
    def test_a_link_is_replaced_only_after_its_owner_says_so(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        [before] = roc.op.world.links.rows
        # The login that waits goes the way of the link; whoever has the page of another sitting can link anew.
        again = Sitting(roc, login=roc.begin())
        again.to_question(account={**ADULT_AT_SCHOOL, "uid": ("mo2@roc.example",)})
        assert "al gekoppeld" in again.get()
        assert again.say("yes").headers["Location"] == again.page
        assert list(roc.op.world.links.rows) == [before]
        assert again.say("replace").headers["Location"] == "https://eduid.example/sso"
        [after] = roc.op.world.links.rows.values()
        assert after.id != before

    def test_an_account_that_another_person_came_to_first_is_theirs(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        other = Sitting(roc, login=roc.begin())
        step = refused(other.to_question(holder=OTHER_EDUID))
        assert step.error.code is ErrorCode.LINK_TAKEN
        assert "al een ander account" in roc.page(step)
        assert anomalies(roc) == ["link_taken"]
        assert refused(roc.by_eduid(OTHER_EDUID)).error.code is ErrorCode.LINK_NEEDED

    def test_of_two_who_say_yes_at_once_one_links(self, roc: Mbo) -> None:
        mine, theirs = Sitting(roc).begin(), Sitting(roc, login=roc.begin())
        mine.to_question()
        theirs.to_question(holder=OTHER_EDUID)
        assert theirs.say("yes").status_code == 303
        assert mine.say("yes").status_code == 409
        assert len(roc.op.world.links.rows) == 1

    def test_a_suspended_link_is_not_replaced(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        roc.by_school(isAdult=("true",), eckId=(OTHER_ECK_ID,))
        step = refused(Sitting(roc, login=roc.begin()).to_question())
        assert step.error.code is ErrorCode.LINK_SUSPENDED


class TestWaysOut:
    def test_revoked_while_its_owner_is_at_eduid(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        roc.op.world.links.rows.clear()
        step = refused(roc.answer(SAID_BY_EDUID))
        assert step.error.code is ErrorCode.LINK_NEEDED
        assert "Koppel je account bij ROC Voorbeeld" in roc.page(step)

    def test_the_identity_provider_of_the_account_left(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        roc.op.world.idp = replace(roc.op.world.idp, schools=frozenset())
        roc.op.load()
        login = roc.op.authorize()
        assert login.status_code == 303
        step = refused(roc.answer(SAID_BY_EDUID))
        assert step.error.code is ErrorCode.USER_HELD_NOT_KNOWN

    def test_another_school_than_the_one_that_was_chosen(self, tmp_path: Path) -> None:
        other = replace(ROC, brin=ROC.brin.__class__("99YB"), at_eduid=SchoolAtEduid())
        roc = mbo(tmp_path, school=NO_API)
        roc.op.more_schools = (NO_API, other)
        roc.op.world.idp = replace(roc.op.world.idp, schools=frozenset({ROC.brin, other.brin}))
        roc.op.load()
        account = {**ADULT_AT_SCHOOL, "nlEduPersonHomeOrganizationId": ("99YB",)}
        step = refused(Sitting(roc).begin().to_question(account=account))
        assert step.error.code is ErrorCode.LINK_OTHER_SCHOOL

    def test_an_agreement_that_forbids_it_meanwhile(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.begin()
        [agreement] = roc.op.world.agreements
        roc.op.world.agreements = (replace(agreement, user_held=UserHeld.FORBIDDEN),)
        roc.op.load()
        assert sitting.start().status_code == 400

    def test_the_page_of_a_service_that_wants_eduid_alone_offers_to_link(self, roc: Mbo) -> None:
        asked = roc.op.authorize(login_hint=str(EDUID))
        assert asked.status_code == 303
        step = refused(roc.answer(SAID_BY_EDUID))
        page = roc.page(step)
        assert "Koppel je account bij ROC Voorbeeld" in page
        assert ">Log in bij ROC Voorbeeld<" not in page

    def test_a_school_that_knows_the_eduid_needs_no_link(self, tmp_path: Path) -> None:
        roc = mbo(tmp_path)
        roc.api.status = 404
        Sitting(roc).link()
        assert roc.userinfo(roc.answer(SAID_BY_EDUID))["eckid"] == ECK_ID
        asked = len(roc.api.asked)
        assert asked == 2, "once a login: the tokens stand on the link"
        roc.api.status = 200
        assert roc.userinfo(roc.by_eduid())["given_name"] == "Mo"


class TestIdentifiersOfEduid:
    """The eduID that is aimed at a school is for its API; an account is known by what is the same everywhere."""

    def test_another_one_is_aimed_at_the_school_and_the_link_stays_the_same(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        aimed_anew = {**SAID_BY_EDUID, "urn:mace:eduid.nl:1.1": ("0b0cbd2c-6a0a-4d4b-8b39-2f3f2a8f5d21",)}
        assert roc.userinfo(roc.by_eduid(aimed_anew))["eckid"] == ECK_ID

    def test_the_same_one_of_another_account_is_no_link(self, roc: Mbo, sitting: Sitting) -> None:
        sitting.link()
        assert refused(roc.by_eduid(OTHER_EDUID)).error.code is ErrorCode.LINK_NEEDED

    def test_none_is_aimed_at_a_school_without_an_api(self, roc: Mbo) -> None:
        without = {name: values for name, values in SAID_BY_EDUID.items() if name != "urn:mace:eduid.nl:1.1"}
        Sitting(roc).link(holder=without)
        assert roc.userinfo(roc.answer(without))["eckid"] == ECK_ID

    def test_a_link_does_not_stand_in_for_an_api_that_does_not_answer(self, tmp_path: Path) -> None:
        """The school may have just said that somebody is no longer there: silence is not consent."""
        roc = mbo(tmp_path)
        roc.api.status = 404
        Sitting(roc).link()
        roc.userinfo(roc.answer(SAID_BY_EDUID))
        roc.api.down = True
        step = refused(roc.by_eduid())
        assert step.error.code is ErrorCode.INSTITUTION_UNREACHABLE
        assert step.other_way is not None
        assert "Log in bij ROC Voorbeeld" in roc.page(step)

    def test_an_account_that_eduid_does_not_name_links_nothing(self, roc: Mbo, sitting: Sitting) -> None:
        names = ("urn:oasis:names:tc:SAML:attribute:subject-id", "urn:mace:dir:attribute-def:uid")
        nobody = {name: values for name, values in SAID_BY_EDUID.items() if name not in names}
        sitting.login = roc.begin()
        assert sitting.start().status_code == 303
        assert refused(sitting.prove(nobody)).error.code is ErrorCode.ACCOUNT_MISSING
        assert roc.op.world.links.rows == {}


def test_eduid_that_is_down_while_linking_leaves_the_school(roc: Mbo, sitting: Sitting) -> None:
    """Its own page says that eduID does not answer; the login that waits goes on through the school."""
    sitting.begin()
    assert sitting.start().status_code == 303
    _, request = roc.op.schools.asked[-1]
    with roc.op.app.test_request_context():
        expectation = roc.op.dispatcher.expect(request.attempt, roc.op.browser)
        step = refused(roc.op.dispatcher.fail(expectation, SluisError(ErrorCode.IDP_UNREACHABLE)))
    assert step.other_way is not None
    assert isinstance(roc.choose(step.other_way.login, held=False), Redirect)
    assert roc.userinfo(roc.answer(ADULT_AT_SCHOOL))["eckid"] == ECK_ID


def test_a_link_asks_for_both_logins_again_after_it_was_made(roc: Mbo, sitting: Sitting) -> None:
    """What was proven for one link makes no second."""
    sitting.link()
    assert sitting.say("yes").status_code == 400
    step = sitting.roc.by_eduid()
    assert isinstance(step, Redirect)
    assert not isinstance(step, AskToLink)
