"""The page on which a person says which school is theirs."""

import gzip
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html

from gateway.domain.brin import Brin
from gateway.domain.language import Language
from gateway.domain.sector import Sector
from gateway.federation.models import IdpId, School, ServiceId
from gateway.federation.snapshot import Federation
from gateway.login.discovery import Discovery
from gateway.pages.discovery import AT_MOST, AT_MOST_TYPED
from tests.support.paged import ORIGIN, Pages
from tests.support.small_federation import (
    LEESPLEIN,
    PETTEFLAT,
    REGENBOOG,
    REKENTUIN,
    VO_IDP,
    ZONNEBLOEM,
    identity_provider,
    small_federation,
)

PAGE = "/login/0123abcd/school"
ANSWERS = f"{PAGE}s"
TODAY = date(2026, 9, 1)


def many(count: int) -> Federation:
    schools = [
        School(Brin(f"{10 + n // 26}{chr(65 + n % 26)}A"), {Language.NL: f"School {n}"}, Sector.PO, board="noord")
        for n in range(count)
    ]
    return of_schools(*schools)


def of_schools(*schools: School, **changes: object) -> Federation:
    small = small_federation()
    return Federation.of(
        schools=schools,
        identity_providers=(replace(identity_provider(VO_IDP, *schools), **changes),),
        services=tuple(small.services.values()),
        agreements=small.agreements,
    )


def offer(federation: Federation, service: ServiceId = LEESPLEIN, **more: Any) -> Discovery:
    return Discovery(federation.services[service], federation, TODAY, **more)


@pytest.fixture
def client(pages: Pages) -> FlaskClient:
    pages.offer = offer(small_federation())
    return pages.client()


def buttons(body: str) -> list[str]:
    return [button.get("value") for button in html.fromstring(body).xpath("//button[@name='school']")]


def choose(client: FlaskClient, school: str = "99XA", **headers: str) -> int:
    return client.post(PAGE, data={"school": school}, headers=headers).status_code


def test_it_names_the_service_and_the_schools(client: FlaskClient) -> None:
    page = client.get(PAGE).text
    assert "Je logt in bij Leesplein." in page
    assert buttons(page) == ["99XA", "99XB"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("regenboog", ["99XA"]),
        ("  RÉGEN   assen ", ["99XA"]),
        ("petteflaat", ["99XB"]),
        ("de regenbog", ["99XA"]),
        ("99xb", ["99XB"]),
        ("%_", []),
        ("", ["99XA", "99XB"]),
    ],
)
def test_a_school_is_found_by_what_is_known_of_it(client: FlaskClient, typed: str, found: list[str]) -> None:
    assert buttons(client.get(PAGE, query_string={"q": typed}).text) == found


def test_a_long_list_is_cut_and_says_how_many_more_there_are(pages: Pages, client: FlaskClient) -> None:
    pages.offer = offer(many(AT_MOST + 7))
    page = client.get(PAGE).text
    assert len(buttons(page)) == AT_MOST
    assert "En nog 7." in page
    assert "En nog" not in client.get(PAGE, query_string={"q": "school 26"}).text


def test_a_choice_goes_on_to_the_school_and_is_remembered(pages: Pages, client: FlaskClient) -> None:
    assert choose(client, "99XB", Origin=ORIGIN) == 303
    assert pages.chosen == [("0123abcd", "99XB", "this browser")]
    page = client.get(PAGE).text
    assert "De vorige keer koos je" in page
    assert buttons(page)[0] == "99XB"


def test_a_school_that_is_not_offered_now_is_not_offered_from_memory(pages: Pages, client: FlaskClient) -> None:
    choose(client, "99XB")
    assert pages.offer is not None
    pages.offer = offer(of_schools(REGENBOOG))
    page = client.get(PAGE).text
    assert "De vorige keer koos je" not in page
    assert buttons(page) == ["99XA"]


@pytest.mark.parametrize("value", ["nl.99XB%0d", "xx.99XB;DROP", ".", "nl.", "nl.<b>", "9" * 5000])
def test_a_cookie_that_says_anything_else_counts_for_nothing(client: FlaskClient, value: str) -> None:
    answer = client.get(PAGE, headers={"Cookie": f"__Host-sluis-choice={value}"})
    assert answer.status_code == 200
    assert "De vorige keer koos je" not in answer.text


