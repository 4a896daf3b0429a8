"""The way of a login, with the protocols and the decision played by stand-ins."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.attribute import Attribute
from gateway.domain.brin import Brin
from gateway.domain.errors import ErrorCode, SluisError
from gateway.federation.models import IdpId, ServiceId
from gateway.login.steps import ChooseSchool, PostForm, Redirect, Refused
from tests.support.played_login import BROWSER, Login, code_of, request
from tests.support.small_federation import LEESPLEIN, PETTEFLAT, PO_IDP, REGENBOOG, VO_IDP, small_federation


def begin_at_school(login: Login, brin: str = "99XA", **changes: Any) -> str:
    step = login.dispatcher.begin(request(**changes), BROWSER)
    assert isinstance(step, ChooseSchool)
    login.dispatcher.choose(step.login, Brin(brin), BROWSER)
    return login.attempt()


def test_a_login_goes_by_discovery_and_school_to_the_service(login: Login) -> None:
    attempt = begin_at_school(login)
    assert login.identity_providers.asked[0][0] == PO_IDP
    assert login.dispatcher.expect(attempt, BROWSER).idp == PO_IDP
    step = login.dispatcher.finish(login.dispatcher.expect(attempt, BROWSER), login.authentication())
    assert step == PostForm("https://leesplein.example/acs", (("SAMLResponse", "signed"),))
    assert login.services.answered == [(LEESPLEIN, "to-leesplein")]


@pytest.mark.parametrize(
    ("attribute", "told"),
    [
        (Attribute.SCHOOL, True),
        (Attribute.SCHOOL_BRANCH, True),
        (Attribute.SCHOOL_NAME, True),
        (Attribute.SCHOOL_DOMAIN, True),
        (Attribute.DIGI_DELIVERY_ID, True),
        (Attribute.ROLE, False),
    ],
)
def test_who_gets_nothing_of_the_school_is_not_told_where_somebody_logged_in(
    login: Login,
    attribute: Attribute,
    told: bool,
) -> None:
    login.releases.values = {attribute: ("x",)}
    attempt = begin_at_school(login)
    said = replace(login.authentication(), authorities=("https://behind.example/idp",))
    login.dispatcher.finish(login.dispatcher.expect(attempt, BROWSER), said)
    here = login.dispatcher._federation.identity_providers[PO_IDP].entity_id
    assert login.services.told[0].authorities == (("https://behind.example/idp", here) if told else ())


def test_what_the_service_asked_reaches_the_identity_provider(login: Login) -> None:
    begin_at_school(login, force=True, contexts=("urn:mfa",), requesters=("https://leesplein.example/sp",))
    asked = login.identity_providers.asked[0][1]
    assert (asked.force, asked.contexts, asked.requesters) == (True, ("urn:mfa",), ("https://leesplein.example/sp",))


def test_one_possible_identity_provider_skips_discovery(login: Login) -> None:
    step = login.dispatcher.begin(request(idps=(VO_IDP,)), BROWSER)
    assert isinstance(step, Redirect)
    assert login.identity_providers.asked[0][0] == VO_IDP


def test_discovery_offers_only_what_the_service_allows(login: Login) -> None:
    step = login.dispatcher.begin(request(), BROWSER)
    assert isinstance(step, ChooseSchool)
    offered = login.dispatcher.discovery(step.login, BROWSER).offered(10).schools
    assert [str(found.choice.school.brin) for found in offered] == ["99XA", "99XB"]


def test_a_school_that_was_not_offered_cannot_be_chosen(login: Login) -> None:
    step = login.dispatcher.begin(request(), BROWSER)
    assert isinstance(step, ChooseSchool)
    assert code_of(lambda: login.dispatcher.choose(step.login, Brin("99ZZ"), BROWSER)) is ErrorCode.LOGIN_SCHOOL_UNKNOWN


def test_a_limit_to_unknown_identity_providers_goes_back_as_a_status(login: Login) -> None:
    step = login.dispatcher.begin(request(idps=(IdpId("elsewhere"),)), BROWSER)
    assert isinstance(step, PostForm)
    assert login.services.refused == [ErrorCode.REQUEST_NO_AVAILABLE_IDP]


def test_passive_with_a_choice_to_make_goes_back_without_a_page(login: Login) -> None:
    assert isinstance(login.dispatcher.begin(request(passive=True), BROWSER), PostForm)
    assert login.services.refused == [ErrorCode.REQUEST_NO_PASSIVE]


def test_passive_with_one_identity_provider_is_passed_on(login: Login) -> None:
    login.dispatcher.begin(request(passive=True, idps=(PO_IDP,)), BROWSER)
    assert login.identity_providers.asked[0][1].passive


def test_a_reloaded_answer_says_that_the_login_is_finished(login: Login) -> None:
    attempt = begin_at_school(login)
    login.dispatcher.finish(login.dispatcher.expect(attempt, BROWSER), login.authentication())
    assert code_of(lambda: login.dispatcher.expect(attempt, BROWSER)) is ErrorCode.LOGIN_FINISHED
    assert len(login.services.answered) == 1


def test_two_schools_tried_in_one_login_give_one_answer(login: Login) -> None:
    step = login.dispatcher.begin(request(), BROWSER)
    assert isinstance(step, ChooseSchool)
    login.dispatcher.choose(step.login, REGENBOOG.brin, BROWSER)
    first = login.attempt()
    login.dispatcher.choose(step.login, PETTEFLAT.brin, BROWSER)
    second = login.attempt()
    login.dispatcher.finish(login.dispatcher.expect(first, BROWSER), login.authentication())
    assert (
        code_of(lambda: login.dispatcher.finish(login.dispatcher.expect(second, BROWSER), login.authentication(VO_IDP)))
        is ErrorCode.LOGIN_FINISHED
    )
    assert code_of(lambda: login.dispatcher.discovery(step.login, BROWSER)) is ErrorCode.LOGIN_FINISHED


def test_two_tabs_do_not_disturb_each_other(login: Login) -> None:
    first, second = begin_at_school(login), begin_at_school(login, "99XB")
    login.dispatcher.finish(login.dispatcher.expect(second, BROWSER), login.authentication(VO_IDP))
    login.dispatcher.finish(login.dispatcher.expect(first, BROWSER), login.authentication())
    assert len(login.services.answered) == 2


@pytest.mark.parametrize("held", ["", "never-begun", "a" * 60, "x" * 5000, "é" * 60])
def test_an_attempt_that_never_was_is_unknown(login: Login, held: str) -> None:
    assert code_of(lambda: login.dispatcher.expect(held, BROWSER)) is ErrorCode.LOGIN_UNKNOWN


def test_a_service_that_left_the_federation_meanwhile_ends_in_a_page(login: Login) -> None:
    step = login.dispatcher.begin(request(), BROWSER)
    assert isinstance(step, ChooseSchool)
    login.dispatcher.choose(step.login, Brin("99XA"), BROWSER)
    login.dispatcher._federation = replace(small_federation(), services={})
    for go_on in (
        lambda: login.dispatcher.discovery(step.login, BROWSER),
        lambda: login.dispatcher.choose(step.login, Brin("99XA"), BROWSER),
        lambda: login.dispatcher.expect(login.attempt(), BROWSER),
    ):
        assert code_of(go_on) is ErrorCode.LOGIN_UNKNOWN


def test_a_login_is_bound_to_its_browser(login: Login) -> None:
    attempt = begin_at_school(login)
    assert code_of(lambda: login.dispatcher.expect(attempt, "another")) is ErrorCode.LOGIN_OTHER_BROWSER
    assert code_of(
        lambda: login.dispatcher.finish(login.dispatcher.expect(attempt, "another"), login.authentication())
    ) is (ErrorCode.LOGIN_OTHER_BROWSER)
    assert not login.services.answered


def test_a_login_expires(login: Login) -> None:
    attempt = begin_at_school(login)
    login.clock.forward(seconds=901)
    assert code_of(lambda: login.dispatcher.expect(attempt, BROWSER)) is ErrorCode.LOGIN_UNKNOWN


def test_a_bad_answer_leaves_room_for_the_true_one(login: Login) -> None:
    attempt = begin_at_school(login)
    step = login.dispatcher.fail(
        login.dispatcher.expect(attempt, BROWSER), SluisError(ErrorCode.RESPONSE_SIGNATURE_INVALID)
    )
    assert isinstance(step, Refused)
    assert step.back is not None
    login.dispatcher.finish(login.dispatcher.expect(attempt, BROWSER), login.authentication())
    assert len(login.services.answered) == 1


def test_a_cancelled_login_goes_back_and_is_over(login: Login) -> None:
    attempt = begin_at_school(login)
    assert isinstance(
        login.dispatcher.fail(login.dispatcher.expect(attempt, BROWSER), SluisError(ErrorCode.IDP_CANCELLED)), PostForm
    )
    assert login.services.refused == [ErrorCode.IDP_CANCELLED]
    assert code_of(lambda: login.dispatcher.expect(attempt, BROWSER)) is ErrorCode.LOGIN_FINISHED


def test_a_refused_release_shows_a_page_that_leads_back(login: Login) -> None:
    attempt = begin_at_school(login)
    login.releases.refusal = SluisError(ErrorCode.AGREEMENT_MISSING)
    step = login.dispatcher.finish(login.dispatcher.expect(attempt, BROWSER), login.authentication())
    assert isinstance(step, Refused)
    assert step.error.code is ErrorCode.AGREEMENT_MISSING
    assert step.back == PostForm("https://leesplein.example/acs", (("SAMLResponse", "no: request_denied"),))
    assert not login.services.answered


def test_a_refused_release_of_a_passive_login_shows_no_page(login: Login) -> None:
    login.dispatcher.begin(request(passive=True, idps=(PO_IDP,)), BROWSER)
    login.releases.refusal = SluisError(ErrorCode.AGREEMENT_MISSING)
    assert isinstance(
        login.dispatcher.finish(login.dispatcher.expect(login.attempt(), BROWSER), login.authentication()), PostForm
    )


@pytest.mark.parametrize(
    "code",
    [
        ErrorCode.USER_HELD_REQUIRED,
        ErrorCode.LINK_NEEDED,
        ErrorCode.LINK_STALE,
        ErrorCode.LINK_CLOSED,
        ErrorCode.LINK_STOPPED,
    ],
)
def test_what_a_page_would_mend_is_no_refusal_where_no_page_may_be_shown(login: Login, code: ErrorCode) -> None:
    login.dispatcher.begin(request(passive=True, idps=(PO_IDP,)), BROWSER)
    login.releases.refusal = SluisError(code)
    step = login.dispatcher.finish(login.dispatcher.expect(login.attempt(), BROWSER), login.authentication())
    assert isinstance(step, PostForm)
    assert login.services.refused == [ErrorCode.REQUEST_INTERACTION]


def test_a_login_that_is_too_old_must_be_made_anew_where_no_page_may_be_shown(login: Login) -> None:
    for passive, told in ((True, ErrorCode.REQUEST_NO_PASSIVE), (False, ErrorCode.RESPONSE_NOT_FRESH)):
        login.dispatcher.begin(request(passive=passive, idps=(PO_IDP,)), BROWSER)
        expected = login.dispatcher.expect(login.attempt(), BROWSER)
        login.dispatcher.fail(expected, SluisError(ErrorCode.RESPONSE_NOT_FRESH))
        assert login.services.refused[-1] is told


def test_an_unsolicited_answer_goes_to_the_service_that_it_names(login: Login) -> None:
    step = login.dispatcher.finish_unsolicited(LEESPLEIN, login.authentication(), BROWSER)
    assert isinstance(step, PostForm)
    assert login.services.answered == [(LEESPLEIN, "")]


def test_only_services_of_the_federation_are_known(login: Login) -> None:
    assert login.dispatcher.knows(LEESPLEIN)
    assert not login.dispatcher.knows(ServiceId("nobody"))
