"""The page on which a person says which school is theirs."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from lxml import html

from gateway.domain.brin import Brin
from gateway.domain.language import Language, folded
from gateway.domain.sector import Sector
from gateway.federation.models import School, SchoolChoice
from gateway.login.ways import Discovery
from gateway.pages.discovery import AT_MOST
from tests.support.paged import ORIGIN, Pages
from tests.support.small_federation import LEESPLEIN, VO_IDP, small_federation

PAGE = "/login/0123abcd/school"


def many(count: int) -> tuple[SchoolChoice, ...]:
    schools = [
        School(Brin(f"{10 + n // 26}{chr(65 + n % 26)}A"), {Language.NL: f"School {n}"}, Sector.VO)
        for n in range(count)
    ]
    return tuple(SchoolChoice(school, VO_IDP, folded(f"school {number}")) for number, school in enumerate(schools))


@pytest.fixture
def client(pages: Pages) -> FlaskClient:
    federation = small_federation()
    pages.offer = Discovery(federation.services[LEESPLEIN], None, federation.choices)
    return pages.client()


def buttons(body: str) -> list[str]:
    return [button.get("value") for button in html.fromstring(body).xpath("//button[@name='school']")]


def choose(client: FlaskClient, school: str = "99XA", **headers: str) -> int:
    return client.post(PAGE, data={"school": school}, headers=headers).status_code


def test_it_names_the_service_and_the_schools(client: FlaskClient) -> None:
    page = client.get(PAGE).text
    assert "Je logt in bij Leesplein." in page
    assert buttons(page) == ["99XA", "99XB", "99XC"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("regenboog", ["99XA"]),
        ("  RÉGEN   assen ", ["99XA"]),
        ("assen petteflat", []),
        ("99xb", ["99XB"]),
        ("%_", []),
        ("", ["99XA", "99XB", "99XC"]),
    ],
)
def test_every_word_must_be_found(client: FlaskClient, typed: str, found: list[str]) -> None:
    assert buttons(client.get(PAGE, query_string={"q": typed}).text) == found


def test_a_long_list_is_cut_and_says_how_many_more_there_are(pages: Pages, client: FlaskClient) -> None:
    pages.offer = Discovery(small_federation().services[LEESPLEIN], None, many(AT_MOST + 7))
    page = client.get(PAGE).text
    assert len(buttons(page)) == AT_MOST
    assert "En nog 7." in page
    assert "En nog" not in client.get(PAGE, query_string={"q": "school 1"}).text


def test_a_choice_goes_on_to_the_school_and_is_remembered(pages: Pages, client: FlaskClient) -> None:
    assert choose(client, "99XB", Origin=ORIGIN) == 303
    assert pages.chosen == [("0123abcd", "99XB", "this browser")]
    page = client.get(PAGE).text
    assert "De vorige keer koos je" in page
    assert buttons(page)[0] == "99XB"


def test_a_school_that_is_not_offered_now_is_not_offered_from_memory(pages: Pages, client: FlaskClient) -> None:
    choose(client, "99XB")
    assert pages.offer is not None
    pages.offer = Discovery(pages.offer.service, None, pages.offer.choices[:1])
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
    federation = small_federation()
    pages.offer = Discovery(federation.services[LEESPLEIN], None, federation.choices)
    english = pages.client("en-GB,en;q=0.8,nl;q=0.5")
    assert "Choose your school" in english.get(PAGE).text
    assert "Kies je school" in pages.client("fy").get(PAGE).text
    pages.offer = Discovery(federation.services[LEESPLEIN], Language.NL, federation.choices)
    assert "Kies je school" in english.get(PAGE).text
    assert "Choose your school" in english.get(PAGE, query_string={"lang": "en"}).text
    assert "Choose your school" in english.get(PAGE).text
    assert "Choose your school" in english.get(PAGE, query_string={"lang": "../x"}).text


def test_the_switch_of_language_keeps_what_was_typed(client: FlaskClient) -> None:
    page = html.fromstring(client.get(PAGE, query_string={"q": "a&b"}).text)
    (link,) = page.xpath("//a[@hreflang]")
    answer = client.get(link.get("href"))
    assert 'value="a&amp;b"' in answer.text
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
    brin = federation.choices[1].school.brin
    pages.offer = Discovery(federation.services[LEESPLEIN], None, federation.choices, {brin: eduid})
    page = pages.client().get(PAGE).text
    [button] = html.fromstring(page).xpath("//button[@name='held']")
    assert button.get("value") == str(brin)
    assert "inloggen met eduID" in button.text_content()
    assert len(buttons(page)) == len(federation.choices)
    pages.client().post(PAGE, data={"held": str(brin)})
    assert pages.chosen[-1][1] == f"{brin} with eduID"


def test_a_service_that_named_eduid_alone_offers_nothing_else(pages: Pages) -> None:
    federation = small_federation()
    eduid, choices = federation.identity_providers[VO_IDP], federation.choices[:1]
    brin = choices[0].school.brin
    pages.offer = Discovery(federation.services[LEESPLEIN], None, choices, {brin: eduid}, frozenset({brin}))
    page = pages.client().get(PAGE).text
    assert buttons(page) == []
    assert len(html.fromstring(page).xpath("//button[@name='held']")) == 1
