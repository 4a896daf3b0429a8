"""What the school says of somebody, and what it agreed with the service."""

from typing import Any

from werkzeug.test import TestResponse

from gateway.domain.errors import ErrorCode
from tests.errors.gateway import Browser, Gateway
from tests.errors.registry import gives
from tests.errors.situations.answers import SAID
from tests.errors.situations.requests import FENNA, NOOR, REGENBOOG

_BRIN, _ECK_ID = "nlEduPersonHomeOrganizationId", "eckId"


def at_rekentuin(gateway: Gateway, **said: Any) -> TestResponse:
    """Fenna logs in for Rekentuin, and her school says something odd; None: it leaves something out."""
    browser = gateway.browser()
    browser.to_school()
    return browser.by_person(REGENBOOG, FENNA, **said)


def behind_hub(gateway: Gateway, brin: str, **said: Any) -> TestResponse:
    """Somebody of a school behind the hub, for Leesplein."""
    browser = gateway.browser()
    browser.to_school("leesplein", "99YF")
    return by_hub(browser, brin, **said)


def by_hub(browser: Browser, brin: str, **said: Any) -> TestResponse:
    person = {"uid": ("somebody@koepel.example",), _ECK_ID: ("https://ketenid.nl/pilot/" + "5e" * 64,)}
    given = {**SAID, **person, _BRIN: (brin,), **said}
    return browser.answer("hub", {name: values for name, values in given.items() if values})


@gives(ErrorCode.ACCOUNT_MISSING, back_to="Rekentuin", other_school=True)
def the_school_does_not_say_whose_account_it_is(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.to_school()
    said = {name: values for name, values in SAID.items() if name != "uid"}
    nobody = '<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">_1</saml:NameID>'
    return browser.answer("regenboog", said, name_id=nobody)


@gives(ErrorCode.SCOPE_FOREIGN, back_to="Leesplein", other_school=True)
def a_school_speaks_of_somebody_elses_pupil(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.to_school("leesplein", "99XB")
    name = "urn:mace:dir:attribute-def:eduPersonPrincipalName"
    domain = "urn:mace:terena.org:attribute-def:schacHomeOrganization"
    role = "urn:mace:dir:attribute-def:eduPersonAffiliation"
    said = {name: ("sem@vuurtoren.example",), domain: ("petteflat.example",), role: ("student",)}
    return browser.answer("petteflat", said)


@gives(ErrorCode.BRIN_MISSING, back_to="Leesplein", other_school=True)
def a_hub_does_not_say_which_school(gateway: Gateway) -> TestResponse:
    return behind_hub(gateway, "99YF", **{_BRIN: ()})


@gives(ErrorCode.BRIN_MALFORMED, back_to="Rekentuin", other_school=True)
def a_school_writes_its_number_wrongly(gateway: Gateway) -> TestResponse:
    return at_rekentuin(gateway, **{_BRIN: ("school 12",)})


@gives(ErrorCode.BRIN_UNKNOWN, back_to="Rekentuin", other_school=True)
def a_school_names_another_that_is_not_there(gateway: Gateway) -> TestResponse:
    return at_rekentuin(gateway, **{_BRIN: ("88ZZ",)})


@gives(ErrorCode.BRIN_AMBIGUOUS, back_to="Leesplein", other_school=True)
def a_hub_names_a_school_of_two_branches(gateway: Gateway) -> TestResponse:
    return behind_hub(gateway, "99YH")


@gives(ErrorCode.ROLE_MISSING, back_to="Rekentuin", other_school=True)
def a_school_does_not_say_whether_somebody_learns_or_teaches(gateway: Gateway) -> TestResponse:
    return at_rekentuin(gateway, eduPersonAffiliation=None)


@gives(ErrorCode.ROLE_CONTRADICTORY, back_to="Rekentuin", other_school=True)
def a_school_says_that_somebody_learns_and_teaches(gateway: Gateway) -> TestResponse:
    return at_rekentuin(gateway, eduPersonAffiliation=("student", "employee"))


@gives(ErrorCode.ECK_ID_MALFORMED, back_to="Rekentuin", other_school=True)
def a_school_sends_no_eck_id_for_an_eck_id(gateway: Gateway) -> TestResponse:
    return at_rekentuin(gateway, **{_ECK_ID: ("4711",)})


@gives(ErrorCode.ECK_ID_CONTRADICTORY, back_to="Rekentuin", other_school=True)
def a_school_sends_two_eck_ids(gateway: Gateway) -> TestResponse:
    return at_rekentuin(gateway, **{_ECK_ID: (FENNA.eck_id(), REGENBOOG.people[1].eck_id())})


@gives(ErrorCode.ECK_ID_REQUIRED, back_to="Leesplein", other_school=True)
def a_learner_has_no_eck_id_and_nothing_else_may_go(gateway: Gateway) -> TestResponse:
    return behind_hub(gateway, "99YF", **{_ECK_ID: (), "uid": ("new@koepel.example",)})


@gives(ErrorCode.ECK_ID_HELD, back_to="Leesplein", other_school=True)
def two_learners_have_one_eck_id(gateway: Gateway) -> TestResponse:
    shared = ("https://ketenid.nl/pilot/" + "6f" * 64,)
    assert behind_hub(gateway, "99YF", **{_ECK_ID: shared, "uid": ("one@koepel.example",)}).status_code == 200
    return behind_hub(gateway, "99YF", **{_ECK_ID: shared, "uid": ("two@koepel.example",)})


@gives(ErrorCode.FALLBACK_MISSING, back_to="Klas", other_school=True)
def a_school_promised_an_identifier_and_sends_none(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.authorize("klas")
    browser.choose("99XA")
    return browser.by_person(REGENBOOG, NOOR)


@gives(ErrorCode.AGREEMENT_MISSING, back_to="Leesplein", other_school=True)
def a_school_has_agreed_nothing(gateway: Gateway) -> TestResponse:
    return behind_hub(gateway, "99YA")


@gives(ErrorCode.AGREEMENT_NOT_YET, back_to="Leesplein", other_school=True)
def a_school_begins_later(gateway: Gateway) -> TestResponse:
    return behind_hub(gateway, "99YB")


@gives(ErrorCode.AGREEMENT_EXPIRED, back_to="Leesplein", other_school=True)
def a_school_has_stopped(gateway: Gateway) -> TestResponse:
    return behind_hub(gateway, "99YC")


@gives(ErrorCode.AGREEMENT_SUSPENDED, back_to="Leesplein", other_school=True)
def a_school_lets_nothing_go_for_now(gateway: Gateway) -> TestResponse:
    return behind_hub(gateway, "99YD")


@gives(ErrorCode.AGREEMENT_NOT_COVERING, back_to="Leesplein", other_school=True)
def a_school_agreed_for_another_branch(gateway: Gateway) -> TestResponse:
    return behind_hub(gateway, "99YE")
