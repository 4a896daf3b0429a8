"""An identity that people hold themselves, and links of accounts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from lxml import html
from werkzeug.test import TestResponse

from gateway.demo.federation import address
from gateway.demo.people import ADULT, EDUID, EXAMPLE_SCHOOLS, MBO, MBO_WITH_API, DemoSchool, Person
from gateway.domain.errors import ErrorCode
from gateway.storage import schema
from tests.errors.federation import MBO_ALONE, PORT, changed
from tests.errors.gateway import Browser, Gateway
from tests.errors.registry import How, gives
from tests.errors.situations.answers import through_provider
from tests.errors.situations.clients import called
from tests.support.responses import signed

MO, SAM, LOTTE = MBO.people
MO_AT_EDUID, SAM_AT_EDUID = EDUID.people
PETTEFLAT = EXAMPLE_SCHOOLS[1]
SEM = PETTEFLAT.people[0]
VO_LOTTE = PETTEFLAT.people[1]
BACK = "Schrijfmaatje"


def by_eduid(browser: Browser, person: Person = MO_AT_EDUID, brin: str = "99XD") -> TestResponse:
    """From Schrijfmaatje, with eduID."""
    browser.authorize()
    browser.choose(brin, held=True)
    return browser.by_person(EDUID, person)


def to_link(browser: Browser, holder: Person, account: Person, **said: Any) -> TestResponse:
    """From the page that offers it, over both logins, to what comes of them."""
    page = html.fromstring(by_eduid(browser, holder).text)
    [button] = page.xpath("//form[contains(@action, '/link')]//button")
    browser.post(button.getparent().get("action"), school=button.get("value"))
    browser.by_person(EDUID, holder)
    return browser.by_person(MBO, account, **said)


def linked(gateway: Gateway, holder: Person = MO_AT_EDUID, account: Person = MO) -> Browser:
    browser = gateway.browser()
    to_link(browser, holder, account)
    browser.post(browser.location, answer="yes")
    browser.by_person(EDUID, holder)
    return browser


def without_links(gateway: Gateway) -> None:
    """Nobody has linked anything, nor let anything go."""
    with gateway.parts.engine.begin() as connection:
        connection.execute(schema.account_links.delete())
        connection.execute(schema.consents.delete())
        connection.execute(schema.seen_eck_ids.delete())


def between_schools(browser: Browser, here: Mapping[str, Any], there: Mapping[str, Any]) -> TestResponse:
    """Lotte, a guest at the mbo school, links the account at her own; what comes of both logins."""
    browser.post("/link", kind="guest", at="99XD", school="99XB")
    browser.by_person(MBO, LOTTE, isAdult=("true",), **here)
    return browser.by_person(PETTEFLAT, VO_LOTTE, **there)


@gives(ErrorCode.INSTITUTION_UNREACHABLE, back_to=BACK, other_school=True)
def the_school_does_not_answer_for_its_student(gateway: Gateway) -> TestResponse:
    gateway.outside.api_status = 500
    gateway.outside.provider.userinfo = {"sub": "fenna-sub", "eduid": "els"}
    return through_provider(gateway)


@gives(ErrorCode.USER_HELD_FORBIDDEN, back_to=BACK, other_school=True)
def a_school_forbids_it_while_somebody_is_on_the_way(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.authorize()
    browser.choose("99XD", held=True)
    file = gateway.federation.directory / "agreements" / "vuurtoren.yaml"
    with changed(file, "user_held: allowed", "user_held: forbidden"), gateway.again() as later:
        return browser.through(later).by_person(EDUID, MO_AT_EDUID)


@gives(ErrorCode.USER_HELD_REQUIRED, back_to="Klas", other_school=True)
def a_student_of_age_does_not_come_with_their_own(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.authorize("klas")
    browser.choose("99XD")
    return browser.by_person(MBO, MO)


@gives(ErrorCode.REQUEST_INTERACTION, How.SERVICE)
def a_student_of_age_would_have_to_be_shown_the_way(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.authorize("klas", prompt="none", school="99XD")
    return browser.by_person(MBO, MO)


@gives(ErrorCode.USER_HELD_MINOR, back_to=BACK, other_school=True)
def a_minor_wants_to_link_their_own(gateway: Gateway) -> TestResponse:
    without_links(gateway)
    return to_link(gateway.browser(), SAM_AT_EDUID, SAM)


@gives(ErrorCode.USER_HELD_SCHOOL_MISSING, back_to="Leesplein")
def nobody_knows_which_school_it_is(gateway: Gateway) -> TestResponse:
    browser = gateway.browser()
    browser.authorize()
    browser.choose("99XD", held=True)
    said = {name: (value,) for name, value in EDUID.attributes(MO_AT_EDUID)}
    unasked = browser.message("eduid", said, in_response_to=None, confirmed_request=None)
    return browser.bring(signed(unasked, key=gateway.federation.keys["eduid"]), relay_state="leesplein")


@gives(ErrorCode.USER_HELD_NOT_KNOWN, back_to=BACK, other_school=True)
def the_school_does_not_know_the_identity(gateway: Gateway) -> TestResponse:
    gateway.outside.api_status = 404
    return by_eduid(gateway.browser(), brin=MBO_ALONE)


@gives(ErrorCode.CONSENT_NEEDED, How.SERVICE)
def somebody_would_have_to_be_asked(gateway: Gateway) -> TestResponse:
    gateway.outside.api_says = {
        "eckid": [MO.eck_id()],
        "given_name": [MO.given_name],
        "eduperson_scoped_affiliation": ["student@avond.example"],
        "schac_home_organization": ["avond.example"],
        "eduperson_entitlement": [ADULT],
    }
    browser = gateway.browser()
    entry = f'<samlp:IDPEntry ProviderID="{address(EDUID.host, PORT)}/metadata"/>'
    limit = f"<samlp:Scoping><samlp:IDPList>{entry}</samlp:IDPList></samlp:Scoping>"
    browser.ask("boekje", IsPassive="true", inside=limit)
    return browser.by_person(EDUID, MO_AT_EDUID)


@gives(ErrorCode.CONSENT_REFUSED, How.SERVICE)
def somebody_says_no(gateway: Gateway) -> TestResponse:
    without_links(gateway)
    browser = linked(gateway)
    return browser.post(browser.location, answer="no")


@gives(ErrorCode.LINK_NEEDED, back_to=BACK, other_school=True)
def somebody_has_not_linked_yet(gateway: Gateway) -> TestResponse:
    without_links(gateway)
    return by_eduid(gateway.browser())


@gives(ErrorCode.LINK_STALE, back_to=BACK, other_school=True)
def the_school_has_not_been_heard_for_long(gateway: Gateway) -> TestResponse:
    without_links(gateway)
    linked(gateway)
    gateway.clock.at += timedelta(days=200)
    return by_eduid(gateway.browser())


@gives(ErrorCode.LINK_SUSPENDED, back_to=BACK, other_school=True)
def the_school_names_another_eck_id_since(gateway: Gateway) -> TestResponse:
    without_links(gateway)
    linked(gateway)
    browser = gateway.browser()
    browser.authorize()
    browser.choose("99XD")
    browser.by_person(MBO, MO, eckId=("https://ketenid.nl/pilot/" + "7a" * 64,))
    return by_eduid(gateway.browser())


@gives(ErrorCode.LINK_TAKEN, back_to=BACK, other_school=True)
def somebody_else_has_linked_the_account(gateway: Gateway) -> TestResponse:
    without_links(gateway)
    linked(gateway)
    return to_link(gateway.browser(), SAM_AT_EDUID, MO)


@gives(ErrorCode.LINK_OTHER_SCHOOL, back_to=BACK, other_school=True)
def somebody_logs_in_at_another_school_than_they_chose(gateway: Gateway) -> TestResponse:
    without_links(gateway)
    return to_link(gateway.browser(), MO_AT_EDUID, MO, nlEduPersonHomeOrganizationId=("99YL",))


@gives(ErrorCode.LINK_CLOSED, back_to=BACK, other_school=True)
def the_account_at_school_is_gone(gateway: Gateway) -> TestResponse:
    without_links(gateway)
    account = f"{MO.account}@{MBO.domain}"
    entry = {"account": account, "eck_id": MO.eck_id()}
    [made] = (called(gateway, "POST", "/entries", json={"entries": [entry]}).json or {})["entries"]
    linked(gateway)
    assert called(gateway, "DELETE", f"/entries/{made['id']}").status_code == 204
    return by_eduid(gateway.browser())


@gives(ErrorCode.LINK_STOPPED, back_to=BACK, other_school=True)
def the_other_school_names_another_eck_id_since(gateway: Gateway) -> TestResponse:
    without_links(gateway)
    browser = gateway.browser()
    between_schools(browser, {}, {})
    browser.post(browser.location, answer="yes")
    _log_in(gateway, PETTEFLAT, "99XB", VO_LOTTE, **{_ECK_ID_OF_SURF: ("https://ketenid.nl/pilot/" + "8b" * 64,)})
    return _log_in(gateway, MBO, "99XD", LOTTE, isAdult=("true",))


@gives(ErrorCode.LINK_WITHOUT_ECK_ID)
def the_other_school_has_no_eck_id_either(gateway: Gateway) -> TestResponse:
    without_links(gateway)
    return between_schools(gateway.browser(), {}, {_ECK_ID_OF_SURF: None})


@gives(ErrorCode.LINK_OTHER_PERSON)
def two_people_log_in_for_one_link(gateway: Gateway) -> TestResponse:
    without_links(gateway)
    browser = gateway.browser()
    browser.post("/link", kind="guest", at="99XD", school="99XE")
    browser.by_person(MBO, MO)
    return browser.by_person(MBO_WITH_API, MBO_WITH_API.people[0])


_ECK_ID_OF_SURF = "urn:mace:surf.nl:attribute-def:eckid"


def _log_in(gateway: Gateway, school: DemoSchool, brin: str, person: Person, **said: Any) -> TestResponse:
    browser = gateway.browser()
    browser.authorize()
    browser.choose(brin)
    return browser.by_person(school, person, **said)