@pytest.mark.parametrize("school", ["", "99", "<script>", "99XA' OR 1"])
def test_what_is_no_school_is_answered_with_a_page(pages: Pages, client: FlaskClient, school: str) -> None:
    assert choose(client, school, Origin=ORIGIN) == 400
    assert pages.chosen == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN},
        {"Sec-Fetch-Site": "none", "Origin": "null"},
        {"Origin": ORIGIN},
        {"Referer": f"{ORIGIN}/"},
        {},
    ],
    ids=["own form", "restored by the person", "older browser", "without Origin", "neither"],
)
def test_forms_of_this_site_may_choose(client: FlaskClient, headers: dict[str, str]) -> None:
    assert choose(client, **headers) == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://other.login.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"{ORIGIN}.evil.example"},
        {"Referer": "https://evil.example/"},
    ],
    ids=[
        "other site",
        "sister site",
        "sandboxed frame",
        "older browser",
        "older, sandboxed",
        "longer name",
        "referrer",
    ],
)
def test_forms_of_other_sites_may_not(pages: Pages, client: FlaskClient, headers: dict[str, str]) -> None:
    assert choose(client, **headers) == 400
    assert pages.chosen == []


def test_the_language_is_what_was_chosen_else_the_services_wish_else_the_browsers(pages: Pages) -> None:
    pages.offer = offer(small_federation())
    english = pages.client("en-GB,en;q=0.8,nl;q=0.5")
    assert "Choose your school" in english.get(PAGE).text
    assert "Kies je school" in pages.client("fy").get(PAGE).text
    pages.offer = offer(small_federation(), language=Language.NL)
    assert "Kies je school" in english.get(PAGE).text
    assert "Choose your school" in english.get(PAGE, query_string={"lang": "en"}).text
    assert "Choose your school" in english.get(PAGE).text
    assert "Choose your school" in english.get(PAGE, query_string={"lang": "../x"}).text


def test_the_switch_of_language_keeps_what_was_typed(client: FlaskClient) -> None:
    page = html.fromstring(client.get(PAGE, query_string={"q": "qx&zy"}).text)
    (link,) = page.xpath("//a[@hreflang]")
    answer = client.get(link.get("href"))
    assert 'value="qx&amp;zy"' in answer.text
    assert "No school found" in answer.text


def test_the_choice_comes_along_when_the_school_posts_its_answer(client: FlaskClient) -> None:
    """That post comes from another site: only SameSite=None travels with it. The page behind it needs the language."""
    cookie = client.get(PAGE, query_string={"lang": "en"}).headers["Set-Cookie"]
    assert cookie.startswith("__Host-sluis-choice=en.;")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=None"):
        assert part in cookie.split("; ")


def test_eduid_stands_beside_the_school_where_it_may_be_used(pages: Pages) -> None:
    federation = small_federation()
    eduid = replace(federation.identity_providers[VO_IDP], names={Language.NL: "eduID"})
    brin = PETTEFLAT.brin
    pages.offer = offer(federation, held={brin: eduid})
    page = pages.client().get(PAGE).text
    [button] = html.fromstring(page).xpath("//button[@name='held']")
    assert button.get("value") == str(brin)
    assert "inloggen met eduID" in button.text_content()
    assert buttons(page) == ["99XA", "99XB"]
    pages.client().post(PAGE, data={"held": str(brin)})
    assert pages.chosen[-1][1] == f"{brin} with eduID"


def test_a_service_that_named_eduid_alone_offers_nothing_else(pages: Pages) -> None:
    federation = small_federation()
    eduid = replace(federation.identity_providers[VO_IDP], id=IdpId("eduid"))
    pages.offer = offer(federation, held={PETTEFLAT.brin: eduid}, limit=frozenset({eduid.id}))
    page = pages.client().get(PAGE).text
    assert buttons(page) == []
    assert len(html.fromstring(page).xpath("//button[@name='held']")) == 1


def test_a_school_without_an_agreement_is_found_and_says_so_and_cannot_be_chosen(pages: Pages) -> None:
    pages.offer = offer(small_federation(), REKENTUIN)
    client = pages.client()
    assert buttons(client.get(PAGE).text) == ["99XA"]
    page = client.get(PAGE, query_string={"q": "petteflat"}).text
    assert buttons(page) == []
    assert "Deze school heeft geen afspraak met Rekentuin. Vraag je juf, meester of docent." in page


def test_it_says_whom_to_ask_at_the_school_and_at_the_supplier(pages: Pages) -> None:
    small, known = small_federation(), replace(PETTEFLAT, helpdesk="ict@petteflat.example")
    federation = of_schools(REGENBOOG, known, ZONNEBLOEM)
    asked = replace(small.services[REKENTUIN], helpdesk="https://rekentuin.example/scholen")
    pages.offer = Discovery(asked, federation, TODAY)
    found = html.fromstring(pages.client().get(PAGE, query_string={"q": "petteflat"}).text)
    [line] = found.find_class("unavailable")
    assert "Vraag het op school: ict@petteflat.example" in " ".join(line.text_content().split())
    assert found.xpath("//a[@href='mailto:ict@petteflat.example']")
    assert "Een school maakt die afspraak met Uitgeverij Voorbeeld." in found.text_content()
    assert found.xpath("//a[@href='https://rekentuin.example/scholen']")
    other = pages.client().get(PAGE, query_string={"q": "zonnebloem"}).text
    assert "Vraag het op school" not in other
    assert "Uitgeverij Voorbeeld" in other
    assert "Uitgeverij Voorbeeld" not in pages.client().get(PAGE).text, "nothing to settle for schools that agreed"


