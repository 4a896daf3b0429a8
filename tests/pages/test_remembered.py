"""What a browser remembers of schools, and how its person has it forget them."""

import pytest
from flask import request
from flask.testing import FlaskClient
from lxml import html

from gateway.domain.brin import Brin
from gateway.federation.models import ServiceId
from gateway.login.contracts import UsualSchool
from gateway.pages.language import MAX_VALUE
from tests.pages.test_discovery import PAGE, choose, offer
from tests.support.paged import ORIGIN, Pages
from tests.support.small_federation import LEESPLEIN, PETTEFLAT, REGENBOOG, REKENTUIN, small_federation

THERE = UsualSchool(PETTEFLAT.brin)


@pytest.fixture
def client(pages: Pages) -> FlaskClient:
    pages.offer = offer(small_federation())

    def kept() -> str:
        pages.choices.keep_usual(LEESPLEIN, THERE)
        return ""

    def told() -> str:
        return repr(pages.choices.usual(LEESPLEIN))

    pages.app.add_url_rule("/logged-in", "logged-in", kept)
    pages.app.add_url_rule("/usual", "usual", told)
    return pages.client()


def usual(client: FlaskClient) -> str:
    return client.get("/usual").text


def send(client: FlaskClient, path: str = "/remembered", **fields: str) -> int:
    return client.post(path, data=fields, headers={"Origin": ORIGIN}).status_code


def text(client: FlaskClient, path: str = "/remembered") -> str:
    return " ".join(html.fromstring(client.get(path).text).find(".//main").text_content().split())


def test_a_person_may_want_no_question_next_time(pages: Pages, client: FlaskClient) -> None:
    page = html.fromstring(client.get(PAGE).text)
    [box] = page.xpath("//input[@name='usual']")
    assert box.get("form") == page.xpath("//button[@name='school']/ancestor::form")[0].get("id")
    assert box.get("checked") is None, "nobody is taken at a word that they did not say"
    assert "Ga de volgende keer meteen naar mijn school" in box.getparent().text_content()
    choose(client)
    send(client, PAGE, school="99XB", usual="yes")
    assert pages.kept == [False, True]


def test_the_big_button_of_last_time_keeps_it_as_well(client: FlaskClient) -> None:
    choose(client, "99XB")
    page = html.fromstring(client.get(PAGE).text)
    [last] = page.xpath("//div[@class='last']//button")
    assert last.get("form") == page.xpath("//input[@name='usual']")[0].get("form") == "found"


def test_on_a_shared_computer_no_school_is_remembered(pages: Pages, client: FlaskClient) -> None:
    choose(client, "99XB")
    client.get("/logged-in")
    assert usual(client) == repr(THERE)
    send(client, PAGE, shared="yes")
    assert usual(client) == "None"
    assert "De vorige keer koos je" not in client.get(PAGE).text
    assert not html.fromstring(client.get(PAGE).text).xpath("//input[@name='usual']")
    send(client, PAGE, school="99XB", usual="yes")
    assert pages.kept[-1] is False
    client.get("/logged-in")
    assert usual(client) == "None"
    send(client, PAGE, shared="no")
    assert "De vorige keer koos je" not in client.get(PAGE).text


def test_the_page_names_where_the_browser_goes_and_has_it_ask_again(client: FlaskClient) -> None:
    choose(client, "99XA")
    client.get("/logged-in")
    assert "Leesplein: Petteflat College" in text(client)
    assert "De Regenboog" in text(client)
    assert send(client, service=LEESPLEIN) == 303
    assert usual(client) == "None"
    assert "De Regenboog" in text(client), "only the question comes back"


def test_all_schools_are_forgotten_at_once(client: FlaskClient) -> None:
    choose(client, "99XA")
    client.get("/logged-in")
    send(client, all="yes")
    assert "Deze browser onthoudt geen school" in text(client)
    assert usual(client) == "None"


def test_forgetting_on_the_page_of_a_login_forgets_where_it_goes_straight_too(
    pages: Pages, client: FlaskClient
) -> None:
    choose(client, "99XB")
    client.get("/logged-in")
    send(client, PAGE, forget="yes")
    assert usual(client) == "None"
    assert pages.forgotten == [LEESPLEIN], "and what a hint said"


def test_another_site_has_nothing_forgotten(client: FlaskClient) -> None:
    client.get("/logged-in")
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert client.post("/remembered", data={"all": "yes"}, headers=headers).status_code == 400
    assert usual(client) == repr(THERE)


def test_the_last_services_are_kept_that_a_small_cookie_has_room_for(pages: Pages) -> None:
    def keep() -> str:
        number = int(request.args["number"])
        pages.choices.keep_usual(ServiceId(f"service-{number}"), UsualSchool(REGENBOOG.brin, held=number == 11))
        return ""

    pages.app.add_url_rule("/keep", "keep", keep)
    pages.app.add_url_rule("/kept", "kept", lambda: repr(list(pages.choices.remembered().usual.items())))
    client = pages.client()
    for number in range(12):
        cookie = client.get(f"/keep?number={number}").headers["Set-Cookie"]
    value = cookie.partition("=")[2].partition(";")[0]
    assert "service-11_99XA_held~service-10_99XA~" in value
    assert MAX_VALUE - 16 < len(value) <= MAX_VALUE
    kept = client.get("/kept").text
    assert "'service-7'" not in kept
    assert f"'service-11', {UsualSchool(Brin('99XA'), held=True)!r}" in kept


@pytest.mark.parametrize(
    "value", ["nl...rekentuin", "nl..._99XA", "nl...rekentuin_<b>", "..." + "~" * 500, "nl..x.y.z"]
)
def test_a_cookie_that_somebody_wrote_breaks_nothing(client: FlaskClient, value: str) -> None:
    answer = client.get("/remembered", headers={"Cookie": f"__Host-sluis-choice={value}"})
    assert answer.status_code == 200
    assert "Deze browser onthoudt geen school" in answer.text


def test_a_service_or_school_that_left_is_not_shown(pages: Pages, client: FlaskClient) -> None:
    cookie = f"nl.99ZZ..nowhere_99XB~{REKENTUIN}_99ZZ"
    answer = client.get("/remembered", headers={"Cookie": f"__Host-sluis-choice={cookie}"})
    assert "Deze browser onthoudt geen school" in answer.text