def test_a_remembered_school_without_an_agreement_says_so_too(pages: Pages, client: FlaskClient) -> None:
    choose(client, "99XB")
    pages.offer = offer(small_federation(), REKENTUIN)
    page = html.fromstring(client.get(PAGE).text)
    [line] = page.find_class("unavailable")
    assert "Petteflat College" in line.text_content()


def test_a_service_that_no_school_has_agreed_with_says_so(pages: Pages) -> None:
    pages.offer = offer(of_schools(ZONNEBLOEM), REKENTUIN)
    page = pages.client().get(PAGE).text
    assert buttons(page) == []
    assert "Nog geen school heeft afspraken met deze dienst." in page


def test_schools_of_a_hub_say_so(client: FlaskClient) -> None:
    page = html.fromstring(client.get(PAGE).text)
    [petteflat] = page.xpath("//button[@value='99XB']")
    assert petteflat.find_class("via")
    [regenboog] = page.xpath("//button[@value='99XA']")
    assert not regenboog.find_class("via")


def test_a_school_that_was_hinted_says_through_which_hub_it_logs_in(pages: Pages) -> None:
    pages.offer = offer(small_federation(), hinted=PETTEFLAT.brin)
    page = html.fromstring(pages.client().get(PAGE).text)
    [first] = page.xpath("//div[@class='last']//button")
    assert first.get("value") == "99XB"
    assert first.find_class("via")
    assert "Is dit je school?" in page.text_content()


def test_three_schools_are_remembered_the_last_first(pages: Pages) -> None:
    pages.offer = offer(many(5))
    client = pages.client()
    for brin in ("10AA", "10BA", "10CA", "10DA", "10BA"):
        choose(client, brin)
    page = html.fromstring(client.get(PAGE).text)
    [last] = page.find_class("last")
    assert [one.get("value") for one in last.iter("button")] == ["10BA", "10DA", "10CA"]
    assert "Niet jouw school?" in client.get(PAGE).text


def test_schools_are_forgotten_when_the_person_says_so(client: FlaskClient) -> None:
    choose(client, "99XB")
    client.get(PAGE, query_string={"lang": "en"})
    assert "Forget this school" in client.get(PAGE).text
    assert client.post(PAGE, data={"forget": "yes"}, headers={"Origin": ORIGIN}).status_code == 303
    page = client.get(PAGE).text
    assert "You chose last time" not in page
    assert "Choose your school" in page


def test_another_site_cannot_have_schools_forgotten(client: FlaskClient) -> None:
    choose(client, "99XB")
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert client.post(PAGE, data={"forget": "yes"}, headers=headers).status_code == 400
    assert "De vorige keer koos je" in client.get(PAGE).text


def test_the_script_gets_what_the_page_shows(client: FlaskClient) -> None:
    answer = client.get(ANSWERS, query_string={"q": "petteflaat"})
    assert answer.mimetype == "application/json"
    assert buttons(answer.json["html"]) == ["99XB"]
    assert answer.json["said"] == "1 school gevonden."
    assert client.get(ANSWERS, query_string={"q": ""}).json["said"] == ""
    assert len(buttons(client.get(ANSWERS).json["html"])) == 2


def test_while_somebody_types_the_ten_that_fit_best_are_enough(pages: Pages) -> None:
    pages.offer = offer(many(AT_MOST + 7))
    client = pages.client()
    answer = client.get(ANSWERS, query_string={"q": "school"}).json
    assert buttons(answer["html"]) == buttons(client.get(PAGE, query_string={"q": "school"}).text)[:AT_MOST_TYPED]
    assert answer["said"] == f"{AT_MOST + 7} scholen gevonden."
    assert f"En nog {AT_MOST + 7 - AT_MOST_TYPED}." in answer["html"]
    assert len(buttons(client.get(ANSWERS).json["html"])) == AT_MOST, "and all again once the search is empty"


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "{{ 7*7 }}", "%00\x00", "x" * 5000]
)
def test_what_was_typed_is_never_more_than_text(client: FlaskClient, typed: str) -> None:
    page = client.get(PAGE, query_string={"q": typed})
    assert page.status_code == 200
    answer = client.get(ANSWERS, query_string={"q": typed})
    for markup in (page.text, answer.json["html"]):
        assert "<script>alert" not in markup
        assert "<img src=x" not in markup
        assert "49" not in markup
    assert len(html.fromstring(page.text).get_element_by_id("q").get("value")) <= 100


def test_a_page_of_ten_thousand_schools_is_light(pages: Pages) -> None:
    pages.offer = offer(many(1500))
    body = pages.client().get(PAGE).data
    assert len(gzip.compress(body)) < 8_000
